//! The bodies of calls to Chatwoot, and what is read of its answers; what else stands in those is not needed.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::domain::delivery::DeskJob;

/// A contact that is to be made.
#[derive(Serialize)]
pub(super) struct NewContact<'a> {
    pub(super) inbox_id: u64,
    pub(super) identifier: &'a str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) custom_attributes: Map<String, Value>,
}

/// A contact that is to be reached by the inbox.
#[derive(Serialize)]
pub(super) struct NewContactInbox {
    pub(super) inbox_id: u64,
}

#[derive(Serialize)]
pub(super) struct NewConversation<'a> {
    pub(super) source_id: &'a str,
    pub(super) inbox_id: u64,
    pub(super) contact_id: u64,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignee_id: Option<u64>,
    pub(super) custom_attributes: &'a Attributes,
}

/// By what we know the conversation again, and what an agent can be shown beside it. Scalars alone: Chatwoot has no place
/// for what has parts.
#[derive(Clone, Serialize)]
pub(super) struct Attributes {
    handover_id: String,
    leg: String,
    bot: String,
    language: String,
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// How far the notes have come.
    transcript: &'static str,
}

/// Chatwoot makes no conversation of which an attribute has more than 1500 characters.
const LONGEST_ATTRIBUTE: usize = 1000;

/// What takes the place of a conversation's attributes, all of them.
#[derive(Serialize)]
pub(super) struct NewAttributes<'a> {
    pub(super) custom_attributes: &'a Attributes,
}

#[derive(Serialize)]
pub(super) struct NewMessage<'a> {
    pub(super) content: &'a str,
    pub(super) message_type: &'static str,
    pub(super) private: bool,
    pub(super) content_attributes: Mark<'a>,
}

/// By what a message is known again: Chatwoot keeps it, and shows it to nobody.
#[derive(Serialize)]
pub(super) struct Mark<'a> {
    pub(super) handover_delivery: &'a str,
}

#[derive(Serialize)]
pub(super) struct NewStatus {
    pub(super) status: &'static str,
}

/// How soon a conversation should be answered, beside others.
#[derive(Serialize)]
pub(super) struct NewPriority<'a> {
    pub(super) priority: &'a str,
}

/// What takes the place of a conversation's labels, all of them.
#[derive(Serialize)]
pub(super) struct NewLabels<'a> {
    pub(super) labels: &'a [&'a str],
}

/// Shown at an agent's message in the place of it having been sent.
#[derive(Serialize)]
pub(super) struct NewFailure<'a> {
    pub(super) status: &'static str,
    pub(super) external_error: &'a str,
}

/// What most answers are wrapped in.
#[derive(Deserialize)]
pub(super) struct Answered<T> {
    pub(super) payload: T,
}

#[derive(Deserialize)]
pub(super) struct MadeContact {
    pub(super) contact: Contact,
    #[serde(default)]
    contact_inbox: Option<ContactInbox>,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) identifier: Option<String>,
    /// Agents want to hear no more of them.
    #[serde(default)]
    pub(super) blocked: Option<bool>,
    #[serde(default, rename = "contact_inboxes", deserialize_with = "none_if_null")]
    reached_by: Vec<ContactInbox>,
}

#[derive(Deserialize)]
pub(super) struct ContactInbox {
    pub(super) source_id: String,
    #[serde(default)]
    inbox: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
}

#[derive(Deserialize)]
pub(super) struct Conversation {
    /// The number that agents see and that events name.
    pub(super) id: u64,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "none_if_null")]
    custom_attributes: Map<String, Value>,
}

/// One that stands in a conversation, whoever has written it.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: u64,
    /// Seconds since 1970.
    #[serde(default)]
    pub(super) created_at: Value,
    #[serde(default)]
    content_attributes: Value,
}

#[derive(Deserialize)]
pub(super) struct Inbox {
    pub(super) channel_type: Option<String>,
    pub(super) webhook_url: Option<String>,
    #[serde(default)]
    pub(super) lock_to_single_conversation: Option<bool>,
}

impl NewStatus {
    pub(super) const OPEN: &'static str = "open";
    pub(super) const PENDING: &'static str = "pending";
    pub(super) const RESOLVED: &'static str = "resolved";
}

impl NewMessage<'static> {
    /// Shown as the user's.
    pub(super) const INCOMING: Self = Self {
        content: "",
        message_type: "incoming",
        private: false,
        content_attributes: Mark {
            handover_delivery: "",
        },
    };
    /// Shown to agents alone.
    pub(super) const NOTE: Self = Self {
        message_type: "outgoing",
        private: true,
        ..Self::INCOMING
    };
}

impl Message {
    /// The key that it carries, if it is one of ours.
    pub(super) fn key(&self) -> Option<&str> {
        self.content_attributes.get("handover_delivery")?.as_str()
    }
}

impl<'a> NewFailure<'a> {
    pub(super) fn because(reason: &'a str) -> Self {
        Self {
            status: "failed",
            external_error: reason,
        }
    }
}

impl MadeContact {
    pub(super) fn into_contact(self) -> Contact {
        let mut contact = self.contact;
        contact.reached_by.extend(self.contact_inbox);
        contact
    }
}

impl Contact {
    /// By what it is reached in this inbox.
    pub(super) fn source_in(&self, inbox: u64) -> Option<&str> {
        let mut inboxes = self.reached_by.iter();
        let found = inboxes.find(|one| one.inbox.as_ref().is_some_and(|named| named.id == inbox));
        found.map(|one| one.source_id.as_str())
    }
}

impl Conversation {
    /// Whether it was opened by an earlier call for the same leg, and agents still have it.
    pub(super) fn is_open_for(&self, attributes: &Attributes) -> bool {
        !self.is_resolved()
            && self.attribute("handover_id") == Some(&attributes.handover_id)
            && self.attribute("leg") == Some(&attributes.leg)
    }

    pub(super) fn is_resolved(&self) -> bool {
        self.status.as_deref() == Some(NewStatus::RESOLVED)
    }

    /// Whether a bot of Chatwoot's own is to answer first, and agents do not look.
    pub(super) fn is_pending(&self) -> bool {
        self.status.as_deref() == Some(NewStatus::PENDING)
    }

    /// Whether notes may be missing.
    pub(super) fn lacks_notes(&self) -> bool {
        self.attribute("transcript") == Some(Attributes::PENDING)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.custom_attributes.get(name)?.as_str()
    }
}

impl Attributes {
    const PENDING: &'static str = "pending";
    const TOLD: &'static str = "told";

    pub(super) fn of(job: DeskJob<'_>) -> Self {
        let short = |text: &str| text.chars().take(LONGEST_ATTRIBUTE).collect::<String>();
        let (about, profile) = (job.about, &job.about.profile);
        Self {
            handover_id: about.handover.id.to_string(),
            leg: job.leg.id.to_string(),
            bot: about.key.bot.to_string(),
            language: short(&about.handover.language),
            session_id: about.key.user.as_str().to_owned(),
            user_id: profile.user.id.as_deref().map(short),
            channel: profile.channel.as_deref().map(short),
            version: profile.version.as_deref().map(short),
            transcript: Self::PENDING,
        }
    }

    pub(super) fn told(self) -> Self {
        Self {
            transcript: Self::TOLD,
            ..self
        }
    }
}

fn none_if_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
