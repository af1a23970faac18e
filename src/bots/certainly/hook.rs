//! Certainly's two webhooks: from the bytes of one call to one step of a conversation.
//!
//! `http` authenticates and bounds the call, then asks [`Reader::claim`] or [`Reader::message`]. Neither call says of which
//! bot it is, so each deployment has addresses of its own, and its id is the realm. Lenient where the vendor may change:
//! unknown fields are kept or ignored, unknown messages kept. Strict only in what names the user.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    HookError,
    message::{attached, bot_contents, user_contents},
};
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        dedupe::{ContentKey, DedupeKey},
        event::{Event, Feed, Incoming, PlatformMessage, Request, Step, Target, TranscriptItem},
        ids::{BotName, ExternalId},
        json,
        message::{Actor, Content},
        time::Timestamp,
    },
};

/// How the calls of one deployment are read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Whose calls they are.
    pub bot: BotName,
    deployment_id: ExternalId,
    /// The field of a claim that holds the user's id.
    user_id_field: String,
    /// Left out of the ids of users, so that claims and messages name the same conversation.
    user_id_prefix: String,
    /// The same content of a user with the same time counts once.
    drop_repeats: bool,
}

/// The user as a call names them.
struct User {
    /// What names the conversation.
    key: ExternalId,
    /// What the platform has to be called with.
    given: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    interlocutor: Option<Value>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    user_id: Option<Value>,
}

#[derive(Deserialize)]
struct UserData<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

/// Fields of a claim that have a place of their own, or say nothing about the user.
const PLACED: [&str; 10] = [
    "botId",
    "channel",
    "customVariables",
    "direction",
    "firstName",
    "from",
    "language",
    "lastName",
    "reply",
    "to",
];

impl Reader {
    pub fn new(bot: &BotName, configured: &config::Certainly) -> Self {
        Self {
            bot: bot.clone(),
            deployment_id: configured.deployment_id.clone(),
            user_id_field: configured.user_id_field.clone(),
            user_id_prefix: configured.user_id_prefix.clone(),
            drop_repeats: configured.drop_repeats,
        }
    }

    /// What the user's conversation is kept under, in whichever form the platform names them.
    pub fn key<'i>(&self, given: &'i str) -> &'i str {
        given.strip_prefix(&self.user_id_prefix).unwrap_or(given)
    }

    /// A claim has neither an id nor a time, so a repeat is one only as long as its handover is open: it gets the same
    /// answer.
    pub fn claim(&self, body: &[u8]) -> Result<Step, HookError> {
        const NAMED: &str = "the field that user_id_field names";
        let mut claim: Map<String, Value> = json::hook(body)?;
        let user = claim.get(&self.user_id_field).unwrap_or(&Value::Null);
        let user = self.user(user).map_err(|fault| match fault {
            HookError::Contract { .. } => HookError::Contract { field: NAMED },
            HookError::Id { source, .. } => HookError::Id {
                field: NAMED,
                source,
            },
            fault => fault,
        })?;
        let payload = claim.remove("customVariables").filter(|all| !all.is_null());
        let conversation = self.conversation(&user);
        let transcript = attached_media(&conversation, &mut claim);
        Ok(Step {
            target: Target::Conversation(conversation),
            profile: Some(self.profile(user, claim)),
            events: vec![Incoming {
                event: Event::HandoverRequested(Request {
                    payload,
                    transcript: transcript.into_iter().collect(),
                }),
                keys: Vec::new(),
            }],
        })
    }

    /// None: the bot, or something unknown, said it to somebody who is not named. There is no place to keep it in.
    pub fn message(&self, body: &[u8]) -> Result<Option<Step>, HookError> {
        let envelope: Envelope<'_> = json::hook(body)?;
        let interlocutor = envelope.interlocutor.as_ref().and_then(Value::as_str);
        match interlocutor.filter(|who| !who.is_empty()) {
            Some("user") => self.user_said(&envelope).map(Some),
            Some(who) => self.other_said(&envelope, who, body),
            None => Err(HookError::Contract {
                field: "interlocutor",
            }),
        }
    }

    fn user_said(&self, envelope: &Envelope<'_>) -> Result<Step, HookError> {
        const MESSAGE: HookError = HookError::Contract {
            field: "data.message",
        };
        let data = envelope.data.ok_or(MESSAGE)?;
        let data: UserData<'_> = json::object(data.get()).map_err(|_| MESSAGE)?;
        let raw = data.message.ok_or(MESSAGE)?.get();
        // What was only skipped so far is read here, so a number that is out of all range comes out here.
        let message: Value = serde_json::from_str(raw).map_err(HookError::NotJson)?;
        let user = message.get("user_id").unwrap_or(&Value::Null);
        let user = self.user(user)?;
        let conversation = self.conversation(&user);
        let at = message.get("timestamp").and_then(time);
        let fields = message.get("user_profile").and_then(Value::as_object);
        let contents = user_contents(&message);
        // Or a message of many files would be kept as often as it has files.
        let kept = |place: usize| (place == 0).then_some(raw);
        let events = contents.iter().enumerate().map(|(place, content)| {
            let equals = contents.iter().take(place).filter(|one| *one == content);
            let ordinal = equals.count();
            let said = ContentKey {
                actor: Actor::User,
                at: at.unwrap_or_default(),
                content,
                ordinal,
            };
            let key = (self.drop_repeats && at.is_some())
                .then(|| DedupeKey::content(&conversation, said));
            Incoming {
                event: Event::UserSaid(said_at(at, content.clone(), kept(place))),
                keys: key.into_iter().collect(),
            }
        });
        Ok(Step {
            events: events.collect(),
            profile: fields.map(|fields| Profile {
                user: UserProfile {
                    fields: fields.clone(),
                    ..UserProfile::default()
                },
                ..Profile::default()
            }),
            target: Target::Conversation(conversation),
        })
    }

    /// No sample of these names the user. Where one does all the same, it is kept with the user.
    fn other_said(
        &self,
        envelope: &Envelope<'_>,
        who: &str,
        body: &[u8],
    ) -> Result<Option<Step>, HookError> {
        let raw = envelope.data.map_or("null", RawValue::get);
        let data: Value = serde_json::from_str(raw).map_err(HookError::NotJson)?;
        let places = [envelope.user_id.as_ref(), data.get("user_id")];
        let Some(user) = places.into_iter().flatten().find(|id| !id.is_null()) else {
            return Ok(None);
        };
        let user = self.user(user)?;
        // A bot that said nothing at all has sent something that is not known.
        let events = if who == "bot" && envelope.data.is_some() {
            let at = data.get("timestamp").and_then(time);
            let contents = bot_contents(&data).into_iter();
            let said = contents.map(|content| Event::BotSaid(said_at(at, content, Some(raw))));
            said.collect()
        } else {
            let raw = String::from_utf8_lossy(body).into_owned();
            vec![Event::PlatformUnknown { raw }]
        };
        let without_keys = events.into_iter().map(|event| Incoming {
            event,
            keys: Vec::new(),
        });
        Ok(Some(Step {
            target: Target::Conversation(self.conversation(&user)),
            profile: None,
            events: without_keys.collect(),
        }))
    }

    fn user(&self, id: &Value) -> Result<User, HookError> {
        let given = match id {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(HookError::Contract { field: "user_id" }),
        };
        let unusable = |source| HookError::Id {
            field: "user_id",
            source,
        };
        ExternalId::new(given.as_str()).map_err(unusable)?;
        Ok(User {
            key: ExternalId::new(self.key(&given)).map_err(unusable)?,
            given,
        })
    }

    fn conversation(&self, user: &User) -> ConversationKey {
        ConversationKey {
            bot: self.bot.clone(),
            realm: self.deployment_id.as_str().to_owned(),
            user: user.key.clone(),
        }
    }

    fn profile(&self, user: User, claim: Map<String, Value>) -> Profile {
        let text = |name: &str| {
            let text = claim.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (platform_bot_id, channel, language) =
            (text("botId"), text("channel"), text("language"));
        let (first_name, last_name) = (text("firstName"), text("lastName"));
        let others = claim.into_iter().filter(|(name, value)| {
            !PLACED.contains(&name.as_str()) && *name != self.user_id_field && says_something(value)
        });
        Profile {
            platform_bot_id,
            channel,
            language,
            user: UserProfile {
                id: Some(user.given),
                first_name,
                last_name,
                fields: others.collect(),
                ..UserProfile::default()
            },
            ..Profile::default()
        }
    }
}

/// A file of the user's that came with a claim. A claim has no time, so the same file of the same user counts once.
fn attached_media(
    conversation: &ConversationKey,
    claim: &mut Map<String, Value>,
) -> Option<TranscriptItem> {
    const FIELD: &str = "attachedMedia";
    let content = attached(claim.get(FIELD)?)?;
    let raw = claim.remove(FIELD)?.to_string();
    let said = ContentKey {
        actor: Actor::User,
        at: Timestamp::default(),
        content: &content,
        ordinal: 0,
    };
    Some(TranscriptItem {
        actor: Actor::User,
        keys: vec![DedupeKey::content(conversation, said)],
        said: said_at(None, content, Some(&raw)),
        seen: None,
    })
}

fn said_at(at: Option<Timestamp>, content: Content, raw: Option<&str>) -> PlatformMessage {
    PlatformMessage {
        at,
        content,
        raw: raw.map(str::to_owned),
        feed: Feed::Only,
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whole seconds, as documented, or with a fraction; what would be beyond the year 5000 is milliseconds.
fn time(value: &Value) -> Option<Timestamp> {
    const MILLIS_FROM: u64 = 100_000_000_000;
    let number = match value {
        Value::Number(number) => match number.as_i64() {
            Some(number) => number,
            None => return fraction(number.as_f64()?),
        },
        Value::String(text) => match text.parse() {
            Ok(number) => number,
            Err(_) => return text.parse().ok(),
        },
        _ => return None,
    };
    let millis = if number.unsigned_abs() < MILLIS_FROM {
        number.saturating_mul(1000)
    } else {
        number
    };
    Some(Timestamp::from_millis(millis))
}

fn fraction(seconds: f64) -> Option<Timestamp> {
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Timestamp::default().plus(since_epoch))
}

#[cfg(test)]
mod tests;
