//! Threads that read beside the writer, each with a read-only connection of its own. They see what is committed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fault::Fault;
use crate::store::Error;

/// Reads are short; a third thread keeps a long page of the console from standing before a claim.
pub(super) const READERS: usize = 3;
/// As many reads may wait before their callers do.
const QUEUE: usize = 256;

type Read = Box<dyn FnOnce(&Connection) + Send>;
type Queue = Arc<Mutex<mpsc::Receiver<Read>>>;

#[derive(Debug)]
pub(super) struct Readers {
    queue: Mutex<Option<mpsc::Sender<Read>>>,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let queue: Queue = Arc::new(Mutex::new(receiver));
        for connection in connections {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || serve(&queue, &connection))?;
        }
        Ok(Self {
            queue: Mutex::new(Some(sender)),
        })
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let (caller, answer) = oneshot::channel();
        let read: Read = Box::new(move |connection| {
            let done =
                catch_unwind(AssertUnwindSafe(|| read(connection))).unwrap_or(Err(Fault::Panicked));
            // The caller may have gone.
            drop(caller.send(done));
        });
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or(Error::Closed)?;
        queue.send(read).await.map_err(|_| Error::Closed)?;
        answer
            .await
            .map_err(|_| Error::Closed)?
            .map_err(Error::from)
    }

    /// Takes no more reads; the threads end when the queued ones are done.
    pub(super) fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}

fn serve(queue: &Queue, connection: &Connection) {
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        match next {
            Some(read) => read(connection),
            None => return,
        }
    }
}
