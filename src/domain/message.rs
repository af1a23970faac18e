//! Messages: what a user, a bot, an agent or the bridge itself said, in one shape for every vendor.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    ids::{HandoverId, MessageId},
    time::Timestamp,
    words::words,
};

words! {
    /// Who spoke.
    pub enum Actor {
        User = "user",
        Bot = "bot",
        Agent = "agent",
        /// The bridge: a notice to the user. Never shown to a desk as part of the transcript.
        System = "system",
    }
}

/// One message of a transcript. `seq` grows within the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub seq: u64,
    pub actor: Actor,
    /// The sender's own time where it gave one, else the time of receipt.
    pub at: Timestamp,
    pub content: Content,
    /// The handover during which it was said; none while the bot had the user.
    pub handover: Option<HandoverId>,
    /// An agent's message that came after the close: recorded, never sent.
    pub late: bool,
    /// The vendor's own JSON, byte for byte.
    pub raw: Option<String>,
}

/// What was said. The serialised form is the one of the desk protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    Text {
        text: String,
        #[serde(
            default,
            deserialize_with = "none_if_null",
            skip_serializing_if = "Vec::is_empty"
        )]
        quick_replies: Vec<QuickReply>,
    },
    Buttons {
        text: String,
        buttons: Vec<Button>,
    },
    Cards {
        cards: Vec<Card>,
    },
    List {
        items: Vec<Card>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        button: Option<Button>,
    },
    Media {
        kind: MediaKind,
        url: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// The user pressed a button or a quick reply. The payload is the bot platform's own and goes back untouched.
    Postback {
        title: String,
        #[serde(default, skip_serializing_if = "Value::is_null")]
        payload: Value,
    },
    /// The user opened the conversation without a word.
    Intro {},
    /// A kind of message that the bridge does not know; kept whole.
    Unknown {
        raw: Value,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuickReply {
    pub title: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub payload: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    Postback {
        title: String,
        #[serde(default, skip_serializing_if = "Value::is_null")]
        payload: Value,
    },
    Url {
        title: String,
        url: String,
    },
    Phone {
        title: String,
        phone_number: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(
        default,
        deserialize_with = "none_if_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub buttons: Vec<Button>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    File,
}

impl Content {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            quick_replies: Vec::new(),
        }
    }
}

/// A list that may be left out may be null as well.
fn none_if_null<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
