//! How many calls one destination has to bear at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One slot for each call that may be under way; whoever waits for one gets it in turn.
#[derive(Debug)]
pub(super) struct Slots(Arc<Semaphore>);

/// A call's slot, free when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

/// More would not be faster for a desk and could be too much for it.
const CALLS_IN_FLIGHT: usize = 16;

impl Slots {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(CALLS_IN_FLIGHT)))
    }

    /// The next slot that becomes free: there is always one that will.
    pub(super) async fn wait(&self) -> Option<Slot> {
        Arc::clone(&self.0).acquire_owned().await.ok().map(Slot)
    }

    /// Up to `most` that are free now, the one that has been waited for among them.
    pub(super) fn take(&self, waited_for: Option<Slot>, most: usize) -> Vec<Slot> {
        let free = || Arc::clone(&self.0).try_acquire_owned().ok().map(Slot);
        let mut slots: Vec<Slot> = waited_for.into_iter().collect();
        slots.extend(std::iter::from_fn(free).take(most.saturating_sub(slots.len())));
        slots
    }

    pub(super) fn are_taken(&self) -> bool {
        self.0.available_permits() == 0
    }
}
