//! A lane in the hands of whoever claimed it.

use std::{sync::Arc, time::Duration};

use super::Memory;
use crate::{
    domain::time::Timestamp,
    store::{claim::DROPPED_FOR, sqlite::lanes::Head},
};

/// One that has not left the store comes back after this: what it holds could not be read just now, and is not tried again
/// in a tight loop.
const UNREAD_FOR: Duration = Duration::from_secs(1);

/// A lane that is held. Dropped, it gives the lane back after a while.
#[derive(Debug)]
pub(in crate::store) struct Hold {
    pub(super) memory: Arc<Memory>,
    pub(in crate::store::sqlite) head: Head,
    /// Until the claim has left the store, nobody can have acted on it.
    pub(super) handed_over: bool,
    pub(super) spent: bool,
}

impl Hold {
    /// From now on somebody outside acts on it.
    pub(in crate::store::sqlite) fn hand_over(mut self) -> Self {
        self.handed_over = true;
        self
    }

    /// Gives the lane back at once.
    pub(in crate::store::sqlite) fn release(mut self) {
        self.spent = true;
        self.give_back(Timestamp::default());
    }

    /// The lane stays held until the process ends: nothing in it can be trusted to go out once.
    pub(in crate::store::sqlite) fn keep(mut self) {
        self.spent = true;
    }

    fn give_back(&self, not_before: Timestamp) {
        let mut inner = self.memory.lock();
        let rings = inner
            .lanes
            .give_back(self.head.lane, self.head.fence, not_before);
        self.memory.ring(rings);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.spent {
            return;
        }
        let wait = if self.handed_over {
            DROPPED_FOR
        } else {
            UNREAD_FOR
        };
        self.give_back(self.memory.clock.now().plus(wait));
    }
}
