//! A step on its way to the writer's thread, and the answer on its way back.

use tokio::sync::{mpsc::WeakSender, oneshot};

use super::super::{fault::Fault, work::Work};
use crate::store::Error;

/// A queued step.
pub(super) trait Command: Send {
    /// May be called again when what it has written before has been rolled back.
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), Fault>;
    /// Tells the caller, once the commit has returned or failed.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

struct Queued<T, F> {
    step: F,
    done: Option<T>,
    caller: oneshot::Sender<Result<T, Error>>,
}

pub(super) fn queued<T: Send + 'static>(
    step: impl FnMut(&mut Work<'_>) -> Result<T, Fault> + Send + 'static,
) -> (Box<dyn Command>, oneshot::Receiver<Result<T, Error>>) {
    let (caller, answer) = oneshot::channel();
    (
        Box::new(Queued {
            step,
            done: None,
            caller,
        }),
        answer,
    )
}

/// Has a writer that waits for steps look around. One that has many does so with the next.
pub(super) fn wake(queue: &WeakSender<Box<dyn Command>>) {
    if let Some(queue) = queue.upgrade() {
        let (nothing, _) = queued(|_| Ok(()));
        // It may have ended by itself.
        let _ = queue.blocking_send(nothing);
    }
}

impl<T, F> Command for Queued<T, F>
where
    T: Send,
    F: FnMut(&mut Work<'_>) -> Result<T, Fault> + Send,
{
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        self.done = Some((self.step)(work)?);
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let answer = match (failure, self.done) {
            (None, Some(done)) => Ok(done),
            (Some(failure), _) => Err(failure),
            (None, None) => Err(Error::Closed),
        };
        // The caller may have gone; what was written stays written.
        drop(self.caller.send(answer));
    }
}

impl std::fmt::Debug for dyn Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command")
    }
}
