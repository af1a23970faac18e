//! A lane in the hands of whoever claimed it.

use std::{sync::Arc, time::Duration};

use super::Memory;
use crate::{domain::time::Timestamp, store::sqlite::lanes::Head};

/// A claim that is dropped instead of settled comes back after this long, as a lease would: whoever dropped it may
/// have failed because of what it held.
const DROPPED_FOR: Duration = Duration::from_secs(15);

/// A lane that is held. Dropped, it gives the lane back after a while.
#[derive(Debug)]
pub(in crate::store) struct Hold {
    pub(super) memory: Arc<Memory>,
    pub(in crate::store::sqlite) head: Head,
    /// Until the claim has left the store, nobody can have acted on it and it comes back at once.
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
        self.handed_over = false;
    }

    /// The lane stays held until the process ends: nothing in it can be trusted to go out once.
    pub(in crate::store::sqlite) fn keep(mut self) {
        self.spent = true;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.spent {
            return;
        }
        let not_before = if self.handed_over {
            self.memory.clock.now().plus(DROPPED_FOR)
        } else {
            Timestamp::default()
        };
        let mut inner = self.memory.lock();
        let rings = inner
            .lanes
            .give_back(self.head.lane, self.head.fence, not_before);
        inner.ring(rings);
    }
}
