//! What a store counts for whoever watches it.

use std::collections::BTreeMap;

use crate::domain::{
    conversation::Phase,
    delivery::Destination,
    ids::{BotName, ConversationId, DeskName},
    time::Timestamp,
};

/// The state of things at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Conversations whose user is left with nobody, see [`crate::domain::attention`].
    pub unattended: u64,
    /// The first of these, as many as an operator looks at.
    pub left_alone: Vec<ConversationId>,
    /// Open handovers, also those for which no desk has been asked yet.
    pub open: BTreeMap<(Option<DeskName>, Phase), u64>,
    /// Conversations whose bot has not been resumed in time.
    pub late_resumes: BTreeMap<BotName, u64>,
    pub owed: BTreeMap<Destination, Owed>,
    pub dead_letters: BTreeMap<Destination, u64>,
    /// Destinations that are not called until then.
    pub paused: BTreeMap<Destination, Timestamp>,
    /// Steps that wait to be written.
    pub queued: u64,
    /// The store's clock.
    pub at: Timestamp,
}

const LOOKED_AT: usize = 20;

impl Census {
    pub(super) fn leave_alone(&mut self, conversation: ConversationId) {
        self.unattended += 1;
        if self.left_alone.len() < LOOKED_AT {
            self.left_alone.push(conversation);
        }
    }
}

/// Deliveries to one destination that are not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    pub count: u64,
    /// When the oldest of them was stored that somebody waits for: for a platform to delete what it has of a user nobody
    /// does. What an operator has sent again counts from then, until it is tried.
    pub since: Option<Timestamp>,
}
