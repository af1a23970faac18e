use std::sync::Arc;

use handover_bridge::{
    clock::SystemClock,
    config::Kind,
    conformance::{Adapter, Answer, Harness, check},
    desks::{
        protocol::event,
        webhook::{Settings, Webhook},
    },
    domain::delivery::Task,
    outbound::{BaseUrl, Outbound},
};
use serde_json::json;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN: &str = "token-of-the-desk-of-the-tests";

pub(crate) struct WebhookHarness;

pub(crate) fn connect(vendor: &BaseUrl, outbound: Outbound) -> Webhook {
    let settings = format!(
        r#"
        [desks.custom]
        kind = "webhook"
        url = "{{vendor}}/hooks"
        secret = "{SECRET}"
        token = "{TOKEN}"
        "#
    );
    let Kind::Webhook(desk) = crate::desk(&settings, vendor).kind else {
        panic!("another kind of desk")
    };
    Webhook::new(
        Settings::compile(&desk).unwrap(),
        outbound,
        Arc::new(SystemClock),
    )
}

impl Harness for WebhookHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        Adapter::Desk(Arc::new(connect(vendor, outbound)))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            Task::Open { .. } => Answer::json(&json!({"conversation_id": "c7", "position": 3})),
            _ => Answer::json(&json!({})),
        }
    }

    fn secrets(&self) -> Vec<String> {
        let base64 = SECRET.trim_start_matches("whsec_");
        [SECRET, base64, TOKEN].map(str::to_owned).to_vec()
    }

    fn fresh_headers(&self) -> &[&'static str] {
        &["webhook-timestamp", "webhook-signature"]
    }

    /// The desk decides what it makes of it.
    fn passes_everything_on(&self) -> bool {
        true
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let events = [
            json!({"type": "attended", "agent": {"name": "Ann", "avatar_url": "https://desk.example/ann.png"}}),
            json!({"type": "message", "content": {"type": "buttons", "text": "Which?", "buttons": [
                {"type": "url", "title": "Shop", "url": "https://shop.example/"}]}}),
            json!({"type": "transferred", "to": "billing"}),
            json!({"type": "closed", "reason": "solved"}),
        ];
        events.map(|event| event.to_string().into_bytes()).to_vec()
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let heard = event::parse(body);
        heard
            .map(drop)
            .map_err(|refusal| format!("{refusal} {refusal:?}"))
    }
}

#[tokio::test]
async fn a_webhook_desk_conforms() {
    check(&WebhookHarness).await.unwrap();
}
