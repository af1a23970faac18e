//! What this process knows without asking the database: who waits for what, and what it was told. Nothing here decides;
//! the rows do.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{changes::Changes, hints::Hint};
use crate::{
    domain::{
        delivery::Destination,
        ids::HandoverId,
        policy::{ClosedBecause, Conditions},
        retry::ErrorClass,
        time::Timestamp,
    },
    store::{Changing, console::standing::Calls},
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
    inner: Mutex<Inner>,
    pub(super) changes: Changes,
    timer: Arc<Notify>,
    erasure: Arc<Notify>,
    /// Rings when other replicas are to be told something.
    pub(super) hinting: Notify,
    /// Whether anybody tells them; else they look by themselves.
    tells: bool,
}

#[derive(Debug, Default)]
struct Inner {
    bells: HashMap<Destination, Arc<Notify>>,
    conditions: Conditions,
    answers: HashMap<HandoverId, Answers>,
    /// The earliest timer that upkeep has been told of.
    told_wake: Option<Timestamp>,
    calls: HashMap<Destination, Calls>,
    /// What other replicas have not been told yet.
    hints: BTreeSet<Hint>,
}

#[derive(Debug, Default)]
struct Answers {
    bell: Arc<Notify>,
    waiting: usize,
}

/// Somebody waits for the answer to this request.
#[derive(Debug)]
pub(super) struct AnswerWait<'a> {
    memory: &'a Memory,
    handover: HandoverId,
    pub(super) bell: Arc<Notify>,
}

impl Memory {
    pub(super) fn new(now: Timestamp, tells: bool) -> Self {
        Self {
            tells,
            inner: Mutex::default(),
            changes: Changes::since(now),
            timer: Arc::default(),
            erasure: Arc::default(),
            hinting: Notify::new(),
        }
    }

    /// Takes over what has been committed and what people see of it, and keeps what other replicas are to be told.
    pub(super) fn apply(&self, changes: Vec<Change>, seen: Vec<Changing>) {
        if changes.is_empty() && seen.is_empty() {
            return;
        }
        let mut inner = self.lock();
        for change in changes {
            match change {
                Change::Due(destination) => {
                    inner.ring(&destination);
                    inner.hints.insert(Hint::Due(destination));
                }
                Change::Wake(at) => {
                    // A later one is found when the earlier ones are over, by whichever replica looks then.
                    if inner.told_wake.is_none_or(|told| at < told) {
                        inner.told_wake = Some(at);
                        inner.hints.insert(Hint::Timer);
                        self.timer.notify_one();
                    }
                }
                Change::Answered(handover) => {
                    inner.answered(handover);
                    inner.hints.insert(Hint::Answered(handover));
                }
                Change::Erasing => {
                    self.erasure.notify_one();
                    inner.hints.insert(Hint::Erasing);
                }
                Change::Called {
                    destination,
                    failed,
                    at,
                } => inner.called(destination, failed, at),
            }
        }
        if !seen.is_empty() {
            inner.hints.insert(Hint::Changed);
        }
        if !self.tells {
            inner.hints.clear();
        }
        let told = !inner.hints.is_empty();
        drop(inner);
        self.changes.committed(seen);
        if told {
            self.hinting.notify_one();
        }
    }

    /// What another replica has told, or what polling found.
    pub(super) fn heard(&self, hint: &Hint) {
        match hint {
            Hint::Due(destination) => self.lock().ring(destination),
            Hint::Timer => self.timer.notify_one(),
            Hint::Answered(handover) => self.lock().answered(*handover),
            Hint::Erasing => self.erasure.notify_one(),
            Hint::Changed => self.changes.stirred(),
        }
    }

    pub(super) fn take_hints(&self) -> BTreeSet<Hint> {
        std::mem::take(&mut self.lock().hints)
    }

    /// How calls went, since the start.
    pub(super) fn calls(&self) -> HashMap<Destination, Calls> {
        self.lock().calls.clone()
    }

    pub(super) fn bell(&self, destination: &Destination) -> Arc<Notify> {
        Arc::clone(self.lock().bells.entry(destination.clone()).or_default())
    }

    pub(super) fn timer_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.timer)
    }

    pub(super) fn erasure_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.erasure)
    }

    /// From now on every timer that is set rings, until [`Self::told_wake`] says what upkeep knows.
    pub(super) fn forget_wake(&self) {
        self.lock().told_wake = None;
    }

    pub(super) fn told_wake(&self, next: Option<Timestamp>) {
        let mut inner = self.lock();
        inner.told_wake = [inner.told_wake, next].into_iter().flatten().min();
    }

    pub(super) fn wait_for_answer(&self, handover: HandoverId) -> AnswerWait<'_> {
        let mut inner = self.lock();
        let answers = inner.answers.entry(handover).or_default();
        answers.waiting += 1;
        AnswerWait {
            memory: self,
            handover,
            bell: Arc::clone(&answers.bell),
        }
    }

    pub(super) fn set_condition(
        &self,
        destination: &Destination,
        condition: Option<ClosedBecause>,
    ) {
        let closed = &mut self.lock().conditions.closed;
        match condition {
            Some(because) => closed.insert(destination.clone(), because),
            None => closed.remove(destination),
        };
    }

    /// What `decide` was told of bots and desks.
    pub(super) fn conditions(&self) -> Conditions {
        self.lock().conditions.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn ring(&mut self, destination: &Destination) {
        self.bells
            .entry(destination.clone())
            .or_default()
            .notify_one();
    }

    fn answered(&self, handover: HandoverId) {
        if let Some(answers) = self.answers.get(&handover) {
            answers.bell.notify_waiters();
        }
    }

    fn called(&mut self, destination: Destination, failed: Option<ErrorClass>, at: Timestamp) {
        let calls = self.calls.entry(destination).or_default();
        match failed {
            Some(class) => calls.last_error = Some((class, at)),
            None => calls.last_success = Some(at),
        }
    }
}

impl Drop for AnswerWait<'_> {
    fn drop(&mut self) {
        let mut inner = self.memory.lock();
        if let Some(answers) = inner.answers.get_mut(&self.handover) {
            answers.waiting -= 1;
            if answers.waiting == 0 {
                inner.answers.remove(&self.handover);
            }
        }
    }
}
