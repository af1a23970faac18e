//! How Certainly is told from other platforms: by a hook for claims beside that for messages, which come one in a call,
//! and by a bot that talks on until it is told to listen.

use std::sync::Arc;

use axum::Router;
use fastrand::Rng;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{api, wire::Deployment};
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

pub(in crate::emulator) struct Certainly {
    claim: Url,
    messages: Url,
    api_token: SecretString,
}

struct Words(Deployment);

#[derive(Deserialize)]
struct ClaimBody {
    accepted: bool,
}

impl Certainly {
    pub(in crate::emulator) fn new(hook_url: &Url, api_token: SecretString) -> Self {
        Self {
            claim: below(hook_url, "claim"),
            messages: below(hook_url, "messages"),
            api_token,
        }
    }
}

impl PlayedPlatform for Certainly {
    fn name(&self) -> &'static str {
        "certainly"
    }

    fn hook(&self, kind: WebhookKind) -> Url {
        match kind {
            WebhookKind::Request => self.claim.clone(),
            WebhookKind::Messages => self.messages.clone(),
        }
    }

    fn session_id(&self, id: Uuid) -> String {
        format!("webbot:{id}")
    }

    /// Its messages have no ids.
    fn dialect(&self, bot_id: &str, session_id: &str, _rng: Rng) -> Box<dyn Dialect> {
        Box::new(Words(Deployment {
            bot_id: bot_id.to_owned(),
            user_id: session_id.to_owned(),
        }))
    }

    fn answer(&self, body: &[u8]) -> Option<Answer> {
        let answer: ClaimBody = serde_json::from_slice(body).ok()?;
        Some(if answer.accepted {
            Answer::ToBePaused
        } else {
            Answer::Nobody
        })
    }

    fn router(&self, hub: Arc<Hub>) -> Router {
        api::router(hub, self.api_token.clone())
    }
}

impl Dialect for Words {
    fn user(&mut self, said: &Said, _person: &ChatUser, at: Timestamp) -> Option<Value> {
        self.0.user(said, at)
    }

    fn bot(&self, message: &BotMessage, _at: Timestamp) -> Value {
        Deployment::bot(message)
    }

    fn events(&self, items: Vec<Value>, _at: Timestamp) -> Vec<Value> {
        items
    }

    fn user_copy(&self, _said: &Said, _at: Timestamp) -> Option<Value> {
        None
    }

    fn bot_copy(&self, _message: &BotMessage, _at: Timestamp) -> Option<Value> {
        None
    }

    fn request(
        &self,
        payload: &Value,
        person: &ChatUser,
        _transcript: &[Value],
        _at: Timestamp,
    ) -> Value {
        self.0.claim(payload, person)
    }

    fn request_name(&self, _transcript: usize) -> String {
        "claim".to_owned()
    }
}

fn below(hook: &Url, last: &str) -> Url {
    let mut url = hook.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(last);
    }
    url
}
