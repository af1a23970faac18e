//! The embedded store: one file, one process, one thread that writes.
//!
//! Writes go through the writer's thread, which commits many steps at once; reads go to threads with connections of
//! their own. Claims, bells and pauses are in memory, filled from the rows when the store is opened: the file lock
//! proves that whoever held a lane before is dead. Nothing polls, so an idle store sleeps, but for a look each second whether the
//! file is still there.

mod apply;
mod at_hand;
mod at_rest;
mod audit;
mod backup;
mod cache;
mod cancel;
mod census;
mod changes;
mod checkpoints;
mod claims;
mod columns;
mod console;
mod effects;
mod erase;
mod erasing;
mod fault;
mod file;
mod giving_up;
mod handed_over;
mod jobs;
mod key_index;
mod keys;
mod lanes;
mod legs;
mod load;
mod memory;
mod mutant;
mod opening;
mod operator;
mod pauses;
mod place;
mod purge;
mod readers;
mod remove;
mod settle;
mod subject;
mod take_away;
mod tidy;
mod timers;
mod transcript;
mod unmatched;
mod unobserved;
mod views;
mod warnings;
mod watch;
mod work;
mod writer;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[cfg(feature = "mutants")]
use self::mutant::Mutant;
pub(super) use self::{at_rest::AtRest, changes::micros, memory::Hold};
pub use self::{
    backup::{BackupError, backup},
    file::OpenError,
    opening::Options,
};
use self::{
    memory::Memory,
    readers::Readers,
    settle::{Called, Landing},
    writer::Writer,
};
use super::{
    Applied, Claim, Claimed, Erased, Error, Fired, Gone, HandoverView, Migrated, Names, Page,
    Pause, Retention, Settlement, Store, TranscriptLimits, hashing::Hasher, keyed::Keyed,
};
use crate::{
    domain::{
        conversation::Answer,
        delivery::Destination,
        effect::Warning,
        event::Step,
        ids::{DeskName, HandoverId},
        message::Message,
        policy::{ClosedBecause, Policy},
        time::Clock,
    },
    telemetry::traces,
};

#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    memory: Arc<Memory>,
    hasher: Hasher,
    clock: Arc<dyn Clock>,
    new_id: fn() -> Uuid,
    policy: Arc<Policy>,
    transcript_limits: Arc<TranscriptLimits>,
    path: PathBuf,
    migrated: Migrated,
    #[cfg(feature = "mutants")]
    mutant: Mutant,
}

impl SqliteStore {
    /// Cancelled when the disk may have lost what it had taken. The process has to end: nothing is written any more.
    pub fn fatal(&self) -> CancellationToken {
        self.writer.fatal.clone()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn apply(&self, step: Step) -> Result<Applied, Error> {
        #[cfg(feature = "mutants")]
        if self.mutant.tells_early(&step) {
            return mutant::apply_early(&self.writer, Keyed::new(step, &self.hasher)).await;
        }
        if let Some(nothing) = self.keeps_nothing_of(&step) {
            return Ok(nothing);
        }
        let asked = self.ask(&step);
        let mut step = Keyed::new(step, &self.hasher);
        let trace = traces::current();
        self.writer
            .try_step(move |work| {
                // Goes with this step: when it is answered, or is not taken at all.
                let _ = &asked;
                work.trace = trace;
                apply::apply(work, &mut step)
            })
            .await
    }

    async fn answer(&self, handover: HandoverId, within: Duration) -> Result<Answer, Error> {
        let wait = self.memory.bells.wait_for_answer(handover);
        let decided = async {
            loop {
                let rung = wait.bell.notified();
                tokio::pin!(rung);
                rung.as_mut().enable();
                let answer = self
                    .readers
                    .read(move |connection| views::answer(connection, handover))
                    .await?;
                if answer != Answer::Pending {
                    return Ok(answer);
                }
                rung.await;
            }
        };
        match tokio::time::timeout(within, decided).await {
            Ok(answer) => answer,
            Err(_) => {
                self.readers
                    .read(move |connection| views::answer(connection, handover))
                    .await
            }
        }
    }

    async fn handover(
        &self,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<HandoverView>, Error> {
        let desk = desk.clone();
        self.readers
            .read(move |connection| views::handover(connection, id, &desk))
            .await
    }

    async fn transcript(
        &self,
        id: HandoverId,
        desk: &DeskName,
        after: u64,
    ) -> Result<Page<Message>, Error> {
        let desk = desk.clone();
        self.readers
            .read(move |connection| transcript::after(connection, id, &desk, after))
            .await
    }

    async fn claim(&self, destination: &Destination, limit: usize) -> Result<Claimed, Error> {
        let taken = self.memory.claim(destination, limit);
        Ok(Claimed {
            claims: self.claims(taken.holds).await?,
            next_due: taken.next_due,
            paused_until: taken.paused_until,
        })
    }

    fn bell(&self, destination: &Destination) -> Arc<Notify> {
        self.memory.bells.of(destination)
    }

    async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<Option<Claim>, Error> {
        let Claim {
            job,
            destination,
            ticket,
            ..
        } = claim;
        let Some(hold) = ticket.into_sqlite() else {
            return Ok(None);
        };
        let called = Called {
            row: hold.head.row,
            id: job.about.delivery,
        };
        match self.write_outcome(called, settlement).await {
            Ok(Landing::Done) => {}
            Ok(Landing::Gone) => {
                tracing::warn!(
                    destination = %destination,
                    delivery.id = %job.about.delivery,
                    "a call ended after its lane had been taken over or its delivery removed; what came of it is not kept"
                );
                hold.release();
                return Ok(None);
            }
            Err(error) => {
                hold.keep();
                return Err(error);
            }
        }
        let next = self.memory.advance(hold, &destination);
        // The outcome is written. A head that cannot be read now is claimed by whoever comes next.
        let claims = self.claims(next.into_iter().collect()).await;
        Ok(claims.unwrap_or_default().pop())
    }

    /// This process is the only one, and holds its lanes for as long as it lives.
    async fn hold(&self, _claim: &Claim, _span: Duration) -> Result<bool, Error> {
        Ok(true)
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        if let Some(hold) = claim.ticket.into_sqlite() {
            hold.release();
        }
        Ok(())
    }

    async fn fire_timers(&self, limit: usize) -> Result<Fired, Error> {
        self.memory.bells.forget_wake();
        let (now, bots) = (self.clock.now(), timers::Bots::of(&self.policy)?);
        let of = bots.clone();
        let due = self
            .readers
            .read(move |connection| timers::due(connection, &of, now, limit))
            .await?;
        let steps = due.iter().map(|row| {
            let row = *row;
            self.writer.step(move |work| timers::fire(work, row))
        });
        let looks = join_all(steps).await;
        let mut count = 0;
        for (row, fired) in due.into_iter().zip(looks) {
            match fired {
                Ok(fired) => count += usize::from(fired),
                Err(Error::Corrupt(error)) => {
                    tracing::error!(
                        error = &*error,
                        conversation.row = row,
                        "a deadline cannot be looked at and is put off"
                    );
                    self.writer
                        .step(move |work| timers::put_off(work, row))
                        .await?;
                }
                Err(error) => return Err(error),
            }
        }
        let next = self
            .readers
            .read(move |connection| timers::next(connection, &bots))
            .await?;
        self.memory.bells.told_wake(next);
        Ok(Fired { count, next })
    }

    fn timer_bell(&self) -> Arc<Notify> {
        self.memory.bells.timer()
    }

    async fn pause(&self, destination: &Destination, pause: Option<Pause>) -> Result<(), Error> {
        let destination = destination.clone();
        self.writer
            .step(move |work| pauses::set(work, &destination, pause))
            .await
    }

    fn set_condition(&self, destination: &Destination, condition: Option<ClosedBecause>) {
        self.memory.bells.set_condition(destination, condition);
    }

    async fn names_in_use(&self) -> Result<Names, Error> {
        self.readers.read(views::names_in_use).await
    }

    /// This process is the only one.
    async fn names_of_others(&self) -> Result<Option<Names>, Error> {
        Ok(Some(Names::default()))
    }

    async fn remove(&self, gone: &Gone, limit: usize) -> Result<usize, Error> {
        self.take_away_gone(gone, limit).await
    }

    async fn warn(&self, warning: Warning) -> Result<(), Error> {
        self.writer
            .step(move |work| warnings::raise(work, &warning))
            .await
    }

    async fn purge(&self, keep: Retention, limit: usize) -> Result<usize, Error> {
        self.writer
            .step(move |work| purge::purge(work, &keep, limit))
            .await
    }

    async fn go_on_erasing(&self, limit: usize) -> Result<Erased, Error> {
        self.take_an_erasing_turn(limit).await
    }

    fn erasure_bell(&self) -> Arc<Notify> {
        self.memory.bells.erasure()
    }

    async fn probe(&self) -> Result<(), Error> {
        self.writer
            .try_step(|work| {
                work.execute(
                    "UPDATE meta SET value = ?1 WHERE name = 'probed_at'",
                    [work.now],
                )?;
                Ok(())
            })
            .await
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}
