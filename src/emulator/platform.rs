//! What a bot platform has to be able to do to be played: where it calls the bridge, in which words it tells of a
//! conversation, and what it makes of the answer to a request for an agent. Each platform's folder has its own; the chat
//! page and the bot are the same for all of them.

use std::sync::Arc;

use axum::Router;
use fastrand::Rng;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{
    bot_message::BotMessage,
    certainly::Certainly,
    chatlayer::{Chatlayer, Version},
    hub::Hub,
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

/// A platform that is played.
pub(super) trait PlayedPlatform: Send + Sync {
    /// As the page names it.
    fn name(&self) -> &'static str;

    /// Empty where there are no two worlds.
    fn version(&self) -> &'static str {
        ""
    }

    fn hook(&self, kind: WebhookKind) -> Url;

    /// Nothing: the platform never asks.
    fn health_check(&self) -> Option<Url> {
        None
    }

    /// The id of a new conversation, which is also its user's.
    fn session_id(&self, id: Uuid) -> String;

    /// `rng` is where ids of messages come from.
    fn dialect(&self, bot_id: &str, session_id: &str, rng: Rng) -> Box<dyn Dialect>;

    /// Nothing: it cannot be read.
    fn answer(&self, body: &[u8]) -> Option<Answer>;

    /// The API that the bridge calls back.
    fn router(&self, hub: Arc<Hub>) -> Router;
}

/// The words in which one conversation is told of.
pub(super) trait Dialect: Send {
    /// What the bridge is told of something that the user does; nothing where the platform does not tell.
    fn user(&mut self, said: &Said, person: &ChatUser, at: Timestamp) -> Option<Value>;

    fn bot(&self, message: &BotMessage, at: Timestamp) -> Value;

    /// The webhooks that tell of these.
    fn events(&self, items: Vec<Value>, at: Timestamp) -> Vec<Value>;

    /// The same as `user` in the transcript of a request, where requests have one.
    fn user_copy(&self, said: &Said, at: Timestamp) -> Option<Value>;

    fn bot_copy(&self, message: &BotMessage, at: Timestamp) -> Option<Value>;

    /// A request for an agent, with what the bot says of it.
    fn request(
        &self,
        payload: &Value,
        person: &ChatUser,
        transcript: &[Value],
        at: Timestamp,
    ) -> Value;

    /// What it is called when it is asked for.
    fn request_name(&self, transcript: usize) -> String;
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

impl Platform {
    pub(super) fn hook_url(&self) -> &Url {
        match self {
            Self::Chatlayer { hook_url, .. } | Self::Certainly { hook_url, .. } => hook_url,
        }
    }

    pub(super) fn played(self) -> Box<dyn PlayedPlatform> {
        match self {
            Self::Chatlayer {
                version,
                hook_url,
                verify_token,
            } => Box::new(Chatlayer::new(version, hook_url, &verify_token)),
            Self::Certainly {
                hook_url,
                api_token,
            } => Box::new(Certainly::new(&hook_url, api_token)),
        }
    }
}
