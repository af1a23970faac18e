//! The user of the chat, and what they do there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that the user does in the chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// Opens the chat.
    Intro,
    Text {
        text: String,
    },
    /// Taps a button or a quick reply; `payload` is what the bot or the agent gave with it, untouched.
    Postback {
        title: String,
        payload: String,
    },
    Upload {
        url: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
}

/// The user as the channel knows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChatUser {
    pub first_name: String,
    /// Two letters, as Chatlayer gives them.
    pub language: String,
}

/// What a tap on a button carries back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ButtonTap {
    #[serde(rename = "nextDialogstateId")]
    pub next: Option<String>,
    pub parameters: Vec<Value>,
}

impl Default for ChatUser {
    fn default() -> Self {
        Self {
            first_name: "Guest".to_owned(),
            language: "en".to_owned(),
        }
    }
}

impl ButtonTap {
    /// A payload that is not ours is opaque: it leads nowhere, and that is no fault.
    pub(super) fn read(payload: &str) -> Self {
        serde_json::from_str(payload).unwrap_or_default()
    }
}
