use std::sync::Arc;

use handover_bridge::{
    config::{self, Kind},
    conformance::{Adapter, Answer, Harness, check},
    desks::chatwoot::{Chatwoot, Reader, Settings},
    domain::{
        delivery::{Job, Standing, Task},
        ids::{ConversationId, DeskName, HandoverId, LegId},
        retry::ErrorClass,
    },
    outbound::{BaseUrl, Outbound},
};
use serde_json::{Value, json};
use uuid::Uuid;

const TOKEN: &str = "access-token-of-the-tests";
const SECRET: &str = "webhook-secret-of-the-tests";
const HOOK_KEY: &str = "hook-key-of-the-inbox";
/// By what the contact is found.
const CONVERSATION: Uuid = Uuid::from_u128(0x0c);
/// By what its conversation is known again.
const HANDOVER: Uuid = Uuid::from_u128(0x0a);
const LEG: Uuid = Uuid::from_u128(0x0e);

/// Whether an answer has named the conversation before it is over.
struct ChatwootHarness {
    named: bool,
}

fn configured(vendor: &BaseUrl) -> config::Chatwoot {
    let settings = format!(
        r#"
        [desks.inbox]
        kind = "chatwoot"
        api_url = "{{vendor}}"
        account_id = 1
        inbox_id = 2
        api_access_token = "{TOKEN}"
        webhook_secret = "{SECRET}"
        hook_key = "{HOOK_KEY}"
        "#
    );
    let Kind::Chatwoot(desk) = crate::desk(&settings, vendor).kind else {
        panic!("another kind")
    };
    *desk
}

fn name() -> DeskName {
    DeskName::new("inbox").unwrap()
}

impl Harness for ChatwootHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        let settings = Settings::compile(&configured(vendor)).unwrap();
        Adapter::Desk(Arc::new(Chatwoot::new(&name(), settings, outbound)))
    }

    /// One answer for all calls of an opening: the contact is there, and has no conversation yet. The same for those of an
    /// end that looks for the conversation: it is there.
    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            Task::Close { .. } => Answer::json(&json!({
                "payload": [{
                    "id": 7,
                    "identifier": CONVERSATION.to_string(),
                    "custom_attributes": {
                        "handover_id": HANDOVER.to_string(),
                        "leg": LEG.to_string(),
                    },
                }],
            })),
            Task::Open { .. } => Answer::json(&json!({
                "id": 42,
                "status": "open",
                "payload": [{
                    "id": 7,
                    "identifier": CONVERSATION.to_string(),
                    "contact_inboxes": [{"source_id": "source", "inbox": {"id": 2}}],
                }],
            })),
            _ => Answer::json(&json!({})),
        }
    }

    fn secrets(&self) -> Vec<String> {
        [TOKEN, SECRET, HOOK_KEY].map(str::to_owned).to_vec()
    }

    fn calls(&self, task: &Task) -> (usize, usize) {
        match task {
            Task::Open { .. } => (1, 10),
            Task::Close { .. } if !self.named => (3, 3),
            _ => (1, 1),
        }
    }

    /// It does not know a call again.
    fn class_of(&self, _: &Task, status: u16) -> Option<ErrorClass> {
        (status == 409).then_some(ErrorClass::Rejected)
    }

    fn job(&self, job: Job) -> Job {
        let is_named = self.named || !matches!(job.task, Task::Close { .. });
        let mut job = job;
        job.about.conversation = ConversationId::from_uuid(CONVERSATION);
        job.about.handover.id = HandoverId::from_uuid(HANDOVER);
        if let Some(leg) = &mut job.leg {
            leg.id = LegId::from_uuid(LEG);
            if !is_named {
                leg.standing = Standing::Unnamed;
            }
        }
        job
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let user = json!({"id": 3, "name": "Grace", "type": "user"});
        let conversation = |event: &str, status: &str| {
            json!({
                "event": event,
                "id": 42,
                "inbox_id": 2,
                "status": status,
                "meta": {"assignee": user, "assignee_type": "User"},
                "account": {"id": 1},
            })
        };
        let message = json!({
            "event": "message_created",
            "id": 501,
            "content": "Good morning",
            "message_type": "outgoing",
            "private": false,
            "sender": user,
            "account": {"id": 1},
            "inbox": {"id": 2},
            "conversation": {"id": 42},
        });
        let typing = json!({
            "event": "conversation_typing_on",
            "user": user,
            "conversation": {"id": 42, "inbox_id": 2},
            "is_private": false,
        });
        let bodies = [
            message,
            typing,
            conversation("conversation_updated", "open"),
            conversation("conversation_status_changed", "resolved"),
        ];
        bodies
            .iter()
            .map(Value::to_string)
            .map(String::into_bytes)
            .collect()
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let nowhere = "http://127.0.0.1".parse().unwrap();
        let reader = Reader::new(&name(), &configured(&nowhere));
        let heard = reader.read(body);
        heard
            .map(drop)
            .map_err(|refusal| format!("{refusal} {refusal:?}"))
    }
}

#[tokio::test]
async fn chatwoot_conforms() {
    check(&ChatwootHarness { named: true }).await.unwrap();
}

#[tokio::test]
async fn so_it_does_where_it_has_to_look_for_what_is_over() {
    check(&ChatwootHarness { named: false }).await.unwrap();
}
