//! Chatlayer's Webhook channel: each call holds one message of the bot to one of its users.
//!
//! The body names neither the bot nor its version, so the user is looked up among all sessions of this bot. It has no id
//! and no time either; `messageCounter` is all that says what comes first. The token is in the body, which is therefore
//! kept nowhere as a whole.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::envelope::id;
use crate::{
    bots::{
        chatlayer::{HookError, message::bot_contents},
        json::Json,
    },
    domain::{
        dedupe::DedupeKey,
        event::{Event, Feed, Incoming, PlatformMessage, Step, Target},
        ids::{BotName, ExternalId},
        json,
    },
};

/// One call, its message not yet looked at. Not `Debug`: it holds the token.
#[expect(missing_debug_implementations, reason = "it holds a token")]
pub struct Call<'a> {
    /// None: there is none, or it is no text.
    pub token: Option<String>,
    user: Option<Json<'a>>,
    message: Option<&'a RawValue>,
    counter: Option<Json<'a>>,
}

/// One message of the bot.
#[derive(Debug)]
pub struct ChannelMessage {
    pub mark: CallMark,
    pub step: Step,
}

/// What a call has in common with another that repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallMark {
    pub user: ExternalId,
    /// The place among the messages to this user, as the platform counts.
    pub counter: Option<u64>,
    message: [u8; 32],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    sender_id: Option<Json<'a>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    message_counter: Option<Json<'a>>,
    #[serde(borrow)]
    verify_token: Option<Json<'a>>,
}

impl<'a> Call<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, HookError> {
        let Body {
            sender_id,
            message,
            message_counter,
            verify_token,
        } = json::hook(body)?;
        Ok(Self {
            token: match verify_token {
                Some(Json::Text(token)) => Some(token.into_owned()),
                _ => None,
            },
            user: sender_id,
            message,
            counter: message_counter,
        })
    }

    pub fn parse(self, bot: &BotName) -> Result<ChannelMessage, HookError> {
        let user = id("senderId", self.user.as_ref())?;
        let raw = self
            .message
            .ok_or(HookError::Contract { field: "message" })?;
        let message: Json<'_> = serde_json::from_str(raw.get()).map_err(HookError::NotJson)?;
        let said = bot_contents(&message)
            .into_iter()
            .map(|content| PlatformMessage {
                at: None,
                content,
                raw: Some(raw.get().to_owned()),
                feed: Feed::Second,
            });
        let step = Step {
            target: Target::User {
                bot: bot.clone(),
                user: user.clone(),
            },
            profile: None,
            events: said
                .map(|said| Incoming {
                    event: Event::BotSaid(said),
                    keys: Vec::new(),
                })
                .collect(),
        };
        let mark = CallMark {
            user,
            counter: self.counter.as_ref().and_then(Json::as_u64),
            message: Sha256::digest(raw.get()).into(),
        };
        Ok(ChannelMessage { mark, step })
    }
}

impl ChannelMessage {
    /// What is said is known again by the call that brings it.
    pub fn brought_by(mut self, bot: &BotName, call: Uuid) -> Step {
        for (ordinal, said) in self.step.events.iter_mut().enumerate() {
            said.keys = vec![DedupeKey::channel_call(bot, &self.mark.user, call, ordinal)];
        }
        self.step
    }
}

#[cfg(test)]
mod tests;
