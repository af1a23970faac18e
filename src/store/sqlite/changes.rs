//! Which conversations have changed, and a version of each that grows with every change.
//!
//! All that one commit changes gets one version: the microseconds of the clock, made to grow where it does not. Only the
//! newest changes are known one by one. Any other conversation has the version up to which nothing is known one by one,
//! the start of the process at first; so a version grows over a restart too, as far as the clock does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use tokio::sync::broadcast;

use crate::{
    domain::{ids::ConversationId, time::Timestamp},
    store::Changing,
};

/// As many conversations are known to have changed. Enough for a console that was away for some minutes on a busy day.
const KEPT: usize = 16_384;
/// As many changes wait for a listener; one that is slower asks what it has missed.
const WAITING: usize = 4096;

#[derive(Debug)]
pub(super) struct Changes {
    ring: Mutex<Ring>,
    sender: broadcast::Sender<Changing>,
}

#[derive(Debug)]
struct Ring {
    /// The last change of each, in order.
    newest: LruCache<ConversationId, Changing>,
    /// Of the last commit.
    version: u64,
    at: Timestamp,
    /// Of everything that is not among the newest.
    floor: u64,
    /// Every change from then on is among the newest.
    complete_since: Timestamp,
}

/// What was committed when a reader began. What it finds may be newer, never older.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen(u64);

impl Changes {
    pub(super) fn since(at: Timestamp) -> Self {
        Self {
            ring: Mutex::new(Ring {
                newest: LruCache::new(KEPT),
                version: micros(at),
                at,
                floor: micros(at),
                complete_since: at,
            }),
            sender: broadcast::Sender::new(WAITING),
        }
    }

    /// Takes over and tells what one commit has changed.
    pub(super) fn committed(&self, touched: Vec<ConversationId>, now: Timestamp) {
        if touched.is_empty() {
            return;
        }
        let told = self.lock().take(touched, now);
        if self.sender.receiver_count() > 0 {
            for changing in told {
                // Whoever listened may just have gone.
                drop(self.sender.send(changing));
            }
        }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Changing> {
        self.sender.subscribe()
    }

    /// To be asked before anything is read of which a version is told.
    pub(super) fn seen(&self) -> Seen {
        Seen(self.lock().version)
    }

    /// The version that what was read of this conversation has at least.
    pub(super) fn version(&self, of: ConversationId, seen: Seen) -> u64 {
        let ring = self.lock();
        let version = ring
            .newest
            .peek(&of)
            .map_or(ring.floor, |last| last.version);
        version.min(seen.0)
    }

    /// None: not all of it is known any more.
    pub(super) fn from(&self, at: Timestamp) -> Option<Vec<Changing>> {
        let ring = self.lock();
        if at < ring.complete_since {
            return None;
        }
        let newest_first = ring.newest.iter().rev().map(|(_, last)| *last);
        let mut changed: Vec<_> = newest_first.take_while(|last| last.at >= at).collect();
        changed.reverse();
        Some(changed)
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn take(&mut self, touched: Vec<ConversationId>, now: Timestamp) -> Vec<Changing> {
        self.at = self.at.max(now);
        self.version = micros(self.at).max(self.version + 1);
        let mut told = Vec::with_capacity(touched.len());
        for conversation in touched {
            let known = self.newest.peek(&conversation);
            if known.is_some_and(|last| last.version == self.version) {
                continue;
            }
            let changing = Changing {
                conversation,
                version: self.version,
                at: self.at,
            };
            if known.is_none() && self.newest.len() >= KEPT {
                self.forget_oldest();
            }
            self.newest.insert(conversation, changing);
            told.push(changing);
        }
        told
    }

    fn forget_oldest(&mut self) {
        if let Some((_, oldest)) = self.newest.remove_lru() {
            self.floor = oldest.version;
            self.complete_since = Timestamp::from_millis(oldest.at.as_millis() + 1);
        }
    }
}

fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis())
        .unwrap_or(0)
        .saturating_mul(1000)
}
