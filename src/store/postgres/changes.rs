//! Which conversations have changed, and a version of each that grows with every change, whichever replica made it.

use std::collections::BTreeSet;

use tokio::sync::broadcast;

use super::database::Statement;
use crate::{
    domain::{ids::ConversationId, time::Timestamp},
    store::Changing,
};

/// As many changes wait for a listener; one that is slower asks what it has missed.
const WAITING: usize = 4096;

#[derive(Debug)]
pub(super) struct Changes {
    sender: broadcast::Sender<Changing>,
}

impl Changes {
    pub(super) fn since(_at: Timestamp) -> Self {
        Self {
            sender: broadcast::Sender::new(WAITING),
        }
    }

    /// Takes over and tells what one commit of this process has changed.
    pub(super) fn committed(&self, _touched: BTreeSet<ConversationId>, _now: Timestamp) {}

    /// Another replica has changed something.
    pub(super) fn stirred(&self) {}

    pub(super) fn listen(&self) -> broadcast::Receiver<Changing> {
        self.sender.subscribe()
    }
}

/// Written with everything else that a step changes, behind the conversations' rows.
pub(super) fn touch(_touched: &BTreeSet<ConversationId>, _now: Timestamp) -> Vec<Statement> {
    Vec::new()
}
