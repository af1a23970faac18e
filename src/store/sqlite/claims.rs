//! What is owed, from the claim of a lane to what came of its head.

use std::sync::Arc;

use super::{
    SqliteStore,
    fault::Fault,
    jobs,
    memory::Hold,
    settle::{self, Called, Landing},
    work::Work,
};
use crate::store::{
    Claim, Error, Proof, Settlement, Ticket, given_up::GivenUp, job::Loaded,
    keyed::KeyedSettlement, settled::SETTLE_AGAIN,
};

impl SqliteStore {
    /// Puts the work together that the held lanes have at their heads. What cannot be put together becomes a dead
    /// letter instead of standing in everyone's way.
    pub(super) async fn claims(&self, holds: Vec<Hold>) -> Result<Vec<Claim>, Error> {
        // What is at hand needs no reader; but what came of a call could not be written any more.
        self.readers.check()?;
        let is_read = |hold: &&Hold| hold.head.at_hand.is_none();
        let rows: Vec<i64> = holds
            .iter()
            .filter(is_read)
            .map(|hold| hold.head.row)
            .collect();
        let mut read = self.read_jobs(rows).await?.into_iter();
        let mut ready = Vec::with_capacity(holds.len());
        for mut hold in holds {
            let loaded = match hold.head.at_hand.take() {
                Some(at_hand) => Ok(at_hand.loaded),
                None => read.next().unwrap_or(Err(Fault::Missing)),
            };
            match loaded {
                Ok(loaded) => ready.push((hold, loaded)),
                Err(fault) if fault.concerns_everyone() => return Err(fault.into()),
                Err(fault) => {
                    fault.log("a delivery cannot be read and is given up");
                    self.give_up_head(hold).await?;
                }
            }
        }
        // Where anything failed until here, nobody has acted on any of them.
        let claims = ready.into_iter().map(|(hold, loaded)| Claim {
            job: loaded.job,
            attempts: loaded.attempts,
            destination: loaded.destination,
            trace: loaded.trace,
            ticket: Ticket(Proof::Sqlite(hold.hand_over())),
        });
        Ok(claims.collect())
    }

    /// A lane that cannot be rid of its head waits, and the others do not wait for it.
    async fn give_up_head(&self, hold: Hold) -> Result<(), Error> {
        let row = hold.head.row;
        match self.give_up(row, GivenUp::Unreadable).await {
            Ok(_) => hold.release(),
            Err(Error::Corrupt(error)) => {
                tracing::error!(
                    error = &*error,
                    delivery.row = row,
                    "a delivery cannot be given up, its lane waits"
                );
                drop(hold.hand_over());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn read_jobs(&self, rows: Vec<i64>) -> Result<Vec<Result<Loaded, Fault>>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let limits = Arc::clone(&self.transcript_limits);
        self.readers
            .read(move |connection| jobs::load_all(connection, &rows, &limits))
            .await
    }

    /// Writes an outcome, however long the disk is full: forgotten, it would be sent again and again.
    pub(super) async fn write_outcome(
        &self,
        called: Called,
        settlement: Settlement,
    ) -> Result<Landing, Error> {
        let outcome = settlement.row;
        let settled = Arc::new(KeyedSettlement::new(settlement, &self.hasher));
        let mut written = self
            .until_written(move |work| settle::settle(work, called, &settled))
            .await;
        if let Err(Error::Corrupt(error)) = written {
            tracing::error!(
                error = &*error,
                delivery.row = called.row,
                "what came of a call is kept, and nothing follows from it"
            );
            written = self
                .until_written(move |work| settle::settle_alone(work, called, outcome))
                .await;
        }
        written
    }

    async fn until_written(
        &self,
        step: impl Fn(&mut Work<'_>) -> Result<Landing, Fault> + Clone + Send + 'static,
    ) -> Result<Landing, Error> {
        loop {
            match self.writer.step(step.clone()).await {
                Err(Error::Unavailable(_)) if !self.writer.fatal.is_cancelled() => {
                    tokio::time::sleep(SETTLE_AGAIN).await;
                }
                done => return done,
            }
        }
    }
}
