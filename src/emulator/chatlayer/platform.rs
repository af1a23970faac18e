//! How Chatlayer is told from other platforms: by its two worlds, one hook for everything, requests with a transcript.

use std::sync::Arc;

use axum::Router;
use fastrand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{
    api,
    wire::{Origin, item},
};
use crate::{
    domain::time::Timestamp,
    emulator::{
        bot_message::BotMessage,
        hub::Hub,
        platform::{Answer, Dialect, PlayedPlatform},
        session::WebhookKind,
        user::{ChatUser, Said},
    },
};

/// Chatlayer's two worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Draft,
    Live,
}

pub(in crate::emulator) struct Chatlayer {
    version: Version,
    /// Without the token.
    offload: Url,
    messages: Url,
}

struct Words {
    origin: Origin,
    rng: Rng,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OffloadBody {
    offload_success: bool,
    pause_bot: bool,
}

impl Version {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Live => "LIVE",
        }
    }
}

impl Chatlayer {
    pub(in crate::emulator) fn new(
        version: Version,
        hook_url: Url,
        verify_token: &SecretString,
    ) -> Self {
        let mut messages = hook_url.clone();
        let token = verify_token.expose_secret();
        messages
            .query_pairs_mut()
            .append_pair("challenge.verifyToken", token);
        Self {
            version,
            offload: hook_url,
            messages,
        }
    }
}

impl PlayedPlatform for Chatlayer {
    fn name(&self) -> &'static str {
        "chatlayer"
    }

    fn version(&self) -> &'static str {
        self.version.as_str()
    }

    fn hook(&self, kind: WebhookKind) -> Url {
        match kind {
            WebhookKind::Request => self.offload.clone(),
            WebhookKind::Messages => self.messages.clone(),
        }
    }

    fn health_check(&self) -> Option<Url> {
        Some(self.messages.clone())
    }

    fn session_id(&self, id: Uuid) -> String {
        format!("emulator-{id}")
    }

    fn dialect(&self, bot_id: &str, session_id: &str, rng: Rng) -> Box<dyn Dialect> {
        let origin = Origin {
            bot_id: bot_id.to_owned(),
            version: self.version.as_str(),
            session_id: session_id.to_owned(),
        };
        Box::new(Words { origin, rng })
    }

    fn answer(&self, body: &[u8]) -> Option<Answer> {
        let answer: OffloadBody = serde_json::from_slice(body).ok()?;
        Some(match (answer.offload_success, answer.pause_bot) {
            (true, true) => Answer::Paused,
            (true, false) => Answer::NotPaused,
            (false, _) => Answer::Nobody,
        })
    }

    fn router(&self, hub: Arc<Hub>) -> Router {
        api::router(hub)
    }
}

impl Dialect for Words {
    fn user(&mut self, said: &Said, person: &ChatUser, at: Timestamp) -> Option<Value> {
        let id = object_id(at, &mut self.rng);
        Some(self.origin.user_item(said, person, at, &id))
    }

    fn bot(&self, message: &BotMessage, at: Timestamp) -> Value {
        item("bot", &message.to_wire(), at)
    }

    fn events(&self, items: Vec<Value>, at: Timestamp) -> Vec<Value> {
        if items.is_empty() {
            return items;
        }
        vec![self.origin.messages_event(&items, at)]
    }

    fn user_copy(&self, said: &Said, at: Timestamp) -> Option<Value> {
        Some(self.origin.user_copy(said, at))
    }

    fn bot_copy(&self, message: &BotMessage, at: Timestamp) -> Option<Value> {
        Some(self.bot(message, at))
    }

    fn request(
        &self,
        payload: &Value,
        _person: &ChatUser,
        transcript: &[Value],
        at: Timestamp,
    ) -> Value {
        self.origin.offload_event(payload, transcript, at)
    }

    fn request_name(&self, transcript: usize) -> String {
        format!("offload ({transcript} in transcript)")
    }
}

/// 24 hexadecimal digits that begin with the seconds, as Chatlayer's message ids do.
fn object_id(at: Timestamp, rng: &mut Rng) -> String {
    let seconds = at.as_millis().div_euclid(1000).rem_euclid(1 << 32);
    format!("{seconds:08x}{:016x}", rng.u64(..))
}
