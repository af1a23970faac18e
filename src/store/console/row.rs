//! One row of the inbox, from what a list has found and what is looked up for those that are shown.

use serde::Deserialize;

use super::{InboxCursor, InboxHandover, InboxRow};
use crate::{
    domain::{
        conversation::Profile,
        ids::{BotName, ConversationId},
        message::Message,
        time::Timestamp,
    },
    store::DeliveryState,
};

/// More unread messages than that are as many as that.
pub(in crate::store) const UNREAD_AT_MOST: i64 = 99;

/// A conversation that a list has found.
#[derive(Debug)]
pub(in crate::store) struct Listed {
    pub(in crate::store) conversation: ConversationId,
    pub(in crate::store) bot: BotName,
    pub(in crate::store) user: String,
    pub(in crate::store) profile: Profile,
    pub(in crate::store) updated_at: Timestamp,
    pub(in crate::store) handover: Option<InboxHandover>,
}

/// What only the rows that are shown are completed with.
#[derive(Debug)]
pub(in crate::store) struct Completion {
    pub(in crate::store) last: Option<Message>,
    pub(in crate::store) agent: Option<String>,
    pub(in crate::store) fate: Option<DeliveryState>,
    pub(in crate::store) unread: u64,
    pub(in crate::store) version: u64,
}

/// As much of a state as the inbox shows.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct Excerpt {
    pub(in crate::store) profile: Profile,
}

impl Excerpt {
    /// Of the user, where it is known.
    pub(in crate::store) fn name(self) -> Option<String> {
        self.profile.user.name()
    }
}

impl Listed {
    pub(in crate::store) fn cursor(&self) -> InboxCursor {
        let at = match &self.handover {
            Some(handover) => handover.ended_at.unwrap_or(handover.requested_at),
            None => self.updated_at,
        };
        InboxCursor {
            at,
            conversation: self.conversation,
        }
    }

    pub(in crate::store) fn complete(self, with: Completion) -> InboxRow {
        InboxRow {
            cursor: self.cursor(),
            conversation: self.conversation,
            version: with.version,
            bot: self.bot,
            user: self.user,
            profile: self.profile,
            handover: self.handover,
            last: with.last,
            agent: with.agent,
            fate: with.fate,
            unread: with.unread,
        }
    }
}
