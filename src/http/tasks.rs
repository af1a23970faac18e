//! Work that goes on when whoever waits for it hangs up: a commit is never cut off from what follows it.

use std::{any::Any, future::pending, panic::resume_unwind};

use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::telemetry::traces;

/// Where it runs, in the span and the trace of whoever begins it. Made of a tracker, to be waited for before the store
/// closes.
#[derive(Clone, Debug, Default)]
pub struct Tasks(TaskTracker);

/// Work that has not come to its end. What that means is for whoever waited to say.
#[derive(Debug)]
pub struct Panicked(Box<dyn Any + Send>);

impl Tasks {
    /// Runs to its end, and nobody waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(traces::carried(work.in_current_span()));
    }

    /// Runs to its end, whether or not anybody waits for it. Begins at once, so that whoever waits holds no more than a
    /// handle.
    pub fn see_through<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, Panicked>> {
        let done = self.0.spawn(traces::carried(work.in_current_span()));
        async {
            match done.await {
                Ok(done) => Ok(done),
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => Err(Panicked(panic)),
                    // Nothing cancels it but the end of the process.
                    Err(_) => pending().await,
                },
            }
        }
    }
}

impl From<TaskTracker> for Tasks {
    fn from(tracker: TaskTracker) -> Self {
        Self(tracker)
    }
}

impl Panicked {
    /// As if there had been no task.
    pub fn resume(self) -> ! {
        resume_unwind(self.0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_begun_ends_though_nobody_waits() {
        let tasks = Tasks::default();
        let (ended, heard) = oneshot::channel();
        let waiting = tasks.see_through(async move { ended.send(()) });
        drop(waiting);
        heard.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_comes_to_whoever_waits() {
        let tasks = Tasks::default();
        assert_eq!(tasks.see_through(async { 7 }).await.unwrap(), 7);
        let panics = async { panic!("on purpose") };
        let Panicked(words) = tasks.see_through::<()>(panics).await.unwrap_err();
        assert_eq!(words.downcast_ref(), Some(&"on purpose"));
    }
}
