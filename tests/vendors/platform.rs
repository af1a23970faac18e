//! The bot platforms, as they call the bridge and are called by it.

use serde_json::{Value, json};

use crate::{
    bridge::Bridge,
    stub::{Answer, Call, Stub},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Chatlayer,
    Certainly,
}

/// A configured bot and its platform.
#[derive(Clone, Debug)]
pub struct Bot {
    pub name: &'static str,
    pub platform: Platform,
    pub stub: Stub,
}

impl Platform {
    pub const ALL: [Self; 2] = [Self::Chatlayer, Self::Certainly];
}

impl Bot {
    pub async fn start(name: &'static str, platform: Platform) -> Self {
        let answer: Answer = match platform {
            Platform::Chatlayer | Platform::Certainly => |_, _| json!({}),
        };
        let stub = Stub::start(answer).await;
        Self {
            name,
            platform,
            stub,
        }
    }

    /// Its table in the configuration.
    pub fn config(&self) -> String {
        let (name, address) = (self.name, self.stub.address);
        match self.platform {
            Platform::Chatlayer => format!(
                r#"
                [bots.{name}]
                platform = "chatlayer"
                api_url = "http://{address}"
                access_token = "access-token-of-{name}"
                verify_token = "verify-token-of-{name}"
                hook_key = "hook-key-of-the-bot-{name}"
                history = "off"
                "#
            ),
            Platform::Certainly => format!(
                r#"
                [bots.{name}]
                platform = "certainly"
                api_url = "http://{address}"
                deployment_id = "d7"
                access_token = "access-token-of-{name}"
                hook_key = "hook-key-of-the-bot-{name}"
                "#
            ),
        }
    }

    /// What nobody but this bot's platform may see.
    pub fn secret(&self) -> String {
        match self.platform {
            Platform::Chatlayer | Platform::Certainly => format!("access-token-of-{}", self.name),
        }
    }

    /// All that its platform can have seen.
    pub fn seen(&self) -> Vec<String> {
        self.stub.calls().iter().map(Call::whole).collect()
    }

    /// The bot asks for an agent at this desk. Says whether it was told that there is one.
    pub async fn asks(&self, bridge: &Bridge, (user, desk): (&str, &str)) -> bool {
        match self.platform {
            Platform::Chatlayer => {
                let body = json!({
                    "botId": "b1", "version": "LIVE", "sessionId": user, "event": "offload",
                    "timestamp": "2026-01-01T00:00:01.000Z", "payload": {"desk": desk},
                    "transcript": [{"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {
                        "messageType": "text", "text": format!("help {user}"), "channelType": "web",
                        "sender": {"id": user, "botId": "b1"},
                    }}],
                });
                let (status, answer) = bridge.post(&self.hook(), &body).await;
                assert_eq!(status, 200);
                answer["offloadSuccess"] == true
            }
            // A claim tells nothing of what was said before: the bridge has heard it.
            Platform::Certainly => {
                let help = certainly_message(user, &format!("help {user}"));
                let messages = format!("{}/messages", self.hook());
                assert_eq!(bridge.post(&messages, &help).await.0, 200);
                let claim = json!({"to": user, "customVariables": {"desk": desk}});
                let path = format!("{}/claim", self.hook());
                let (status, answer) = bridge.post(&path, &claim).await;
                assert_eq!(status, 200);
                answer["accepted"] == true
            }
        }
    }

    /// The user's `number`th message, which reads `user NUMBER`.
    pub async fn user_says(&self, bridge: &Bridge, (user, number): (&str, u32)) {
        match self.platform {
            Platform::Chatlayer => {
                let at = format!(
                    "2026-01-01T00:{:02}:{:02}.000Z",
                    1 + number / 60,
                    number % 60
                );
                let body = json!({
                    "botId": "b1", "version": "LIVE", "sessionId": user, "event": "messages", "timestamp": at,
                    "messages": [{"actor": "user", "timestamp": at, "message": {
                        "messageType": "text", "text": format!("{user} {number}"), "channelType": "web",
                        "id": format!("{number:024x}"), "sender": {"id": user, "botId": "b1"}, "timestamp": at,
                    }}],
                });
                let path = format!(
                    "{}?challenge.verifyToken=verify-token-of-{}",
                    self.hook(),
                    self.name
                );
                assert_eq!(bridge.post(&path, &body).await.0, 200);
            }
            Platform::Certainly => {
                let said = certainly_message(user, &format!("{user} {number}"));
                let path = format!("{}/messages", self.hook());
                assert_eq!(bridge.post(&path, &said).await.0, 200);
            }
        }
    }

    /// What the bot was made to say to this user, in order.
    pub fn said(&self, user: &str) -> Vec<String> {
        let calls = self.stub.calls();
        calls
            .iter()
            .filter(|call| self.is_of(call, user))
            .filter_map(|call| self.text(call))
            .collect()
    }

    /// Whether it was told that it speaks again.
    pub fn is_resumed(&self, user: &str) -> bool {
        let calls = self.stub.calls();
        let mut calls = calls.iter().filter(|call| self.is_of(call, user));
        match self.platform {
            Platform::Chatlayer => calls.any(|call| call.body["unpauseBot"] == true),
            Platform::Certainly => calls.any(|call| call.path.contains("/takeover/")),
        }
    }

    fn is_of(&self, call: &Call, user: &str) -> bool {
        match self.platform {
            Platform::Chatlayer => call.path.contains(&format!("/conversations/{user}/")),
            Platform::Certainly => call.path.contains(&format!("/{user}/")),
        }
    }

    fn text(&self, call: &Call) -> Option<String> {
        let text = match self.platform {
            Platform::Chatlayer => call
                .body
                .pointer("/sendMessages/0/textMessageTemplate/textMessages/0/text"),
            Platform::Certainly => call.body.get("message"),
        };
        Some(text?.as_str()?.to_owned())
    }

    fn hook(&self) -> String {
        let name = self.name;
        match self.platform {
            Platform::Chatlayer => format!("/hooks/chatlayer/{name}/hook-key-of-the-bot-{name}"),
            Platform::Certainly => format!("/hooks/certainly/{name}/hook-key-of-the-bot-{name}"),
        }
    }
}

fn certainly_message(user: &str, text: &str) -> Value {
    json!({"interlocutor": "user", "data": {"error": null, "message": {
        "user_profile": {}, "ref": null, "user_id": user, "timestamp": 1_767_225_600, "message": text, "attachments": [],
    }}})
}
