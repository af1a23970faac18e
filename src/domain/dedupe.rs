//! Keys under which an event is recognised when it comes again, and fingerprints that recognise an echo.
//!
//! A key is canonical bytes that begin with whose it is, so one bot or desk cannot forge another's. The store keeps
//! only a keyed hash of them.

use sha2::{Digest, Sha256};

use super::{
    conversation::ConversationKey,
    event::Way,
    ids::{DeskName, HandoverId},
    message::{Actor, Button, Card, Content},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DedupeKey {
    bytes: Vec<u8>,
    /// The body that came with the key, where the same key with another body is a fault of the caller.
    body: Option<[u8; 16]>,
}

/// Recognises a content without keeping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 16]);

impl DedupeKey {
    /// The platform's own id of a message.
    pub fn message_id(conversation: &ConversationKey, id: &str) -> Self {
        Self::new(&[
            "id",
            conversation.bot.as_str(),
            &conversation.realm,
            conversation.user.as_str(),
            id,
        ])
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
        Self::new(&[
            "content",
            conversation.bot.as_str(),
            &conversation.realm,
            conversation.user.as_str(),
            actor,
            &at.as_millis().to_string(),
            &ordinal.to_string(),
            &content,
        ])
    }

    /// A request for an agent, by its own time and payload.
    pub fn request(
        conversation: &ConversationKey,
        at: Timestamp,
        payload: Option<&serde_json::Value>,
    ) -> Self {
        let payload = payload.map(ToString::to_string).unwrap_or_default();
        Self::new(&[
            "request",
            conversation.bot.as_str(),
            &conversation.realm,
            conversation.user.as_str(),
            &at.as_millis().to_string(),
            &payload,
        ])
    }

    /// A desk's `Idempotency-Key`, scoped to desk and handover, with the body it came with.
    pub fn idempotency(desk: &DeskName, handover: HandoverId, (key, body): (&str, &[u8])) -> Self {
        Self {
            body: Some(digest(body)),
            ..Self::new(&["idempotency", desk.as_str(), &handover.to_string(), key])
        }
    }

    /// What a desk tells that does not know our ids, by the parts of it that tell it from all else of this desk.
    pub fn desk_event(desk: &DeskName, parts: &[&str]) -> Self {
        let scope = ["desk_event", desk.as_str()];
        Self::new(&[&scope, parts].concat())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn body(&self) -> Option<[u8; 16]> {
        self.body
    }

    /// Length-prefixed parts, so that no two lists of parts give the same bytes.
    fn new(parts: &[&str]) -> Self {
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self { bytes, body: None }
    }
}

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
    pub fn by(self, way: Way) -> Self {
        let tag = match way {
            Way::Only => return self,
            Way::First => 1,
            Way::Second => 2,
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
