//! The desk protocol as far as this desk reads it: what the bridge says, and what a page may have said in return.
//! Fields that are only shown stay as the bridge sent them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the bridge calls the desk with.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(in crate::emulator) enum FromBridge {
    #[serde(rename = "handover.opened")]
    Opened(Opened),
    #[serde(rename = "message.created")]
    MessageCreated { handover_id: String, message: Value },
    #[serde(rename = "message.failed")]
    MessageFailed {
        handover_id: String,
        message_id: String,
        reason: String,
    },
    #[serde(rename = "handover.closed")]
    Closed { handover_id: String, reason: String },
    #[serde(rename = "ping")]
    Ping {},
    /// What a later bridge may say. Answered 200, so that it is not said again.
    #[serde(untagged)]
    Unknown {},
}

#[derive(Debug, Deserialize)]
pub(in crate::emulator) struct Opened {
    pub handover: About,
    pub transcript: Vec<Value>,
}

/// The handover itself, with whatever else the bridge tells of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::emulator) struct About {
    pub id: String,
    #[serde(flatten)]
    pub more: Value,
}

/// The answer of `GET /api/v1/handovers/{id}`.
#[derive(Debug, Deserialize)]
pub(in crate::emulator) struct Found {
    pub handover: About,
    pub state: String,
    pub transcript: Vec<Value>,
}

/// What an agent does; the shape is that of `POST /api/v1/handovers/{id}/events`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::emulator) enum Done {
    Attended { agent: Agent },
    Message { content: Value },
    Typing,
    Transferred { to: String },
    Closed { reason: String },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct Agent {
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_events_are_unknown_and_not_malformed() {
        let later = r#"{"type": "message.read", "timestamp": "2026-01-01T00:00:00.000Z", "data": {"x": 1}}"#;
        assert!(matches!(
            serde_json::from_str(later),
            Ok(FromBridge::Unknown {})
        ));
        let ping = r#"{"type": "ping", "timestamp": "2026-01-01T00:00:00.000Z", "data": {}}"#;
        assert!(matches!(
            serde_json::from_str(ping),
            Ok(FromBridge::Ping {})
        ));
    }
}
