//! Which conversations have changed, and a version of each that grows with every change.
//!
//! All that one commit changes gets one version: the microseconds of the clock, made to grow where it does not. Only the
//! newest changes are known one by one. Any other conversation has the version up to which nothing is known one by one,
//! the start of the process at first; so a version grows over a restart too, as far as the clock does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::{
    domain::{ids::ConversationId, time::Timestamp},
    store::{Changing, changes::Feed},
};

#[derive(Debug)]
pub(super) struct Changes {
    feed: Feed,
    last: Mutex<Commit>,
    /// Of everything that has not changed since the start.
    floor: u64,
}

/// The last that has changed anything.
#[derive(Clone, Copy, Debug)]
struct Commit {
    version: u64,
    at: Timestamp,
}

/// What was committed when a reader began. What it finds may be newer, never older.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen(u64);

impl Changes {
    pub(super) fn since(at: Timestamp) -> Self {
        let version = micros(at);
        Self {
            feed: Feed::since(at),
            last: Mutex::new(Commit { version, at }),
            floor: version,
        }
    }

    /// Takes over and tells what one commit has changed.
    pub(super) fn committed(&self, touched: Vec<ConversationId>, now: Timestamp) {
        if touched.is_empty() {
            return;
        }
        let Commit { version, at } = self.lock().next(now);
        let changing = |conversation| Changing {
            conversation,
            version,
            at,
        };
        self.feed.tell(touched.into_iter().map(changing));
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Changing> {
        self.feed.listen()
    }

    /// To be asked before anything is read of which a version is told.
    pub(super) fn seen(&self) -> Seen {
        Seen(self.lock().version)
    }

    /// The version that what was read of this conversation has at least.
    pub(super) fn version(&self, of: ConversationId, seen: Seen) -> u64 {
        let last = self.feed.last(of);
        let version = last.map_or(self.floor, |last| last.version);
        version.min(seen.0)
    }

    /// None: not all of it is known any more.
    pub(super) fn from(&self, at: Timestamp) -> Option<Vec<Changing>> {
        self.feed.from(at)
    }

    fn lock(&self) -> MutexGuard<'_, Commit> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commit {
    fn next(&mut self, now: Timestamp) -> Self {
        self.at = self.at.max(now);
        self.version = micros(self.at).max(self.version + 1);
        *self
    }
}

/// The version of everything that does not change after this time.
pub(in crate::store) fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis())
        .unwrap_or(0)
        .saturating_mul(1000)
}
