//! What a replica does unasked, until the store is closed.

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Parts that go on until they are stopped. Of one that ends by itself, which is a fault of ours, the process hears: without
/// it calls would be made late or twice, and nobody would see why.
#[derive(Clone, Debug, Default)]
pub(super) struct Background {
    parts: TaskTracker,
    stop: CancellationToken,
    failed: CancellationToken,
}

impl Background {
    pub(super) fn run(&self, part: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        // Also where it panics.
        let missed = self.failed.clone().drop_guard();
        self.parts.spawn(async move {
            if stop.run_until_cancelled(part).await.is_none() {
                missed.disarm();
            }
        });
    }

    /// Cancelled when a part has ended that nobody has stopped.
    pub(super) fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    pub(super) async fn end(&self) {
        self.stop.cancel();
        self.parts.close();
        self.parts.wait().await;
    }

    /// Stops all parts when it is dropped.
    pub(super) fn stopped_with(&self) -> DropGuard {
        self.stop.clone().drop_guard()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_by_itself_is_missed() {
        for panics in [false, true] {
            let background = Background::default();
            background.run(pending());
            background.run(async move { assert!(!panics, "a rule of the program is broken") });
            background.failed().cancelled().await;
        }
    }

    #[tokio::test]
    async fn a_part_that_is_stopped_is_not() {
        let background = Background::default();
        background.run(pending());
        background.end().await;
        assert!(!background.failed().is_cancelled());
    }
}
