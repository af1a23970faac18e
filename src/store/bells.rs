//! What wakes those who wait in this process, and what it was told of bots and desks. Nothing here is durable or decides
//! anything: whoever is woken looks at what is committed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::console::standing::Calls;
use crate::domain::{
    delivery::Destination,
    ids::HandoverId,
    policy::{ClosedBecause, Conditions},
    retry::ErrorClass,
    time::Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Bells {
    inner: Mutex<Inner>,
    timer: Arc<Notify>,
    erasure: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    due: HashMap<Destination, Arc<Notify>>,
    answers: HashMap<HandoverId, Answers>,
    /// The earliest timer that upkeep has been told of.
    told_wake: Option<Timestamp>,
    conditions: Conditions,
    calls: HashMap<Destination, Calls>,
}

#[derive(Debug, Default)]
struct Answers {
    bell: Arc<Notify>,
    waiting: usize,
}

/// Somebody waits for the answer to this request.
#[derive(Debug)]
pub(super) struct AnswerWait<'a> {
    bells: &'a Bells,
    handover: HandoverId,
    pub(super) bell: Arc<Notify>,
}

impl Bells {
    /// Rings when a lane of the destination may be due.
    pub(super) fn of(&self, destination: &Destination) -> Arc<Notify> {
        Arc::clone(self.lock().due.entry(destination.clone()).or_default())
    }

    pub(super) fn timer(&self) -> Arc<Notify> {
        Arc::clone(&self.timer)
    }

    pub(super) fn erasure(&self) -> Arc<Notify> {
        Arc::clone(&self.erasure)
    }

    pub(super) fn ring(&self, destination: &Destination) {
        let mut inner = self.lock();
        match inner.due.get(destination) {
            Some(bell) => bell.notify_one(),
            None => inner
                .due
                .entry(destination.clone())
                .or_default()
                .notify_one(),
        }
    }

    pub(super) fn ring_timer(&self) {
        self.timer.notify_one();
    }

    pub(super) fn ring_erasure(&self) {
        self.erasure.notify_one();
    }

    /// A timer is set. Says whether upkeep knew of no earlier one, and so had to be told.
    pub(super) fn wake(&self, at: Timestamp) -> bool {
        let mut inner = self.lock();
        let is_earlier = inner.told_wake.is_none_or(|told| at < told);
        if is_earlier {
            inner.told_wake = Some(at);
            self.timer.notify_one();
        }
        is_earlier
    }

    /// From now on every timer that is set rings, until [`Self::told_wake`] says what upkeep knows.
    pub(super) fn forget_wake(&self) {
        self.lock().told_wake = None;
    }

    pub(super) fn told_wake(&self, next: Option<Timestamp>) {
        let mut inner = self.lock();
        inner.told_wake = [inner.told_wake, next].into_iter().flatten().min();
    }

    pub(super) fn answered(&self, handover: HandoverId) {
        if let Some(answers) = self.lock().answers.get(&handover) {
            answers.bell.notify_waiters();
        }
    }

    pub(super) fn wait_for_answer(&self, handover: HandoverId) -> AnswerWait<'_> {
        let mut inner = self.lock();
        let answers = inner.answers.entry(handover).or_default();
        answers.waiting += 1;
        AnswerWait {
            bells: self,
            handover,
            bell: Arc::clone(&answers.bell),
        }
    }

    /// The destination was called at that time.
    pub(super) fn called(
        &self,
        destination: Destination,
        failed: Option<ErrorClass>,
        at: Timestamp,
    ) {
        let mut inner = self.lock();
        let calls = inner.calls.entry(destination).or_default();
        match failed {
            Some(class) => calls.last_error = Some((class, at)),
            None => calls.last_success = Some(at),
        }
    }

    /// How calls went, since the start.
    pub(super) fn calls(&self) -> HashMap<Destination, Calls> {
        self.lock().calls.clone()
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

    /// What it was told of bots and desks.
    pub(super) fn conditions(&self) -> Conditions {
        self.lock().conditions.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AnswerWait<'_> {
    fn drop(&mut self) {
        let mut inner = self.bells.lock();
        if let Some(answers) = inner.answers.get_mut(&self.handover) {
            answers.waiting -= 1;
            if answers.waiting == 0 {
                inner.answers.remove(&self.handover);
            }
        }
    }
}
