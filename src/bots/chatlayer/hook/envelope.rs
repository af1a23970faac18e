//! The outer shape of a call: what is read before any message is looked at.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::Kind;
use crate::{
    bots::chatlayer::{
        HookError,
        realm::{Realm, Version},
    },
    domain::{
        conversation::{ConversationKey, Profile},
        ids::{BotName, ExternalId},
        json::{self, NotAnObject},
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
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    old_event: Option<&'a RawValue>,
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
    pub(super) fn kind(&self) -> Result<Kind, HookError> {
        kind(self.event.as_deref(), self.old_event)
    }
}

/// A call that names no event is nobody's: to answer it with 200 would hide a misconfigured sender.
fn kind(event: Option<&str>, old_event: Option<&RawValue>) -> Result<Kind, HookError> {
    let old = old_event.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
    match event.or(old.as_deref()) {
        Some("messages") => Ok(Kind::Messages),
        Some("offload") => Ok(Kind::Offload),
        Some("") | None => Err(HookError::Contract { field: "event" }),
        Some(_) => Ok(Kind::Other),
    }
}

impl Envelope<'_> {
    pub(super) fn kind(&self) -> Result<Kind, HookError> {
        kind(self.event.as_deref(), self.old_event)
    }

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
    /// What was only skipped so far is read here, so a text that is no text (half a surrogate pair) comes out here.
    pub(super) fn read(raw: &RawValue) -> Result<Self, HookError> {
        let mut item: Value = serde_json::from_str(raw.get()).map_err(HookError::NotJson)?;
        let actor = item.as_object().and_then(actor);
        let message = item.get_mut("message").map(Value::take).unwrap_or_default();
        let at = [&item, &message]
            .iter()
            .find_map(|holder| time(holder.get("timestamp")?));
        Ok(Self {
            actor,
            at,
            message,
            raw: raw.get().to_owned(),
        })
    }
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, HookError> {
    let text = str::from_utf8(body).map_err(HookError::NotText)?;
    json::object(text).map_err(|fault| match fault {
        NotAnObject::Syntax(fault) => HookError::NotJson(fault),
        NotAnObject::Shape => HookError::Contract { field: "the body" },
    })
}

/// Who spoke, by the name of today or by that of before.
pub(super) fn actor(item: &Map<String, Value>) -> Option<Actor> {
    let named = ["actor", "type"]
        .iter()
        .find_map(|name| item.get(*name)?.as_str());
    match named {
        Some("user") => Some(Actor::User),
        Some("bot") => Some(Actor::Bot),
        Some("agent") => Some(Actor::Agent),
        _ => None,
    }
}

pub(super) fn id(field: &'static str, value: Option<&Value>) -> Result<ExternalId, HookError> {
    let text = value
        .and_then(Value::as_str)
        .ok_or(HookError::Contract { field })?;
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
