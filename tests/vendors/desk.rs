//! The kinds of desks, as they are called by the bridge and call it.

use serde_json::{Value, json};

use crate::{
    bridge::Bridge,
    stub::{Answer, Call, Stub},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Webhook,
    /// A ticket system that calls a hook of its own.
    Template,
    AivoLive,
}

/// A configured desk and the system behind it.
#[derive(Clone, Debug)]
pub struct Desk {
    pub name: &'static str,
    pub kind: Kind,
    pub stub: Stub,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Webhook, Self::Template, Self::AivoLive];
}

impl Desk {
    pub async fn start(name: &'static str, kind: Kind) -> Self {
        let answer: Answer = match kind {
            Kind::Webhook => |_, _| json!({}),
            Kind::Template => |call, number| match call.path.as_str() {
                "/api/tickets" => json!({ "id": number }),
                _ => json!({}),
            },
            Kind::AivoLive => |call, number| match call.path.as_str() {
                AIVO_QUEUE => json!({
                    "conversationId": format!("room-{number}"), "customToken": "t", "messageQueueId": number,
                }),
                _ => json!({}),
            },
        };
        let stub = Stub::start(answer).await;
        Self { name, kind, stub }
    }

    /// Its tables in the configuration.
    pub fn config(&self) -> String {
        let (name, address) = (self.name, self.stub.address);
        match self.kind {
            Kind::Webhook => format!(
                r#"
                [desks.{name}]
                kind = "webhook"
                url = "http://{address}/hooks"
                secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
                token = "token-of-the-desk-{name}"
                "#
            ),
            Kind::Template => format!(
                r#"
                [desks.{name}]
                kind = "template"
                api_url = "http://{address}/api"
                hook_key = "hook-key-of-the-desk-{name}"
                secrets = {{ api = "secret-of-the-desk-{name}" }}
                [desks.{name}.requests.open]
                method = "POST"
                url = "{{{{ desk.api_url }}}}/tickets"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'of': handover.session_id, 'text': transcript_text }}"
                take = {{ reference = "answer.id" }}
                [desks.{name}.requests.message]
                method = "POST"
                url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}/notes"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'ticket': desk_ref.reference, 'text': message.text }}"
                [desks.{name}.requests.close]
                method = "PUT"
                url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'state': reason }}"
                [desks.{name}.hook]
                reference = "body.ticket"
                event = "{{ 'type': 'message', 'content': {{ 'type': 'text', 'text': body.text }} }} if body.kind == 'reply' else ({{ 'type': 'closed', 'reason': body.state }} if body.kind == 'closed' else none)"
                key = "body.id"
                "#
            ),
            Kind::AivoLive => format!(
                r#"
                [desks.{name}]
                kind = "aivo-live"
                api_url = "http://{address}"
                groups_url = "http://{address}"
                bot_id = 1000
                bot_token = "bot-token-of-the-desk-{name}"
                groups = [2179]
                hook_key = "hook-key-of-the-desk-{name}"
                "#
            ),
        }
    }

    /// What nobody but this desk may see.
    pub fn secret(&self) -> String {
        match self.kind {
            // It signs; what could leak is what the desk presents.
            Kind::Webhook => format!("token-of-the-desk-{}", self.name),
            Kind::Template => format!("secret-of-the-desk-{}", self.name),
            Kind::AivoLive => format!("bot-token-of-the-desk-{}", self.name),
        }
    }

    /// By what the desk knows the conversation of this user.
    pub fn conversation(&self, user: &str) -> Option<String> {
        let calls = self.stub.calls();
        let mut calls = (1..).zip(&calls);
        match self.kind {
            Kind::Webhook => calls.find_map(|(_, call)| {
                let handover = &call.body["data"]["handover"];
                let is_its = handover["session_id"] == user;
                is_its.then(|| handover["id"].as_str().unwrap().to_owned())
            }),
            Kind::Template => {
                let mut calls = calls.filter(|(_, call)| call.body["of"] == user);
                calls
                    .next()
                    .map(|(number, _): (usize, _)| number.to_string())
            }
            Kind::AivoLive => {
                let mut calls = calls.filter(|(_, call)| is_queued(call, user));
                calls.next().map(|(number, _)| format!("room-{number}"))
            }
        }
    }

    /// What it was told of the past when it was offered the conversation of this user.
    pub fn past(&self, user: &str) -> String {
        let calls = self.stub.calls();
        let mut offers = calls.iter().filter(|call| match self.kind {
            Kind::Webhook => call.body["data"]["handover"]["session_id"] == user,
            Kind::Template => call.body["of"] == user,
            Kind::AivoLive => is_queued(call, user),
        });
        let offer = offers.next().map(|call| call.body.to_string());
        offer.unwrap_or_default()
    }

    /// What the user has said since, in order.
    pub fn heard(&self, conversation: &str) -> Vec<String> {
        let calls = self.stub.calls();
        calls
            .iter()
            .filter_map(|call| self.text(call, conversation))
            .collect()
    }

    pub async fn says(&self, bridge: &Bridge, (conversation, text): (&str, &str)) {
        let content = json!({"type": "text", "text": text});
        let message = json!({"type": "message", "content": content});
        let body = match self.kind {
            Kind::AivoLive => {
                let data = json!({"action": "text", "value": text, "source": "agent"});
                aivo(conversation, "messageToClient", &data)
            }
            _ => json!({"kind": "reply", "ticket": conversation, "text": text, "id": text}),
        };
        self.tells(bridge, conversation, (&message, &body)).await;
    }

    pub async fn closes(&self, bridge: &Bridge, conversation: &str) {
        let closed = json!({"type": "closed", "reason": "solved"});
        let id = format!("close {conversation}");
        let body = match self.kind {
            Kind::AivoLive => aivo(conversation, "close", &json!({"reason": "agent"})),
            _ => json!({"kind": "closed", "ticket": conversation, "state": "solved", "id": id}),
        };
        self.tells(bridge, conversation, (&closed, &body)).await;
    }

    async fn tells(&self, bridge: &Bridge, conversation: &str, (event, body): (&Value, &Value)) {
        let name = self.name;
        match self.kind {
            Kind::Webhook => {
                let token = format!("token-of-the-desk-{name}");
                let (status, _) = bridge.tell((conversation, &token), event).await;
                assert_eq!(status, 202);
            }
            Kind::Template => {
                let path = format!("/hooks/template/{name}/hook-key-of-the-desk-{name}");
                assert_eq!(bridge.post(&path, body).await, (200, json!({})));
            }
            Kind::AivoLive => {
                let path = format!("/hooks/aivo-live/{name}/hook-key-of-the-desk-{name}");
                assert_eq!(bridge.post(&path, body).await, (200, json!({})));
            }
        }
    }

    fn text(&self, call: &Call, conversation: &str) -> Option<String> {
        let (of, text) = match self.kind {
            Kind::Webhook => {
                let data = &call.body["data"];
                (&data["handover_id"], &data["message"]["content"]["text"])
            }
            Kind::Template => (&call.body["ticket"], &call.body["text"]),
            Kind::AivoLive => (&call.body["conversationId"], &call.body["value"]),
        };
        (of == conversation)
            .then(|| Some(text.as_str()?.to_owned()))
            .flatten()
    }
}

const AIVO_QUEUE: &str = "/api/v1/live-handler/queue/external";

/// Whether it queues this user, of whom only what was said before tells.
fn is_queued(call: &Call, user: &str) -> bool {
    let said = format!("help {user}");
    let body = call.body.to_string();
    let ends = |rest: &&str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-');
    call.path == AIVO_QUEUE && body.split(&said).skip(1).any(|rest| ends(&rest))
}

fn aivo(room: &str, name: &str, data: &Value) -> Value {
    json!({"name": name, "roomId": room, "timestamp": 1_706_293_179_331_454_146_u64, "botId": 1000, "data": data})
}
