//! The four events that Aivo documents, as it prints them.

use serde_json::{Value, json};

use super::rooms::Room;
use crate::{domain::time::Timestamp, emulator::desk::event::Done};

/// What is owed to the bridge about one room.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) data: Value,
}

/// What an agent wants to do and Aivo has no event for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Aivo Live has no event for this")]
pub(super) struct NoSuchEvent;

/// What Aivo says by itself when nobody has written for a while.
pub const IDLE: &str = "Are you still there?";

impl Event {
    /// What an agent did in this room, or nothing where Aivo tells nothing of it.
    pub(super) fn of(done: &Done, room: &Room) -> Result<Option<Self>, NoSuchEvent> {
        let group = room.group;
        Ok(Some(match done {
            Done::Attended { agent } => Self {
                name: "attended",
                data: json!({"agent": {"name": agent.name, "nickname": agent.name, "groupId": group}}),
            },
            Done::Message { content } => {
                let (action, value) = said(content).ok_or(NoSuchEvent)?;
                let agent = match &room.agent {
                    Some(name) => json!({"name": name, "nickname": name, "groupId": group}),
                    None => json!({}),
                };
                Self::message((action, value), ("agent", agent), room)
            }
            Done::Typing => return Ok(None),
            Done::Transferred { to } => Self {
                name: "transfer",
                data: json!({"value": "Transfer to group", "hash": room.hash, "originGroup": group,
                    "target": to.parse::<u64>().map_err(|_| NoSuchEvent)?, "agent": {}}),
            },
            Done::Closed { reason } => Self::close(reason, room),
        }))
    }

    /// An automatic message.
    pub(super) fn idle(room: &Room) -> Self {
        Self::message(("text", IDLE), ("trigger", json!({})), room)
    }

    pub(super) fn close(reason: &str, room: &Room) -> Self {
        Self {
            name: "close",
            data: json!({"hash": room.hash, "reason": reason, "agent": {}}),
        }
    }

    fn message((action, value): (&str, &str), (source, agent): (&str, Value), room: &Room) -> Self {
        Self {
            name: "messageToClient",
            data: json!({"action": action, "value": value, "source": source, "hash": room.hash, "agent": agent}),
        }
    }

    /// The whole call. `nth` keeps the nanoseconds of one millisecond apart.
    pub(super) fn body(&self, room: &str, bot_id: u64, now: Timestamp, nth: u64) -> Value {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let nanos = millis
            .saturating_mul(1_000_000)
            .saturating_add(nth % 1_000_000);
        json!({"name": self.name, "roomId": room, "timestamp": nanos, "botId": bot_id,
            "eventTime": millis / 1000, "data": self.data})
    }
}

/// A text, a picture or a file; Aivo knows nothing else.
fn said(content: &Value) -> Option<(&'static str, &str)> {
    let field = |name: &str| content.get(name).and_then(Value::as_str);
    match field("type")? {
        "text" => Some(("text", field("text")?)),
        "media" if field("kind") == Some("image") => Some(("image", field("url")?)),
        "media" => Some(("file", field("url")?)),
        _ => None,
    }
}
