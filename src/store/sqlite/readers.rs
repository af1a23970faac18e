//! Threads that read beside the writer, each with a read-only connection of its own. They see what is committed.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Fault;
use crate::store::Error;

/// Reads are short; a third thread keeps a long page of the console from standing before a claim.
pub(super) const READERS: usize = 3;

type Read = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Debug)]
pub(super) struct Readers(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Rung once for each read, so that one thread wakes for it.
    bell: Condvar,
}

/// Whoever asks waits for the answer, so there are never more of them than callers.
#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    closed: bool,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        for connection in connections {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || {
                    while let Some(read) = queue.next() {
                        read(&connection);
                    }
                })?;
        }
        Ok(Self(queue))
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let (caller, answer) = oneshot::channel();
        self.0.push(Box::new(move |connection| {
            let done =
                catch_unwind(AssertUnwindSafe(|| read(connection))).unwrap_or(Err(Fault::Panicked));
            // The caller may have gone.
            drop(caller.send(done));
        }))?;
        answer
            .await
            .map_err(|_| Error::Closed)?
            .map_err(Error::from)
    }

    /// Whether it takes reads.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.0.lock().closed {
            return Err(Error::Closed);
        }
        Ok(())
    }

    /// Takes no more reads; the threads end when the queued ones are done.
    pub(super) fn close(&self) {
        self.0.lock().closed = true;
        self.0.bell.notify_all();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

impl Queue {
    fn push(&self, read: Read) -> Result<(), Error> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Error::Closed);
        }
        waiting.reads.push_back(read);
        drop(waiting);
        self.bell.notify_one();
        Ok(())
    }

    /// None: it is closed, and all has been read.
    fn next(&self) -> Option<Read> {
        let mut waiting = self
            .bell
            .wait_while(self.lock(), |waiting| {
                waiting.reads.is_empty() && !waiting.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        waiting.reads.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("reads", &self.reads.len())
            .field("closed", &self.closed)
            .finish()
    }
}
