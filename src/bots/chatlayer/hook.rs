//! Chatlayer's offloading webhook: from the bytes of one call to one step of the conversation.
//!
//! `http` authenticates and bounds the call, asks a [`Call`] for its kind (some must be refused by their size or for want of
//! a token once their name is known) and has it parsed. Lenient where the vendor may change: unknown fields are ignored,
//! unknown events and messages kept, the names of before October 2020 (`type` for `event` and for `actor`) understood.
//! Strict only in what names the conversation.

pub mod channel;
mod envelope;
pub(super) mod past;
mod skim;

use std::collections::HashMap;

pub use self::skim::Skimmer;

use self::envelope::{Envelope, Item, Named, time};
use super::{
    HookError,
    message::{bot_contents, in_every_copy, unknown, user_contents},
};
use crate::{
    bots::json::Json,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        dedupe::{ContentKey, DedupeKey},
        event::{Event, Feed, Incoming, PlatformMessage, Request, Step, Target, TranscriptItem},
        ids::BotName,
        json,
        message::{Actor, Content},
        time::Timestamp,
    },
};

/// An agent reads the newest of a transcript, and a call of this size has no more than these in Chatlayer's own words.
const NEWEST: usize = 16 << 10;
/// Of one `messages` event. Chatlayer sends one or a few.
const MOST: usize = 4 << 10;
/// A message may have so many contents: a text, a list, and buttons for which the list has no room.
const EACH: usize = 3;
/// So many may all messages of a call have beyond that.
const MOST_MORE: usize = 1 << 10;

/// The event that a call tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Messages,
    Offload,
    /// One that the bridge does not know; answered with 200 all the same.
    Other,
}

/// One call, its messages not yet looked at.
#[derive(Debug)]
pub struct Call<'a> {
    kind: Kind,
    envelope: Envelope<'a>,
    body: &'a [u8],
}

/// What a call asks of the store.
#[derive(Debug)]
pub struct Hook {
    pub kind: Kind,
    /// None: there is nothing in it to be kept.
    pub step: Option<Step>,
}

/// The name of the event, also where nothing else can be believed.
pub fn kind(body: &[u8]) -> Result<Kind, HookError> {
    json::hook::<Named<'_>>(body)?.kind()
}

impl<'a> Call<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, HookError> {
        let envelope: Envelope<'a> = json::hook(body)?;
        let kind = envelope.kind()?;
        Ok(Self {
            kind,
            envelope,
            body,
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn parse(self, bot: &BotName) -> Result<Hook, HookError> {
        let Self {
            kind,
            envelope,
            body,
        } = self;
        if kind == Kind::Other {
            // An event that names no conversation has no place to be kept in.
            let step = envelope.conversation(bot).ok().map(|conversation| {
                let raw = String::from_utf8_lossy(body).into_owned();
                let unknown = Incoming {
                    event: Event::PlatformUnknown { raw },
                    keys: Vec::new(),
                };
                Step {
                    target: Target::Conversation(conversation),
                    profile: None,
                    events: vec![unknown],
                }
            });
            return Ok(Hook { kind, step });
        }
        let mut reader = Reader::new(envelope.conversation(bot)?, &envelope);
        let events = match kind {
            Kind::Messages => {
                let field = "messages";
                let messages = envelope.messages.as_deref();
                let messages = messages.ok_or(HookError::Contract { field })?;
                if messages.len() > MOST {
                    return Err(HookError::TooMany { field, most: MOST });
                }
                let mut events = Vec::with_capacity(messages.len());
                for item in messages {
                    events.extend(reader.message(&Item::read(item)?));
                }
                events
            }
            Kind::Offload | Kind::Other => vec![reader.offload(&envelope)?],
        };
        let Reader {
            conversation,
            profile,
            ..
        } = reader;
        let step = Step {
            target: Target::Conversation(conversation),
            profile: Some(profile),
            events,
        };
        Ok(Hook {
            kind,
            step: (!step.events.is_empty()).then_some(step),
        })
    }
}

impl Hook {
    /// The bot's Webhook channel tells of every message of the bot as well.
    #[must_use]
    pub fn told_twice(mut self) -> Self {
        for incoming in self.step.iter_mut().flat_map(|step| &mut step.events) {
            match &mut incoming.event {
                Event::BotSaid(said) => said.feed = Feed::First,
                Event::HandoverRequested(request) => {
                    for item in &mut request.transcript {
                        item.said.feed = Feed::First;
                    }
                }
                _ => {}
            }
        }
        self
    }
}

/// Goes through one call, counting equals and learning about the user on the way.
struct Reader<'a> {
    conversation: ConversationKey,
    profile: Profile,
    /// Stands in for the time of an item that has none, and is read only then.
    called_at: Option<&'a Json<'a>>,
    equals: HashMap<DedupeKey, usize>,
    /// How many contents may still be beyond the second of their message.
    more: usize,
}

impl<'a> Reader<'a> {
    fn new(conversation: ConversationKey, envelope: &'a Envelope<'a>) -> Self {
        Self {
            conversation,
            profile: envelope.profile(),
            called_at: envelope.timestamp.as_ref(),
            equals: HashMap::new(),
            more: MOST_MORE,
        }
    }

    /// The events of one message: none that is kept is lost, however odd.
    fn message(&mut self, item: &Item<'_>) -> Vec<Incoming> {
        let speaks_as = match item.actor {
            Some(Actor::User) => Event::UserSaid,
            Some(Actor::Bot) => Event::BotSaid,
            _ => {
                return vec![Incoming {
                    event: Event::PlatformUnknown {
                        raw: item.raw.to_owned(),
                    },
                    keys: Vec::new(),
                }];
            }
        };
        let said = self.said(item).into_iter();
        said.map(|(_, said, keys)| Incoming {
            event: speaks_as(said),
            keys,
        })
        .collect()
    }

    fn offload(&mut self, envelope: &Envelope<'_>) -> Result<Incoming, HookError> {
        let mut transcript = Vec::new();
        let told = envelope.transcript.as_deref().unwrap_or_default();
        let older = told.len().saturating_sub(NEWEST);
        for item in told.iter().skip(older) {
            let said = self.said(&Item::read(item)?).into_iter();
            transcript.extend(said.map(|(actor, said, keys)| TranscriptItem {
                actor,
                said,
                keys,
                seen: None,
            }));
        }
        let payload = envelope.payload()?;
        let called_at = self.called_at.and_then(time);
        let keys = called_at.map(|at| DedupeKey::request(&self.conversation, at, payload.as_ref()));
        Ok(Incoming {
            event: Event::HandoverRequested(Request {
                payload,
                transcript,
            }),
            keys: keys.into_iter().collect(),
        })
    }

    fn said(&mut self, item: &Item<'_>) -> Vec<(Actor, PlatformMessage, Vec<DedupeKey>)> {
        let (actor, contents) = match item.actor {
            Some(Actor::User) => {
                self.learn(&item.message);
                (Actor::User, user_contents(&item.message))
            }
            Some(Actor::Bot) => (Actor::Bot, bot_contents(&item.message)),
            // A transcript may tell of an earlier agent; whatever else spoke there, it was not the user.
            Some(actor) => (actor, bot_contents(&item.message)),
            None => (Actor::Bot, vec![unknown(&item.message)]),
        };
        let contents = self.not_too_many(contents, item);
        let id = item
            .message
            .get("id")
            .and_then(Json::as_str)
            .filter(|id| !id.is_empty());
        let several = contents.into_iter().enumerate();
        let said = several.map(|(place, content)| {
            let mut keys = Vec::new();
            // Only the first of several contents may have the message's own id, or the others would count as its repeats.
            keys.extend(id.map(|id| match place {
                0 => DedupeKey::message_id(&self.conversation, id),
                _ => DedupeKey::message_id(&self.conversation, &format!("{id}#{place}")),
            }));
            keys.extend(self.content_key(actor, item.at, &in_every_copy(&content)));
            (
                actor,
                PlatformMessage {
                    at: item.at,
                    content,
                    // Or a message of many files would be kept as often as it has files.
                    raw: (place == 0).then(|| item.raw.to_owned()),
                    feed: Feed::Only,
                },
                keys,
            )
        });
        said.collect()
    }

    /// A message of more contents than can be kept one by one is kept as a whole.
    fn not_too_many(&mut self, contents: Vec<Content>, item: &Item<'_>) -> Vec<Content> {
        match self.more.checked_sub(contents.len().saturating_sub(EACH)) {
            Some(left) => {
                self.more = left;
                contents
            }
            None => vec![unknown(&item.message)],
        }
    }

    fn content_key(
        &mut self,
        actor: Actor,
        at: Option<Timestamp>,
        content: &Content,
    ) -> Option<DedupeKey> {
        let at = at.or_else(|| time(self.called_at?))?;
        let key = |ordinal| {
            DedupeKey::content(
                &self.conversation,
                ContentKey {
                    actor,
                    at,
                    content,
                    ordinal,
                },
            )
        };
        let first = key(0);
        if let Some(seen) = self.equals.get_mut(&first) {
            let ordinal = *seen;
            *seen += 1;
            return Some(key(ordinal));
        }
        self.equals.insert(first.clone(), 1);
        Some(first)
    }

    /// Takes over what a user's message tells about its sender.
    fn learn(&mut self, message: &Json<'_>) {
        let text_of = |holder: &Json<'_>, name: &str| Some(holder.get(name)?.as_str()?.to_owned());
        let Some(sender @ Json::Object(members)) = message.get("sender") else {
            return;
        };
        let text = |name: &str| text_of(sender, name);
        let either = |one: &str, other: &str| text(one).or_else(|| text(other));
        let known = |name: &str| {
            let ours = [
                "id",
                "botId",
                "botType",
                "preferredLanguage",
                "avatarUrl",
                "avatar_url",
            ];
            ours.contains(&name)
                || matches!(name, "firstname" | "firstName" | "lastname" | "lastName")
        };
        let others = members.iter().filter(|(name, _)| !known(name));
        self.profile.merge(&Profile {
            channel: self
                .profile
                .channel
                .clone()
                .or_else(|| text_of(message, "channelType")),
            language: text("preferredLanguage").filter(|language| !language.is_empty()),
            user: UserProfile {
                id: text("id"),
                first_name: either("firstname", "firstName"),
                last_name: either("lastname", "lastName"),
                avatar_url: either("avatarUrl", "avatar_url"),
                fields: others
                    .map(|(name, value)| (name.clone().into_owned(), value.into()))
                    .collect(),
            },
            ..Profile::default()
        });
    }
}

#[cfg(test)]
mod tests;
