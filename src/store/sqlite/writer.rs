//! The one thread that writes: many steps, one commit.
//!
//! It takes what is queued, runs the steps in one transaction, commits once, changes the memory, and then answers.
//! Nothing in memory is touched and nobody is answered before COMMIT has returned, for a repeat as little as for anything
//! new: what it repeats may be in the same batch. There is no timer: a lone step commits alone.
//!
//! Hardly any step ever fails, and a savepoint for each costs a copy of every page that it changes. So a batch runs
//! without; when a step fails, all is rolled back and run again with savepoints, and only that step is undone.

mod queued;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

use rusqlite::Connection;
use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;

use self::queued::{Command, queued, wake};
use super::{
    at_hand::Room,
    cache::Cache,
    checkpoints,
    fault::{BatchFault, Fault},
    key_index::KeyIndex,
    memory::Memory,
    place::Place,
    watch::{Files, Watch},
    work::{Batch, Settings, Work},
};
use crate::store::{
    Error,
    tally::{DeadLetter, Meter},
};

/// As many steps share a commit at most. Measured on a laptop's disk, more of them no longer make it quicker, and a
/// step that rolls back the batch takes its neighbours with it.
const BATCH: usize = 256;
/// As many steps may wait: a good second of work on a slow disk, some tens of megabytes at the worst.
const QUEUE: usize = 8192;

/// The way to the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    /// Cancelled when the disk may have lost what it had taken; nothing is written afterwards.
    pub(super) fatal: CancellationToken,
    /// Cancelled when the thread has ended and the file is free.
    ended: CancellationToken,
}

/// What the thread owns.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) connection: Connection,
    /// Copies the log back.
    pub(super) copier: JoinHandle<()>,
    pub(super) settings: Settings,
    pub(super) memory: Arc<Memory>,
    pub(super) cache: Cache,
    pub(super) room: Room,
    pub(super) key_index: KeyIndex,
    pub(super) meter: Meter,
    /// Kept as long as the connection is open.
    pub(super) place: Place,
}

impl Writer {
    pub(super) fn start(ground: Ground, files: Files) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let idle = sender.downgrade();
        let (fatal, ended) = (CancellationToken::new(), CancellationToken::new());
        let thread = Thread {
            ground,
            watch: Watch::start(files, move || wake(&idle))?,
            callers: Handle::current(),
            fatal: fatal.clone(),
            failing: false,
        };
        // Should the thread panic where no step is to blame, nothing is written any more either.
        let (over, failed) = (ended.clone().drop_guard(), fatal.clone().drop_guard());
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                thread.run(receiver);
                failed.disarm();
                drop(over);
            })?;
        Ok(Self {
            queue: Mutex::new(Some(sender)),
            fatal,
            ended,
        })
    }

    /// Runs a step that its caller can try again later: refused at once when too many wait.
    pub(super) async fn try_step<T: Send + 'static>(
        &self,
        step: impl FnMut(&mut Work<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let (command, answer) = queued(step);
        self.sender()?
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Error::Busy,
                mpsc::error::TrySendError::Closed(_) => Error::Closed,
            })?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    /// Runs a step of the bridge's own, which waits for its place: there are never more of them than lanes under way.
    pub(super) async fn step<T: Send + 'static>(
        &self,
        step: impl FnMut(&mut Work<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let (command, answer) = queued(step);
        self.sender()?
            .send(command)
            .await
            .map_err(|_| Error::Closed)?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    /// Takes no more steps, finishes the queued ones and closes the file.
    pub(super) async fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        self.ended.cancelled().await;
    }

    /// How many steps wait.
    pub(super) fn queued(&self) -> usize {
        let sender = self.sender().ok();
        sender.map_or(0, |sender| sender.max_capacity() - sender.capacity())
    }

    fn sender(&self) -> Result<mpsc::Sender<Box<dyn Command>>, Error> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or(Error::Closed)
    }
}

struct Thread {
    ground: Ground,
    watch: Watch,
    /// Where those wait who are to be answered.
    callers: Handle,
    fatal: CancellationToken,
    /// The last batch was not written. A disk stays full for a while: one line says so, and one that it is over.
    failing: bool,
}

/// Each command with what it failed of, if it did.
type Ran = Vec<(Box<dyn Command>, Option<Fault>)>;

impl Thread {
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Command>>) {
        let mut waiting = Vec::with_capacity(BATCH);
        while let Some(first) = queue.blocking_recv() {
            waiting.push(first);
            // Whoever has just been answered may be about to ask for more. Where this thread shares its core with them,
            // it would else run ahead, and commit twice what could have been committed at once.
            thread::yield_now();
            while waiting.len() < BATCH
                && let Ok(command) = queue.try_recv()
            {
                waiting.push(command);
            }
            self.batch(waiting.drain(..));
        }
        // What has failed is written no more: the log may come to stand beside another file.
        if self.fatal.is_cancelled() {
            return;
        }
        match self.watch.look() {
            Some(gone) => self.watch.leave(gone, &self.ground.connection),
            None => self.ground.close(),
        }
    }

    fn batch(&mut self, commands: impl Iterator<Item = Box<dyn Command>>) {
        let mut ran: Ran = commands.map(|command| (command, None)).collect();
        let mut batch = Batch::default();
        let steps = u32::try_from(ran.len()).unwrap_or(u32::MAX);
        self.ground.meter.batch.record(steps);
        let written = if self.fatal.is_cancelled() {
            Err(Fault::Failed)
        } else if let Some(gone) = self.watch.seen() {
            Err(Fault::Gone(gone))
        } else {
            self.write(&mut ran, &mut batch)
        };
        match written {
            Ok(()) => self.conclude(ran, batch),
            Err(fault) => {
                self.ground.memory.thaw(&batch.frozen);
                self.ground.meter.failed.increment(1);
                self.fail(ran, fault);
            }
        }
    }

    /// What is to be done once the commit has returned: the memory first, so that whoever is answered finds it changed.
    fn conclude(&mut self, ran: Ran, mut batch: Batch) {
        let Ground {
            memory,
            cache,
            key_index,
            meter,
            ..
        } = &mut self.ground;
        if std::mem::take(&mut self.failing) {
            tracing::info!("the store writes again");
        }
        cache.committed();
        key_index.committed();
        memory.apply(std::mem::take(&mut batch.changes));
        memory.thaw(&batch.frozen);
        let answers = ran.into_iter().map(|(command, fault)| {
            let failure = fault.map(|fault| {
                fault.log("a step failed and was undone");
                Error::from(fault)
            });
            (command, failure)
        });
        answer(&self.callers, answers.collect());
        batch.dead.iter().for_each(DeadLetter::log);
        batch
            .dead
            .iter()
            .for_each(|letter| meter.count_dead(letter));
        batch.tallies.iter().for_each(|tally| meter.count(tally));
    }

    /// One transaction. An error means that nothing of the batch is written.
    fn write(&mut self, ran: &mut Ran, batch: &mut Batch) -> Result<(), Fault> {
        let start = batch.mark();
        self.statement("BEGIN IMMEDIATE")?;
        if !self.run_all(ran, batch)? {
            self.statement("ROLLBACK")?;
            self.ground.rolled_back(0);
            batch.back_to(start);
            self.statement("BEGIN IMMEDIATE")?;
            for (command, fault) in ran.iter_mut() {
                *fault = self.savepoint(command.as_mut(), batch)?;
            }
        }
        self.ground.key_index.put_slice(&self.ground.connection)?;
        if self.ground.settings.mutant.acks_before_commit() {
            // As long as a slow disk would take, so that a kill finds the window open.
            thread::sleep(std::time::Duration::from_millis(20));
        }
        if self.ground.connection.is_autocommit() {
            return Err(Fault::RolledBack);
        }
        let began = Instant::now();
        self.statement("COMMIT")?;
        self.ground.meter.commit.record(began.elapsed());
        Ok(())
    }

    /// All steps, as if none could fail. Says whether none has; an error is everyone's.
    fn run_all(&mut self, ran: &mut Ran, batch: &mut Batch) -> Result<bool, Fault> {
        for (command, _) in ran {
            if self.run_one(command.as_mut(), batch)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One step that can be undone. A failure of its own is given back; an error is everyone's.
    fn savepoint(
        &mut self,
        command: &mut dyn Command,
        batch: &mut Batch,
    ) -> Result<Option<Fault>, Fault> {
        let (mark, keys) = (batch.mark(), self.ground.key_index.mark());
        self.statement("SAVEPOINT step")?;
        let failed = self.run_one(command, batch)?;
        if failed.is_some() {
            self.statement("ROLLBACK TO step")?;
            self.ground.rolled_back(keys);
            batch.back_to(mark);
        }
        self.statement("RELEASE step")?;
        Ok(failed)
    }

    fn run_one(
        &mut self,
        command: &mut dyn Command,
        batch: &mut Batch,
    ) -> Result<Option<Fault>, Fault> {
        let ground = &mut self.ground;
        let mut work = Work {
            connection: &ground.connection,
            settings: &ground.settings,
            memory: &ground.memory,
            now: ground.settings.clock.now(),
            trace: None,
            batch,
            cache: &mut ground.cache,
            room: &mut ground.room,
            key_index: &mut ground.key_index,
        };
        let ran = catch_unwind(AssertUnwindSafe(|| command.run(&mut work)))
            .unwrap_or(Err(Fault::Panicked));
        let Err(fault) = ran else {
            return Ok(None);
        };
        if fault.concerns_everyone() {
            return Err(fault);
        }
        if ground.connection.is_autocommit() {
            return Err(Fault::RolledBack);
        }
        Ok(Some(fault))
    }

    fn fail(&mut self, ran: Ran, fault: Fault) {
        self.ground.rolled_back(0);
        if let Fault::Gone(gone) = fault {
            self.watch.leave(gone, &self.ground.connection);
        }
        if fault.is_fatal() {
            self.fatal.cancel();
        }
        if !self.ground.connection.is_autocommit()
            && let Err(rollback) = self.statement("ROLLBACK")
        {
            rollback.log("a batch could not be rolled back");
            self.fatal.cancel();
        }
        if !std::mem::replace(&mut self.failing, true) {
            fault.log("the store does not write");
        }
        let fault = BatchFault(Arc::new(fault));
        let unavailable = || Some(Error::Unavailable(Box::new(fault.clone())));
        let answers = ran.into_iter().map(|(command, _)| (command, unavailable()));
        answer(&self.callers, answers.collect());
    }

    fn statement(&self, sql: &'static str) -> Result<(), Fault> {
        self.ground.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// Tells the callers, from among them: to wake one from another thread takes a call of the system, and on the same core it
/// would run before the next is woken, one after the other.
fn answer(callers: &Handle, answers: Vec<(Box<dyn Command>, Option<Error>)>) {
    callers.spawn(async move {
        for (command, failure) in answers {
            command.answer(failure);
        }
    });
}

impl Ground {
    /// What is known of the transaction beside the database, from this mark of the keys on.
    fn rolled_back(&mut self, keys: usize) {
        self.cache.rolled_back();
        self.key_index.rolled_back(keys);
    }

    /// Leaves one file behind that needs no log, where that can be had.
    fn close(self) {
        let Self {
            mut connection,
            copier,
            place,
            ..
        } = self;
        let tidy = checkpoints::end(&mut connection, copier)
            .and_then(|()| connection.execute_batch("PRAGMA optimize"))
            .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Err(untidy) = tidy {
            let error: &dyn std::error::Error = &untidy;
            tracing::warn!(error, "the store was closed without tidying up");
        }
        drop(connection);
        drop(place);
    }
}
