//! What Chatwoot keeps, in the form in which its API shows it.

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

/// The number of a contact or a conversation is its place, counted from one.
#[derive(Default)]
pub(super) struct Records {
    pub(super) contacts: Vec<Contact>,
    pub(super) conversations: Vec<Conversation>,
    /// How many messages there are in all conversations.
    pub(super) messages: u64,
}

#[derive(Clone, Serialize)]
pub(super) struct Contact {
    pub(super) id: u64,
    pub(super) identifier: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) blocked: bool,
    pub(super) custom_attributes: Value,
    #[serde(rename = "contact_inboxes")]
    pub(super) reached_by: [ContactInbox; 1],
}

#[derive(Clone, Serialize)]
pub(super) struct ContactInbox {
    pub(super) source_id: String,
    pub(super) inbox: Numbered,
}

#[derive(Clone, Serialize)]
pub(super) struct Numbered {
    pub(super) id: u64,
}

#[derive(Serialize)]
pub(super) struct Conversation {
    pub(super) id: u64,
    pub(super) inbox_id: u64,
    pub(super) status: String,
    pub(super) custom_attributes: Value,
    pub(super) priority: Option<String>,
    pub(super) labels: Vec<String>,
    #[serde(skip)]
    pub(super) contact: u64,
    /// Who has it.
    #[serde(skip)]
    pub(super) assignee: Option<User>,
    #[serde(skip)]
    pub(super) team: Option<String>,
    #[serde(skip)]
    pub(super) messages: Vec<Message>,
    #[serde(skip)]
    pub(super) events: mpsc::Sender<Value>,
}

#[derive(Clone, Serialize)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) content: Option<String>,
    /// One of [`INCOMING`] and [`OUTGOING`].
    #[serde(rename = "message_type")]
    pub(super) kind: u8,
    pub(super) private: bool,
    pub(super) content_attributes: Value,
    /// Seconds since 1970.
    pub(super) created_at: i64,
    pub(super) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<User>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<Value>,
}

/// Somebody of Chatwoot's.
#[derive(Clone, Serialize)]
pub(super) struct User {
    id: u64,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

pub(super) const INCOMING: u8 = 0;
pub(super) const OUTGOING: u8 = 1;
pub(super) const OPEN: &str = "open";
pub(super) const RESOLVED: &str = "resolved";
pub(super) const SENT: &str = "sent";

impl Records {
    pub(super) fn contact(&self, id: u64) -> Option<&Contact> {
        self.contacts.get(place(id)?)
    }

    pub(super) fn conversation(&mut self, id: u64) -> Option<&mut Conversation> {
        self.conversations.get_mut(place(id)?)
    }
}

impl Contact {
    /// What no other contact of the account has as well.
    pub(super) fn unique(&self) -> [Option<&str>; 3] {
        let (email, phone) = (self.email.as_deref(), self.phone_number.as_deref());
        [Some(&self.identifier), email, phone]
    }
}

impl User {
    pub(super) fn named(name: &str) -> Self {
        Self {
            id: 1,
            name: name.to_owned(),
            kind: "user",
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

/// The number that the next one gets.
pub(super) fn next<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).map_or(u64::MAX, |count| count.saturating_add(1))
}

fn place(id: u64) -> Option<usize> {
    usize::try_from(id).ok()?.checked_sub(1)
}
