//! What this process knows without asking the database: who waits for what, and what it was told. Nothing here decides;
//! the rows do.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{changes::Changes, hints::Hint};
use crate::{
    domain::{delivery::Destination, ids::HandoverId, retry::ErrorClass, time::Timestamp},
    store::{Changing, bells::Bells},
};

/// What a committed step changes here.
#[derive(Debug)]
pub(super) enum Change {
    /// A lane of this destination may have become due, or due at another time.
    Due(Destination),
    Wake(Timestamp),
    Answered(HandoverId),
    /// There is something to erase.
    Erasing,
    /// The destination was called, and this came of it.
    Called {
        destination: Destination,
        failed: Option<ErrorClass>,
        at: Timestamp,
    },
}

#[derive(Debug)]
pub(super) struct Memory {
    pub(super) bells: Bells,
    pub(super) changes: Changes,
    /// What other replicas have not been told yet.
    hints: Mutex<BTreeSet<Hint>>,
    /// Rings when other replicas are to be told something.
    pub(super) hinting: Notify,
    /// Whether anybody tells them; else they look by themselves.
    tells: bool,
}

impl Memory {
    pub(super) fn new(now: Timestamp, tells: bool) -> Self {
        Self {
            tells,
            bells: Bells::default(),
            changes: Changes::since(now),
            hints: Mutex::default(),
            hinting: Notify::new(),
        }
    }

    /// Takes over what has been committed and what people see of it, and keeps what other replicas are to be told.
    pub(super) fn apply(&self, changes: Vec<Change>, seen: Vec<Changing>) {
        if changes.is_empty() && seen.is_empty() {
            return;
        }
        let mut hints = self.hints();
        for change in changes {
            match change {
                Change::Due(destination) => {
                    self.bells.ring(&destination);
                    hints.insert(Hint::Due(destination));
                }
                Change::Wake(at) => {
                    // A later one is found when the earlier ones are over, by whichever replica looks then.
                    if self.bells.wake(at) {
                        hints.insert(Hint::Timer);
                    }
                }
                Change::Answered(handover) => {
                    self.bells.answered(handover);
                    hints.insert(Hint::Answered(handover));
                }
                Change::Erasing => {
                    self.bells.ring_erasure();
                    hints.insert(Hint::Erasing);
                }
                Change::Called {
                    destination,
                    failed,
                    at,
                } => self.bells.called(destination, failed, at),
            }
        }
        if !seen.is_empty() {
            hints.insert(Hint::Changed);
        }
        if !self.tells {
            hints.clear();
        }
        let told = !hints.is_empty();
        drop(hints);
        self.changes.committed(seen);
        if told {
            self.hinting.notify_one();
        }
    }

    /// What another replica has told, or what polling found.
    pub(super) fn heard(&self, hint: &Hint) {
        match hint {
            Hint::Due(destination) => self.bells.ring(destination),
            Hint::Timer => self.bells.ring_timer(),
            Hint::Answered(handover) => self.bells.answered(*handover),
            Hint::Erasing => self.bells.ring_erasure(),
            Hint::Changed => self.changes.stirred(),
        }
    }

    pub(super) fn take_hints(&self) -> BTreeSet<Hint> {
        std::mem::take(&mut *self.hints())
    }

    fn hints(&self) -> MutexGuard<'_, BTreeSet<Hint>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
