//! Keys under which an event is recognised when it comes again, and fingerprints that recognise an echo.
//!
//! A key is canonical bytes that begin with whose it is, so one bot or desk cannot forge another's. The store keeps
//! only a keyed hash of them.

use sha2::{Digest, Sha256};

use super::{
    conversation::ConversationKey,
    event::Feed,
    ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId},
    message::{Actor, Button, Card, Content},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DedupeKey {
    bytes: Vec<u8>,
    /// As many of the bytes say whose the key is.
    owner: usize,
    /// The body that came with the key, where the same key with another body is a fault of the caller.
    body: Option<[u8; 16]>,
}

/// Recognises a content without keeping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 16]);

impl DedupeKey {
    /// The platform's own id of a message.
    pub fn message_id(conversation: &ConversationKey, id: &str) -> Self {
        Self::of_conversation(conversation, &["id", id])
    }

    /// A message by what it says: `ordinal` counts equal ones within one batch from 0.
    pub fn content(conversation: &ConversationKey, said: ContentKey<'_>) -> Self {
        let ContentKey {
            actor,
            at,
            content,
            ordinal,
        } = said;
        let actor = match actor {
            Actor::User => "user",
            Actor::Bot => "bot",
            Actor::Agent => "agent",
            Actor::System => "system",
        };
        let content = serde_json::to_string(content).unwrap_or_default();
        let (at, ordinal) = (at.as_millis().to_string(), ordinal.to_string());
        Self::of_conversation(conversation, &["content", actor, &at, &ordinal, &content])
    }

    /// A request for an agent, by its own time and payload.
    pub fn request(
        conversation: &ConversationKey,
        at: Timestamp,
        payload: Option<&serde_json::Value>,
    ) -> Self {
        let payload = payload.map(ToString::to_string).unwrap_or_default();
        let at = at.as_millis().to_string();
        Self::of_conversation(conversation, &["request", &at, &payload])
    }

    /// A request for an agent by the call that made it: no other call has the key.
    pub fn call(conversation: &ConversationKey, call: uuid::Uuid) -> Self {
        Self::of_conversation(conversation, &["call", &call.to_string()])
    }

    /// What the bot said in one call of a channel that names neither conversation nor message: no other call has the key.
    pub fn channel_call(
        bot: &BotName,
        user: &ExternalId,
        call: uuid::Uuid,
        ordinal: usize,
    ) -> Self {
        let owner = ["channel", bot.as_str(), user.as_str()];
        Self::new(&owner, &[&call.to_string(), &ordinal.to_string()])
    }

    /// A desk's `Idempotency-Key`, scoped to desk and handover, with the body it came with.
    pub fn idempotency(desk: &DeskName, handover: HandoverId, key: &str, body: &[u8]) -> Self {
        Self {
            body: Some(digest(body)),
            ..Self::new(&["desk", desk.as_str(), &handover.to_string()], &[key])
        }
    }

    /// What a desk tells that does not know our ids, by the parts of it that tell it from all else of this desk.
    pub fn desk_event(desk: &DeskName, parts: &[&str]) -> Self {
        Self::new(&["desk_event", desk.as_str()], parts)
    }

    /// A form of the console, which carries an id of its own, with what was typed into it: a browser that goes back
    /// sends the same id with other words.
    pub fn form(conversation: ConversationId, form: uuid::Uuid, typed: &[&str]) -> Self {
        let owner = ["console", &conversation.to_string()];
        Self {
            body: Some(digest(&Self::new(&[], typed).bytes)),
            ..Self::new(&owner, &[&form.to_string()])
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose the key is: the same for all keys of a conversation, or of a desk's handover.
    pub fn owner(&self) -> &[u8] {
        self.bytes.get(..self.owner).unwrap_or_default()
    }

    pub fn body(&self) -> Option<[u8; 16]> {
        self.body
    }

    fn of_conversation(conversation: &ConversationKey, parts: &[&str]) -> Self {
        let ConversationKey { bot, realm, user } = conversation;
        Self::new(&["bot", bot.as_str(), realm, user.as_str()], parts)
    }

    /// Length-prefixed parts, so that no two lists of parts give the same bytes.
    fn new(owner: &[&str], parts: &[&str]) -> Self {
        let both = || owner.iter().chain(parts);
        let mut bytes = Vec::with_capacity(both().map(|part| part.len() + LENGTH).sum());
        for part in both() {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self {
            bytes,
            owner: owner.iter().map(|part| part.len() + LENGTH).sum(),
            body: None,
        }
    }
}

/// Bytes before each part.
const LENGTH: usize = 8;

/// The parts of a message that tell it from every other in its conversation.
#[derive(Clone, Copy, Debug)]
pub struct ContentKey<'a> {
    pub actor: Actor,
    pub at: Timestamp,
    pub content: &'a Content,
    pub ordinal: usize,
}

impl Fingerprint {
    /// Of the words that a user sees, white space folded: a platform gives a message back in a shape of its own.
    pub fn of(content: &Content) -> Self {
        let words = shown(content);
        let normal: Vec<&str> = words
            .iter()
            .flat_map(|words| words.split_whitespace())
            .collect();
        Self(digest(normal.join(" ").as_bytes()))
    }

    /// Of the copy that comes by this way.
    #[must_use]
    pub fn by(self, feed: Feed) -> Self {
        let tag = match feed {
            Feed::Only => return self,
            Feed::First => 1,
            Feed::Second => 2,
        };
        Self(digest(&[self.0.as_slice(), &[tag]].concat()))
    }
}

/// What a user sees of it, piece by piece.
fn shown(content: &Content) -> Vec<String> {
    let button = |button: &Button| match button {
        Button::Postback { title, .. }
        | Button::Url { title, .. }
        | Button::Phone { title, .. } => title.clone(),
    };
    let card = |card: &Card| {
        let mut words = vec![card.title.clone()];
        words.extend(card.subtitle.clone());
        words.extend(card.buttons.iter().map(button));
        words
    };
    match content {
        Content::Text { text, .. } => vec![text.clone()],
        Content::Buttons { text, buttons } => std::iter::once(text.clone())
            .chain(buttons.iter().map(button))
            .collect(),
        Content::Cards { cards } => cards.iter().flat_map(card).collect(),
        Content::List {
            items,
            button: last,
        } => items
            .iter()
            .flat_map(card)
            .chain(last.as_ref().map(button))
            .collect(),
        Content::Media { url, .. } => vec![url.clone()],
        Content::Location { .. }
        | Content::Postback { .. }
        | Content::Intro {}
        | Content::Unknown { .. } => vec![serde_json::to_string(content).unwrap_or_default()],
    }
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let hash = Sha256::digest(bytes);
    std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default())
}
