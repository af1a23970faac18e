use std::sync::Arc;

use handover_bridge::{
    bots::chatlayer::{Chatlayer, Settings, hook::Call},
    config::Platform,
    conformance::{Adapter, Answer, Harness, check},
    domain::{delivery::Task, ids::BotName, retry::ErrorClass},
    outbound::{BaseUrl, Outbound},
};
use serde_json::json;

const ACCESS: &str = "access-token-of-the-tests";
const VERIFY: &str = "verify-token-of-the-tests";
/// The documented address of a conversation: what else a step calls says nothing of it.
const ACTIONS: &str = "{{ bot.api_url }}/v1/bots/{{ bot_id }}/conversations/{{ session_id }}/actions?version={{ version }}";

struct ChatlayerHarness;

impl Harness for ChatlayerHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        let settings = format!(
            r#"
            [bots.webshop]
            platform = "chatlayer"
            api_url = "{{vendor}}"
            access_token = "{ACCESS}"
            verify_token = "{VERIFY}"
            resume = [
                {{ text = "You were talking with {{{{ agent }}}}." }},
                {{ dialog_state = "5f1b", session_data = {{ reason = "reason" }} }},
                {{ request = {{ method = "POST", url = "{ACTIONS}" }} }},
            ]
            [[bots.webshop.pause]]
            request = {{ method = "POST", url = "{ACTIONS}" }}
            "#
        );
        let Platform::Chatlayer(bot) = crate::bot(&settings, vendor).platform else {
            panic!("another platform")
        };
        let settings = Settings::compile(&bot).unwrap();
        Adapter::Bot(Arc::new(Chatlayer::new(settings, outbound)))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            // One answer for both of its calls.
            Task::LookUp { .. } => Answer::json(&json!({"data": [
                {"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z",
                    "message": {"messageType": "text", "text": "help"}},
            ]})),
            _ => Answer::with(200, ""),
        }
    }

    /// The address of the legacy call names no conversation.
    fn class_of(&self, task: &Task, status: u16) -> Option<ErrorClass> {
        let is_unnamed = matches!(task, Task::Resume { index: 1, .. });
        (is_unnamed && matches!(status, 404 | 410)).then_some(ErrorClass::Rejected)
    }

    fn secrets(&self) -> Vec<String> {
        [ACCESS, VERIFY].map(str::to_owned).to_vec()
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let samples = ["messages.user.text", "offload"].map(|name| {
            std::fs::read(format!(
                "{}/tests/samples/chatlayer/{name}.json",
                env!("CARGO_MANIFEST_DIR")
            ))
            .unwrap()
        });
        samples.to_vec()
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let bot = BotName::new("webshop").unwrap();
        let heard = Call::read(body).and_then(|call| call.parse(&bot));
        heard
            .map(drop)
            .map_err(|refusal| format!("{refusal} {refusal:?}"))
    }
}

#[tokio::test]
async fn chatlayer_conforms() {
    check(&ChatlayerHarness).await.unwrap();
}
