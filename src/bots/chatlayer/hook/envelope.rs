//! The outer shape of a call: what is read before any message is looked at.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::Kind;
use crate::{
    bots::{
        chatlayer::{
            HookError,
            realm::{Realm, Version},
        },
        json::Json,
    },
    domain::{
        conversation::{ConversationKey, Profile},
        ids::{BotName, ExternalId},
        json,
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    old_event: Option<&'a RawValue>,
    #[serde(borrow)]
    bot_id: Option<Json<'a>>,
    #[serde(borrow)]
    version: Option<Json<'a>>,
    #[serde(borrow)]
    session_id: Option<Json<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Json<'a>>,
    #[serde(borrow)]
    channel: Option<Json<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) transcript: Option<Vec<&'a RawValue>>,
}

/// One member of `messages` or `transcript`.
pub(super) struct Item<'a> {
    pub(super) actor: Option<Actor>,
    pub(super) at: Option<Timestamp>,
    pub(super) message: Json<'a>,
    pub(super) raw: &'a str,
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
            .and_then(Json::as_str)
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

    pub(super) fn payload(&self) -> Result<Option<Value>, HookError> {
        let Some(raw) = self.payload.map(RawValue::get) else {
            return Ok(None);
        };
        json::values(raw.as_bytes(), json::MOST_VARIABLES).ok_or(HookError::TooMany {
            field: "payload",
            most: json::MOST_VARIABLES,
        })?;
        let payload = serde_json::from_str(raw).map_err(HookError::NotJson)?;
        Ok(Some(payload))
    }

    pub(super) fn profile(&self) -> Profile {
        let text =
            |value: &Option<Json<'_>>| value.as_ref().and_then(Json::as_str).map(str::to_owned);
        Profile {
            platform_bot_id: text(&self.bot_id),
            version: text(&self.version),
            channel: text(&self.channel),
            ..Profile::default()
        }
    }
}

impl<'a> Item<'a> {
    /// What was only skipped so far is read here, so a number that is out of all range comes out here.
    pub(super) fn read(raw: &'a RawValue) -> Result<Self, HookError> {
        let item: Json<'a> = serde_json::from_str(raw.get()).map_err(HookError::NotJson)?;
        let holders = [Some(&item), item.get("message")];
        let at = holders
            .into_iter()
            .flatten()
            .find_map(|holder| time(holder.get("timestamp")?));
        Ok(Self {
            actor: actor(&item),
            at,
            message: item.into_member("message").unwrap_or(Json::Null),
            raw: raw.get(),
        })
    }
}

/// Who spoke, by the name of today or by that of before.
pub(super) fn actor(item: &Json<'_>) -> Option<Actor> {
    let named = ["actor", "type"]
        .iter()
        .find_map(|name| item.get(name)?.as_str());
    match named {
        Some("user") => Some(Actor::User),
        Some("bot") => Some(Actor::Bot),
        Some("agent") => Some(Actor::Agent),
        _ => None,
    }
}

pub(super) fn id(field: &'static str, value: Option<&Json<'_>>) -> Result<ExternalId, HookError> {
    let text = value
        .and_then(Json::as_str)
        .ok_or(HookError::Contract { field })?;
    ExternalId::new(text).map_err(|source| HookError::Id { field, source })
}

/// ISO 8601 as documented, or milliseconds.
pub(super) fn time(value: &Json<'_>) -> Option<Timestamp> {
    match value {
        Json::Text(text) => text.parse().ok(),
        Json::Number(number) => number.as_i64().map(Timestamp::from_millis),
        _ => None,
    }
}
