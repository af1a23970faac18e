//! The bodies of the calls that speak to the user or move the flow, and what their answers say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{fallback::Unshowable, message::Content};

/// An agent's words, while the bot listens.
#[derive(Debug, Serialize)]
pub(super) struct AgentMessage<'a> {
    message: &'a str,
}

/// `trigger-message`.
#[derive(Debug, Serialize)]
pub(super) struct TriggerMessage<'a> {
    text_message: &'a str,
    user_id: &'a str,
}

/// `trigger-response`.
#[derive(Debug, Serialize)]
pub(super) struct TriggerResponse<'a> {
    user_id: &'a str,
    module_id: Value,
    /// Seconds. Only a transfer from bot to bot needs some.
    wait_time: u8,
    custom_vars: Map<String, Value>,
    /// To be set always, says the page.
    is_async: bool,
}

/// The answer of both, whether good or bad.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    error: Value,
    #[serde(default)]
    message: Value,
}

/// What was made of a call, as far as the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// Nobody talks to the bot under this id (any more).
    UnknownUser,
    Refused,
}

impl<'a> AgentMessage<'a> {
    pub(super) fn new(content: &'a Content) -> Result<Self, Unshowable> {
        Ok(Self {
            message: words(content)?,
        })
    }
}

impl<'a> TriggerMessage<'a> {
    pub(super) fn new(content: &'a Content, user_id: &'a str) -> Result<Self, Unshowable> {
        Ok(Self {
            text_message: words(content)?,
            user_id,
        })
    }
}

impl<'a> TriggerResponse<'a> {
    /// The id of a module is a number, says the page; an older one shows a text.
    pub(super) fn new(user_id: &'a str, module_id: &str, custom_vars: Map<String, Value>) -> Self {
        let number = module_id.parse::<u64>();
        Self {
            user_id,
            module_id: number.map_or_else(|_| module_id.into(), Value::from),
            wait_time: 0,
            custom_vars,
            is_async: true,
        }
    }
}

impl Verdict {
    /// A body that is none of the documented ones says nothing about the call.
    pub(super) fn of(answer: &[u8]) -> Self {
        const UNKNOWN_USER: &str = "Bot user with this id does not exist";
        let Ok(Told { error, message }) = serde_json::from_slice(answer) else {
            return Self::Taken;
        };
        match error {
            Value::String(error) if error.trim() == UNKNOWN_USER => Self::UnknownUser,
            Value::String(error) if !error.is_empty() && message.is_null() => Self::Refused,
            Value::Array(errors) if !errors.is_empty() && message.is_null() => Self::Refused,
            _ => Self::Taken,
        }
    }
}

/// Whatever is no text has become one before it comes here.
fn words(content: &Content) -> Result<&str, Unshowable> {
    match content {
        Content::Text {
            text,
            quick_replies,
        } if quick_replies.is_empty() => Ok(text),
        _ => Err(Unshowable::Kind),
    }
}

#[cfg(test)]
mod tests;
