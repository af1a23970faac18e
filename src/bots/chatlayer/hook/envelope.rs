//! The outer shape of a call: what is read before any message is looked at.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::Kind;
use crate::{
    bots::chatlayer::{
        HookError,
        realm::{Realm, Version},
    },
    domain::{
        conversation::{ConversationKey, Profile},
        ids::{BotName, ExternalId},
        message::Actor,
        time::Timestamp,
    },
};

#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    /// What `event` was called before.
    #[serde(borrow, rename = "type")]
    old_event: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    bot_id: Option<Value>,
    version: Option<Value>,
    session_id: Option<Value>,
    pub(super) timestamp: Option<Value>,
    channel: Option<Value>,
    pub(super) payload: Option<Value>,
    #[serde(borrow)]
    pub(super) messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) transcript: Option<Vec<&'a RawValue>>,
}

/// One member of `messages` or `transcript`.
pub(super) struct Item {
    pub(super) actor: Option<Actor>,
    pub(super) at: Option<Timestamp>,
    pub(super) message: Value,
    pub(super) raw: String,
}

impl Named<'_> {
    pub(super) fn kind(&self) -> Kind {
        let old = || {
            self.old_event
                .and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok())
        };
        match self.event.clone().or_else(old).as_deref() {
            Some("messages") => Kind::Messages,
            Some("offload") => Kind::Offload,
            _ => Kind::Other,
        }
    }
}

impl Envelope<'_> {
    pub(super) fn conversation(&self, bot: &BotName) -> Result<ConversationKey, HookError> {
        let version = self
            .version
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default();
        let realm = Realm {
            version: Version::parse(version)?,
            bot_id: id("botId", self.bot_id.as_ref())?,
        };
        let user = id("sessionId", self.session_id.as_ref())?;
        Ok(ConversationKey {
            bot: bot.clone(),
            realm: realm.to_string(),
            user,
        })
    }

    pub(super) fn profile(&self) -> Profile {
        let text =
            |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        Profile {
            platform_bot_id: text(&self.bot_id),
            version: text(&self.version),
            channel: text(&self.channel),
            ..Profile::default()
        }
    }
}

impl Item {
    pub(super) fn read(raw: &RawValue) -> Self {
        let mut item: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let actor = match item
            .get("actor")
            .or_else(|| item.get("type"))
            .and_then(Value::as_str)
        {
            Some("user") => Some(Actor::User),
            Some("bot") => Some(Actor::Bot),
            Some("agent") => Some(Actor::Agent),
            _ => None,
        };
        let message = item.get_mut("message").map(Value::take).unwrap_or_default();
        let at = item
            .get("timestamp")
            .or_else(|| message.get("timestamp"))
            .and_then(time);
        Self {
            actor,
            at,
            message,
            raw: raw.get().to_owned(),
        }
    }
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, HookError> {
    serde_json::from_slice(body).map_err(|fault| {
        // Only a fault of syntax is kept as the cause: one of shape would quote the body.
        if fault.is_data() {
            HookError::Contract { field: "the body" }
        } else {
            HookError::NotJson(fault)
        }
    })
}

fn id(field: &'static str, value: Option<&Value>) -> Result<ExternalId, HookError> {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => return Err(HookError::Contract { field }),
    };
    ExternalId::new(text).map_err(|source| HookError::Id { field, source })
}

/// ISO 8601 as documented, or milliseconds.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64().map(Timestamp::from_millis),
        _ => None,
    }
}
