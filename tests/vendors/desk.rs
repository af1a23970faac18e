//! The kinds of desks, as they are called by the bridge and call it.

mod chatwoot;
mod tables;

use serde_json::{Value, json};

use crate::{
    bridge::Bridge,
    person::Page,
    stub::{Answer, Call, Stub},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Webhook,
    /// A ticket system that calls a hook of its own.
    Template,
    AivoLive,
    Chatwoot,
    Console,
}

/// A configured desk and the system behind it.
#[derive(Clone, Debug)]
pub struct Desk {
    pub name: &'static str,
    pub kind: Kind,
    /// The console is the bridge's own.
    stub: Option<Stub>,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Webhook,
        Self::Template,
        Self::AivoLive,
        Self::Chatwoot,
        Self::Console,
    ];

    /// What it is told for an end of this reason: some know one end alone.
    pub fn end(self, reason: &str) -> &str {
        match self {
            Self::Chatwoot => "resolved",
            _ => reason,
        }
    }
}

impl Desk {
    pub async fn start(name: &'static str, kind: Kind) -> Self {
        let answer: Answer = match kind {
            Kind::Console => return Self::of_the_bridge(name),
            Kind::Chatwoot => chatwoot::answer,
            Kind::Webhook => |_, _| json!({}),
            Kind::Template => |call, number| match call.path.as_str() {
                "/api/tickets" => json!({ "id": number }),
                _ => json!({}),
            },
            Kind::AivoLive => |call, number| match call.path.as_str() {
                AIVO_QUEUE => json!({
                    "conversationId": room(number), "customToken": "t", "messageQueueId": number,
                }),
                _ => json!({}),
            },
        };
        let stub = Some(Stub::start(answer).await);
        Self { name, kind, stub }
    }

    fn of_the_bridge(name: &'static str) -> Self {
        let (kind, stub) = (Kind::Console, None);
        Self { name, kind, stub }
    }

    pub fn is_called(&self) -> bool {
        self.stub.is_some()
    }

    /// What is called in the place of the system.
    pub fn stub(&self) -> &Stub {
        self.stub
            .as_ref()
            .expect("the console is nobody that is called")
    }

    fn calls(&self) -> Vec<Call> {
        self.stub().calls()
    }

    /// What nobody but this desk may see.
    pub fn secret(&self) -> Option<String> {
        let name = self.name;
        match self.kind {
            // It signs; what could leak is what the desk presents.
            Kind::Webhook => Some(token(name)),
            Kind::Template => Some(format!("secret-of-the-desk-{name}")),
            Kind::AivoLive => Some(format!("bot-token-of-the-desk-{name}")),
            Kind::Chatwoot => Some(format!("access-token-of-the-desk-{name}")),
            Kind::Console => None,
        }
    }

    /// All that whoever works there can have seen.
    pub async fn seen(&self, bridge: &Bridge) -> Vec<String> {
        if self.is_called() {
            return self.calls().iter().map(Call::whole).collect();
        }
        bridge.ann().await.sees(self.name).await
    }

    /// By what the desk knows the conversation of this user. At the console this is where it is shown.
    pub async fn conversation(&self, bridge: &Bridge, user: &str) -> Option<String> {
        let number = |(number, _): (usize, Call)| number;
        match self.kind {
            Kind::Webhook => {
                let (_, offer) = self.offer(user)?;
                let id = offer.body["data"]["handover"]["id"].as_str();
                Some(id.unwrap().to_owned())
            }
            Kind::Template | Kind::Chatwoot => {
                self.offer(user).map(number).map(|it| it.to_string())
            }
            Kind::AivoLive => self.offer(user).map(number).map(room),
            Kind::Console => {
                let page = bridge.ann().await.finds((user, self.name)).await;
                page.map(|page| page.path)
            }
        }
    }

    /// What it was told of the past when it was offered the conversation of this user. At the console, what is shown.
    pub async fn past(&self, bridge: &Bridge, user: &str) -> String {
        if self.is_called() {
            let offer = self.offer(user);
            return offer.map_or_else(String::new, |(number, call)| match self.kind {
                Kind::Chatwoot => chatwoot::notes(&self.calls(), number),
                _ => call.body.to_string(),
            });
        }
        let page = self.conversation(bridge, user).await.unwrap_or_default();
        let turns = bridge.ann().await.turns(&page).await.into_iter();
        turns.map(|(_, text)| text + "\n").collect()
    }

    /// What the user has said since, in order. The console has one transcript, so there it is all that was said since an
    /// agent was asked for.
    pub async fn heard(&self, bridge: &Bridge, conversation: &str) -> Vec<String> {
        if self.is_called() {
            let calls = self.calls();
            let texts = calls
                .iter()
                .filter_map(|call| self.text(call, conversation));
            return texts.collect();
        }
        let turns = bridge.ann().await.turns(conversation).await.into_iter();
        let by_user = turns.filter(|(by, _)| by == "user").map(|(_, text)| text);
        by_user
            .skip_while(|text| !text.starts_with("help "))
            .skip(1)
            .collect()
    }

    pub async fn says(&self, bridge: &Bridge, (conversation, text): (&str, &str)) {
        if self.is_called() {
            let told = self
                .tells(bridge, conversation, &self.reply(conversation, text))
                .await;
            return assert_eq!(told, self.takes());
        }
        let ann = bridge.ann().await;
        let page = ann.reads(conversation).await;
        if page.contains("/claim\"") {
            ann.does(conversation, "claim", &[]).await;
        }
        ann.does(conversation, "reply", &[("text", text)]).await;
    }

    /// An agent who does not know that the conversation has gone elsewhere.
    pub async fn says_too_late(&self, bridge: &Bridge, (conversation, text): (&str, &str)) {
        if self.is_called() {
            let told = self
                .tells(bridge, conversation, &self.reply(conversation, text))
                .await;
            return assert_eq!(told, self.takes_no_more());
        }
        let (ann, path) = (bridge.ann().await, conversation.to_owned());
        let body = ann.reads(conversation).await;
        let page = Page { path, body };
        let (status, shown) = ann.tries(&page, "reply", &[("text", text)]).await;
        assert_eq!(status, 409, "{shown}");
        assert!(
            shown.contains("This conversation is at the desk"),
            "{shown}"
        );
    }

    pub async fn closes(&self, bridge: &Bridge, conversation: &str) {
        if self.is_called() {
            let told = self
                .tells(bridge, conversation, &self.close(conversation))
                .await;
            return assert_eq!(told, self.takes());
        }
        let ann = bridge.ann().await;
        ann.does(conversation, "close", &[("reason", "solved")])
            .await;
    }

    /// Not at the console: whoever is there may close what is at any desk. Aivo Live tells it of rooms, and of users by what
    /// they were queued as.
    pub async fn closes_too_late(&self, bridge: &Bridge, conversation: &str) {
        if self.kind == Kind::AivoLive {
            let queued = self.calls().into_iter().zip(1..);
            let queued = queued.filter(|(_, number)| room(*number) == conversation);
            let hash = queued
                .last()
                .map(|(call, _)| call.body["user"]["hash"].clone());
            let data = json!({"reason": "agent", "hash": hash.unwrap()});
            let close = aivo(&format!("other-{conversation}"), "close", &data);
            let told = self.tells(bridge, conversation, &close).await;
            assert_eq!(told, self.takes_no_more());
        }
        let told = self
            .tells(bridge, conversation, &self.close(conversation))
            .await;
        assert_eq!(told, self.takes_no_more());
    }

    /// Why its part is over, if it was told that it is.
    pub fn dismissal(&self, conversation: &str) -> Option<String> {
        let calls = self.calls();
        let reason = calls.iter().find_map(|call| match self.kind {
            Kind::Webhook => {
                let (kind, data) = (&call.body["type"], &call.body["data"]);
                let is_its = kind == "handover.closed" && data["handover_id"] == conversation;
                is_its.then_some(&data["reason"])
            }
            Kind::Template => {
                let is_its = call.path == format!("/api/tickets/{conversation}");
                is_its.then_some(&call.body["state"])
            }
            Kind::AivoLive => {
                let is_close = call.path == AIVO_CLOSE;
                let is_its = is_close && call.body["conversationId"] == conversation;
                is_its.then_some(&call.body["reason"])
            }
            Kind::Chatwoot => chatwoot::dismissal(call, conversation),
            Kind::Console => None,
        });
        Some(reason?.as_str()?.to_owned())
    }

    /// The call that last offered it this user, with its place among all calls.
    fn offer(&self, user: &str) -> Option<(usize, Call)> {
        let all = self.calls();
        let calls = (1..).zip(all.clone());
        let offers = calls.filter(|(number, call)| match self.kind {
            Kind::Webhook => call.body["data"]["handover"]["session_id"] == user,
            Kind::Template => call.body["of"] == user,
            Kind::AivoLive => is_queued(call, user),
            Kind::Chatwoot => chatwoot::is_offer(&all, (*number, call), user),
            Kind::Console => false,
        });
        offers.last()
    }

    fn reply(&self, conversation: &str, text: &str) -> Value {
        let data = json!({"action": "text", "value": text, "source": "agent"});
        let content = json!({"type": "text", "text": text});
        match self.kind {
            Kind::AivoLive => aivo(conversation, "messageToClient", &data),
            Kind::Chatwoot => chatwoot::reply(conversation, text),
            Kind::Template => {
                json!({"kind": "reply", "ticket": conversation, "text": text, "id": text})
            }
            _ => json!({"type": "message", "content": content}),
        }
    }

    fn close(&self, conversation: &str) -> Value {
        let id = format!("close {conversation}");
        match self.kind {
            Kind::AivoLive => aivo(conversation, "close", &json!({"reason": "agent"})),
            Kind::Chatwoot => chatwoot::close(conversation),
            Kind::Template => {
                json!({"kind": "closed", "ticket": conversation, "state": "solved", "id": id})
            }
            _ => json!({"type": "closed", "reason": "solved"}),
        }
    }

    /// Tells the bridge, in the desk's own way. Gives the status.
    async fn tells(&self, bridge: &Bridge, conversation: &str, body: &Value) -> u16 {
        let name = self.name;
        let vendor = match self.kind {
            Kind::Template => "template",
            Kind::AivoLive => "aivo-live",
            Kind::Chatwoot => "chatwoot",
            _ => return bridge.tell((conversation, &token(name)), body).await.0,
        };
        let path = format!("/hooks/{vendor}/{name}/hook-key-of-the-desk-{name}");
        bridge.post(&path, body).await.0
    }

    fn takes(&self) -> u16 {
        if self.kind == Kind::Webhook { 202 } else { 200 }
    }

    /// A vendor that is answered anything but 200 may call again and again.
    fn takes_no_more(&self) -> u16 {
        if self.kind == Kind::Webhook { 409 } else { 200 }
    }

    fn text(&self, call: &Call, conversation: &str) -> Option<String> {
        let (of, text) = match self.kind {
            Kind::Webhook => {
                let data = &call.body["data"];
                (&data["handover_id"], &data["message"]["content"]["text"])
            }
            Kind::Template => (&call.body["ticket"], &call.body["text"]),
            Kind::AivoLive => (&call.body["conversationId"], &call.body["value"]),
            Kind::Chatwoot => return chatwoot::text(call, conversation),
            Kind::Console => return None,
        };
        (of == conversation)
            .then(|| Some(text.as_str()?.to_owned()))
            .flatten()
    }
}

fn token(name: &str) -> String {
    format!("token-of-the-desk-{name}")
}

fn room(number: usize) -> String {
    format!("room-{number}")
}

const AIVO_QUEUE: &str = "/api/v1/live-handler/queue/external";
const AIVO_CLOSE: &str = "/api/v1/live-handler/close/external";

/// Whether it queues this user, of whom only what was said before tells.
fn is_queued(call: &Call, user: &str) -> bool {
    call.path == AIVO_QUEUE && speaks_of(&call.body.to_string(), user)
}

/// Whether it holds what this user, and no other, has said before.
fn speaks_of(past: &str, user: &str) -> bool {
    let said = format!("help {user}");
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-');
    past.split(&said).skip(1).any(ends)
}

fn aivo(room: &str, name: &str, data: &Value) -> Value {
    json!({"name": name, "roomId": room, "timestamp": 1_706_293_179_331_454_146_u64, "botId": 1000, "data": data})
}
