//! The floor of storing: one thread owns the database and commits what waits in one transaction.
//!
//! No timer: a batch is what has come while the one before was being synced. Whoever asked is told after the commit.

use std::{path::Path, thread};

use axum::body::Bytes;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

use crate::{Result, envelope::Envelope};

/// As the bridge has it.
const BATCH: usize = 256;
const QUEUE: usize = 8192;

#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

#[derive(Debug)]
enum Job {
    Take {
        body: Bytes,
        taken: oneshot::Sender<i64>,
    },
    Settle {
        row: i64,
    },
}

impl Writer {
    pub fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE event (id INTEGER PRIMARY KEY, message TEXT, session TEXT, body BLOB);
             CREATE TABLE outbox (id INTEGER PRIMARY KEY, event INTEGER, state INTEGER);",
        )?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                if let Err(error) = write(connection, queue) {
                    eprintln!("the writer stopped: {error}");
                    std::process::exit(1);
                }
            })?;
        Ok(Self { jobs })
    }

    /// The outbox row, once it is on disk.
    pub async fn take(&self, body: Bytes) -> Option<i64> {
        let (taken, row) = oneshot::channel();
        self.jobs.send(Job::Take { body, taken }).await.ok()?;
        row.await.ok()
    }

    pub async fn settle(&self, row: i64) {
        let _ = self.jobs.send(Job::Settle { row }).await;
    }
}

fn write(mut connection: Connection, mut queue: mpsc::Receiver<Job>) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut answers = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let transaction = connection.transaction()?;
        for job in batch.drain(..) {
            match job {
                Job::Take { body, taken } => answers.push((taken, insert(&transaction, &body)?)),
                Job::Settle { row } => {
                    transaction
                        .prepare_cached("UPDATE outbox SET state = 1 WHERE id = ?1")?
                        .execute([row])?;
                }
            }
        }
        transaction.commit()?;
        for (taken, row) in answers.drain(..) {
            // A caller that has gone needs no answer.
            let _ = taken.send(row);
        }
    }
    Ok(())
}

fn insert(connection: &Connection, body: &[u8]) -> Result<i64> {
    let envelope = Envelope::read(body)?;
    let message = envelope.messages.first().map(|item| item.message.id);
    connection
        .prepare_cached("INSERT INTO event (message, session, body) VALUES (?1, ?2, ?3)")?
        .execute(params![message, envelope.session_id, body])?;
    let event = connection.last_insert_rowid();
    connection
        .prepare_cached("INSERT INTO outbox (event, state) VALUES (?1, 0)")?
        .execute([event])?;
    Ok(connection.last_insert_rowid())
}
