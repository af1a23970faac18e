//! How many calls one destination has to bear at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The calls that may be under way; whoever waits for a place gets one in turn.
#[derive(Debug)]
pub(super) struct Places(Arc<Semaphore>);

/// A call's place, free when it is dropped.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

/// More would not be faster for a desk and could be too much for it.
const CALLS_IN_FLIGHT: usize = 16;

impl Places {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(CALLS_IN_FLIGHT)))
    }

    /// The next place that becomes free: there is always one that will.
    pub(super) async fn wait(&self) -> Option<Place> {
        Arc::clone(&self.0).acquire_owned().await.ok().map(Place)
    }

    /// Up to `most` that are free now, the one that has been waited for among them.
    pub(super) fn take(&self, waited_for: Option<Place>, most: usize) -> Vec<Place> {
        let free = || Arc::clone(&self.0).try_acquire_owned().ok().map(Place);
        let mut places: Vec<Place> = waited_for.into_iter().collect();
        places.extend(std::iter::from_fn(free).take(most.saturating_sub(places.len())));
        places
    }

    pub(super) fn are_taken(&self) -> bool {
        self.0.available_permits() == 0
    }
}
