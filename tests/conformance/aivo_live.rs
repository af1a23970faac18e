use std::sync::Arc;

use handover_bridge::{
    config::{self, Kind},
    conformance::{Adapter, Answer, Harness, check},
    desks::aivo_live::{AivoLive, Reader, Settings},
    domain::{delivery::Task, ids::DeskName},
    outbound::{BaseUrl, Outbound},
};
use serde_json::json;

const BOT_TOKEN: &str = "bot-token-of-the-tests";
const HOOK_KEY: &str = "hook-key-of-the-live-desk";
const HEADER: &str = "header-of-the-live-desk";

struct AivoLiveHarness;

fn configured(vendor: &BaseUrl) -> config::AivoLive {
    let settings = format!(
        r#"
        [desks.live]
        kind = "aivo-live"
        api_url = "{{vendor}}"
        groups_url = "{{vendor}}"
        bot_id = 1000
        bot_token = "{BOT_TOKEN}"
        groups = [2179]
        hook_key = "{HOOK_KEY}"
        headers = {{ X-Token = "{HEADER}" }}
        "#
    );
    let Kind::AivoLive(desk) = crate::desk(&settings, vendor).kind else {
        panic!("another kind")
    };
    *desk
}

impl Harness for AivoLiveHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        let settings = Settings::compile(&configured(vendor)).unwrap();
        Adapter::Desk(Arc::new(AivoLive::new(settings, outbound)))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            Task::Open { .. } => Answer::json(&json!({
                "conversationId": "d5211892-e170-4d4a-b2dd-de705b595674",
                "customToken": "a token of the vendor's",
                "messageQueueId": 9,
            })),
            _ => Answer::json(&json!({})),
        }
    }

    fn secrets(&self) -> Vec<String> {
        [BOT_TOKEN, HOOK_KEY, HEADER].map(str::to_owned).to_vec()
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let names = [
            "attended",
            "close.agent",
            "close.queue-clean",
            "messageToClient",
            "transfer",
        ];
        let read = |name| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/aivo-live");
            std::fs::read(format!("{folder}/{name}.json")).unwrap()
        };
        names.map(read).to_vec()
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let nowhere = "http://127.0.0.1".parse().unwrap();
        let reader = Reader::new(&DeskName::new("live").unwrap(), &configured(&nowhere));
        let heard = reader.read(body);
        heard
            .map(drop)
            .map_err(|refusal| format!("{refusal} {refusal:?}"))
    }
}

#[tokio::test]
async fn aivo_live_conforms() {
    check(&AivoLiveHarness).await.unwrap();
}
