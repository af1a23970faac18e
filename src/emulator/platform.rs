//! Which platform is played: where it calls the bridge, in which words it tells of a conversation, and what it makes of the
//! answer to a request for an agent. The chat page and the bot are the same for all of them.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    bot_message::BotMessage,
    certainly::Deployment,
    chatlayer::{self, Origin},
    session::WebhookKind,
    user::{ChatUser, Said},
};
use crate::domain::time::Timestamp;

/// A platform, and how the bridge is reached by it. Loopback only.
#[derive(Clone, Debug)]
pub enum Platform {
    Chatlayer {
        version: Version,
        /// The hook for this bot, with its hook key and without a query.
        hook_url: Url,
        /// Sent as `challenge.verifyToken` with `messages` and the health check, not with `offload`, as documented.
        verify_token: SecretString,
    },
    Certainly {
        /// What the two hooks of this bot have in common: the address up to the hook key.
        hook_url: Url,
        /// What the bridge must present to the calls below `/actionsvc/`.
        api_token: SecretString,
    },
}

/// Chatlayer's two worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Draft,
    Live,
}

/// The addresses and secrets of a platform.
pub(super) enum PlatformApi {
    Chatlayer {
        version: Version,
        /// Without the token.
        offload: Url,
        messages: Url,
    },
    Certainly {
        claim: Url,
        messages: Url,
        api_token: SecretString,
    },
}

/// The words in which one conversation is told of.
pub(super) enum Dialect {
    Chatlayer(Origin),
    Certainly(Deployment),
}

/// What the bridge has said to a request for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Somebody has the user, and the bot falls silent.
    Paused,
    /// Somebody has the user, and the bot was not to fall silent.
    NotPaused,
    /// Somebody has the user, and will have the bot fall silent.
    ToBePaused,
    Nobody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OffloadBody {
    offload_success: bool,
    pause_bot: bool,
}

#[derive(Deserialize)]
struct ClaimBody {
    accepted: bool,
}

impl Version {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Live => "LIVE",
        }
    }
}

impl Platform {
    pub(super) fn hook_url(&self) -> &Url {
        match self {
            Self::Chatlayer { hook_url, .. } | Self::Certainly { hook_url, .. } => hook_url,
        }
    }
}

impl PlatformApi {
    pub(super) fn new(platform: Platform) -> Self {
        match platform {
            Platform::Chatlayer {
                version,
                hook_url,
                verify_token,
            } => {
                let mut messages = hook_url.clone();
                let token = verify_token.expose_secret();
                messages
                    .query_pairs_mut()
                    .append_pair("challenge.verifyToken", token);
                Self::Chatlayer {
                    version,
                    offload: hook_url,
                    messages,
                }
            }
            Platform::Certainly {
                hook_url,
                api_token,
            } => Self::Certainly {
                claim: below(&hook_url, "claim"),
                messages: below(&hook_url, "messages"),
                api_token,
            },
        }
    }

    /// As the page names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Chatlayer { .. } => "chatlayer",
            Self::Certainly { .. } => "certainly",
        }
    }

    /// Empty where there are no two worlds.
    pub(super) fn version(&self) -> &'static str {
        match self {
            Self::Chatlayer { version, .. } => version.as_str(),
            Self::Certainly { .. } => "",
        }
    }

    pub(super) fn hook(&self, kind: WebhookKind) -> Url {
        let (request, messages) = match self {
            Self::Chatlayer {
                offload, messages, ..
            } => (offload, messages),
            Self::Certainly {
                claim, messages, ..
            } => (claim, messages),
        };
        match kind {
            WebhookKind::Request => request.clone(),
            WebhookKind::Messages => messages.clone(),
        }
    }

    /// Nothing: the platform never asks.
    pub(super) fn health_check(&self) -> Option<Url> {
        match self {
            Self::Chatlayer { messages, .. } => Some(messages.clone()),
            Self::Certainly { .. } => None,
        }
    }

    /// The id of a new conversation, which is also its user's.
    pub(super) fn session_id(&self, id: Uuid) -> String {
        match self {
            Self::Chatlayer { .. } => format!("emulator-{id}"),
            Self::Certainly { .. } => format!("webbot:{id}"),
        }
    }

    pub(super) fn dialect(&self, bot_id: &str, session_id: &str) -> Dialect {
        match self {
            Self::Chatlayer { version, .. } => Dialect::Chatlayer(Origin {
                bot_id: bot_id.to_owned(),
                version: version.as_str(),
                session_id: session_id.to_owned(),
            }),
            Self::Certainly { .. } => Dialect::Certainly(Deployment {
                bot_id: bot_id.to_owned(),
                user_id: session_id.to_owned(),
            }),
        }
    }

    /// Nothing: it cannot be read.
    pub(super) fn answer(&self, body: &[u8]) -> Option<Answer> {
        match self {
            Self::Chatlayer { .. } => {
                let answer: OffloadBody = serde_json::from_slice(body).ok()?;
                Some(match (answer.offload_success, answer.pause_bot) {
                    (true, true) => Answer::Paused,
                    (true, false) => Answer::NotPaused,
                    (false, _) => Answer::Nobody,
                })
            }
            Self::Certainly { .. } => {
                let answer: ClaimBody = serde_json::from_slice(body).ok()?;
                Some(if answer.accepted {
                    Answer::ToBePaused
                } else {
                    Answer::Nobody
                })
            }
        }
    }
}

impl Dialect {
    /// What the bridge is told of something that the user does; nothing where the platform does not tell.
    pub(super) fn user(
        &self,
        said: &Said,
        person: &ChatUser,
        at: Timestamp,
        id: &str,
    ) -> Option<Value> {
        match self {
            Self::Chatlayer(origin) => Some(origin.user_item(said, person, at, id)),
            Self::Certainly(deployment) => deployment.user(said, at),
        }
    }

    pub(super) fn bot(&self, message: &BotMessage, at: Timestamp) -> Value {
        match self {
            Self::Chatlayer(_) => chatlayer::item("bot", &message.to_wire(), at),
            Self::Certainly(_) => Deployment::bot(message),
        }
    }

    /// The webhooks that tell of these.
    pub(super) fn events(&self, items: Vec<Value>, at: Timestamp) -> Vec<Value> {
        match self {
            Self::Chatlayer(origin) if !items.is_empty() => vec![origin.messages_event(&items, at)],
            Self::Chatlayer(_) => Vec::new(),
            Self::Certainly(_) => items,
        }
    }

    /// The same in the transcript of a request, where requests have one.
    pub(super) fn user_copy(&self, said: &Said, at: Timestamp) -> Option<Value> {
        match self {
            Self::Chatlayer(origin) => Some(origin.user_copy(said, at)),
            Self::Certainly(_) => None,
        }
    }

    pub(super) fn bot_copy(&self, message: &BotMessage, at: Timestamp) -> Option<Value> {
        matches!(self, Self::Chatlayer(_)).then(|| self.bot(message, at))
    }

    pub(super) fn request(
        &self,
        department: &str,
        person: &ChatUser,
        transcript: &[Value],
        at: Timestamp,
    ) -> Value {
        let payload = json!({"department": department, "language": person.language});
        match self {
            Self::Chatlayer(origin) => origin.offload_event(&payload, transcript, at),
            Self::Certainly(deployment) => deployment.claim(&payload, person),
        }
    }

    /// What it is called when it is asked for.
    pub(super) fn request_name(&self, transcript: usize) -> String {
        match self {
            Self::Chatlayer(_) => format!("offload ({transcript} in transcript)"),
            Self::Certainly(_) => "claim".to_owned(),
        }
    }
}

fn below(hook: &Url, last: &str) -> Url {
    let mut url = hook.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(last);
    }
    url
}
