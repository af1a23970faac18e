//! The webhooks, as Chatwoot's source and samples have them.

use std::fmt::Write as _;

use hmac::Mac as _;
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};

use super::{
    ACCOUNT_ID, INBOX_ID, Shared,
    records::{Conversation, INCOMING, Message, User},
};
use crate::{clock::new_id, domain::time::Timestamp};

impl Shared {
    /// Signed, as every call is. A repeat is signed anew.
    pub(super) fn signed(&self, event: &Value) -> RequestBuilder {
        let (body, timestamp) = (event.to_string(), seconds(self.stage.now()).to_string());
        let mut mac = self.mac.clone();
        for part in [&timestamp, ".", &body] {
            mac.update(part.as_bytes());
        }
        let mut signature = "sha256=".to_owned();
        for byte in mac.finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}");
        }
        let call = self.client.post(self.hook_url.clone());
        call.header("content-type", "application/json")
            .header("x-chatwoot-timestamp", timestamp)
            .header("x-chatwoot-signature", signature)
            .header("x-chatwoot-delivery", new_id().to_string())
            .body(body)
    }
}

impl Conversation {
    /// False: too much waits there already.
    pub(super) fn tell(&self, event: &str, more: Value) -> bool {
        let mut told = Map::new();
        told.insert("event".to_owned(), event.into());
        told.insert("account".to_owned(), json!({"id": ACCOUNT_ID}));
        if let Value::Object(more) = more {
            told.extend(more);
        }
        self.events.try_send(Value::Object(told)).is_ok()
    }

    /// Of a message, which stands in the conversation with its kind as a number.
    pub(super) fn tell_message(&self, message: &Message) -> bool {
        let kind = if message.kind == INCOMING {
            "incoming"
        } else {
            "outgoing"
        };
        let conversation = json!({"id": self.id, "inbox_id": INBOX_ID, "status": self.status});
        let more = json!({
            "id": message.id,
            "content": message.content,
            "message_type": kind,
            "private": message.private,
            "content_attributes": message.content_attributes,
            "created_at": message.created_at,
            "sender": message.sender,
            "attachments": message.attachments,
            "inbox": {"id": INBOX_ID},
            "conversation": conversation,
        });
        self.tell("message_created", more)
    }

    pub(super) fn tell_typing(&self, user: &User) -> bool {
        let conversation = json!({"id": self.id, "inbox_id": INBOX_ID});
        let more = json!({"user": user, "conversation": conversation, "is_private": false});
        self.tell("conversation_typing_on", more)
    }

    /// Of a change of one attribute to what it is now.
    pub(super) fn tell_change(&self, event: &str, changed: &Value, now: Timestamp) -> bool {
        let team = self
            .team
            .as_ref()
            .map(|name| json!({"id": 1, "name": name}));
        let meta = json!({"assignee": self.assignee, "assignee_type": "User", "team": team});
        let millis = now.as_millis();
        let at = format!("{}.{:03}", seconds(now), millis.rem_euclid(1000));
        let at: Value = serde_json::from_str(&at).unwrap_or_default();
        let more = json!({
            "id": self.id,
            "inbox_id": INBOX_ID,
            "status": self.status,
            "custom_attributes": self.custom_attributes,
            "priority": self.priority,
            "labels": self.labels,
            "meta": meta,
            "changed_attributes": [changed],
            "updated_at": at,
        });
        self.tell(event, more)
    }

    pub(super) fn tell_status(&self, before: &str, now: Timestamp) -> bool {
        let changed = json!({"status": {"previous_value": before, "current_value": self.status}});
        self.tell_change("conversation_status_changed", &changed, now)
    }
}

pub(super) fn seconds(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(1000)
}
