//! The turns of an erasure: what readers look for, the writer does, and the files are tidied of.

use futures_util::future::join_all;

use super::{
    SqliteStore, erase,
    fault::Fault,
    take_away::{self, Remaining},
    tidy,
};
use crate::store::{Erased, Erasure, Error, Whose, erasure::ERASED_AT_ONCE, given_up::GivenUp};

impl SqliteStore {
    pub(super) async fn begin_erasing(
        &self,
        whose: Whose,
        at_platform: bool,
        by: &str,
    ) -> Result<Erasure, Error> {
        let by = by.to_owned();
        let found = self
            .readers
            .read(move |connection| erase::find(connection, &whose))
            .await?;
        let id = self
            .writer
            .step(move |work| erase::begin(work, &found, at_platform, &by))
            .await?;
        // Before anything else: whoever asked may not wait for the rest.
        self.memory.bells.ring_erasure();
        self.tell_to_end().await?;
        let begun = self
            .readers
            .read(move |connection| erase::view(connection, id))
            .await?;
        begun.ok_or_else(|| Fault::Missing.into())
    }

    pub(super) async fn take_an_erasing_turn(&self, limit: usize) -> Result<Erased, Error> {
        let told = self.tell_to_end().await?;
        let given_up = self.give_up_overdue().await?;
        let taken = self.take_away(limit).await?;
        let finished = self.finish_erasures().await?;
        Ok(if told + given_up + taken > 0 {
            Erased::More
        } else if finished && !self.readers.read(erase::any).await? {
            Erased::All
        } else {
            Erased::Waits
        })
    }

    /// Has handovers end that have not been told to yet.
    async fn tell_to_end(&self) -> Result<usize, Error> {
        let untold = self
            .readers
            .read(|connection| erase::untold(connection, ERASED_AT_ONCE))
            .await?;
        let steps = untold.iter().copied().map(|(conversation, erasure)| {
            self.writer
                .step(move |work| erase::tell(work, conversation, erasure))
        });
        let told = join_all(steps).await;
        for ((conversation, erasure), told) in untold.iter().copied().zip(told) {
            let Err(Error::Corrupt(error)) = told else {
                told?;
                continue;
            };
            tracing::error!(
                error = &*error,
                conversation.row = conversation,
                "a conversation cannot be read and is erased as it is"
            );
            self.writer
                .step(move |work| erase::end_unread(work, conversation, erasure))
                .await?;
        }
        Ok(untold.len())
    }

    /// Says how many: what is on its way is waited for.
    async fn give_up_overdue(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let overdue = self
            .readers
            .read(move |connection| erase::overdue(connection, now, ERASED_AT_ONCE))
            .await?;
        let mut given_up = 0;
        for delivery in overdue {
            given_up += usize::from(self.give_up(delivery, GivenUp::Overdue).await?);
        }
        Ok(given_up)
    }

    /// Takes conversations away in which nothing is owed any more. Says how many.
    async fn take_away(&self, limit: usize) -> Result<usize, Error> {
        let mut remains = self
            .readers
            .read(|connection| take_away::remains(connection, ERASED_AT_ONCE))
            .await?;
        let mut after = remains.iter().map(|one| one.from).min();
        while let Some(from) = after {
            (remains, after) = self
                .readers
                .read(move |connection| {
                    let next = take_away::look_through(connection, from, &mut remains)?;
                    Ok((remains, next))
                })
                .await?;
        }
        let mut gone = 0;
        for mut one in remains {
            let mut remaining = Remaining::Rows;
            while remaining == Remaining::Rows {
                (remaining, one) = self
                    .writer
                    .step(move |work| {
                        let mut rest = one.clone();
                        let remaining = take_away::take_away(work, &mut rest, limit)?;
                        Ok((remaining, rest))
                    })
                    .await?;
            }
            gone += usize::from(remaining == Remaining::Nothing);
        }
        Ok(gone)
    }

    /// Finishes erasures of which no row is left, once no file holds anything of them. Says whether it could.
    async fn finish_erasures(&self) -> Result<bool, Error> {
        let gone = self.readers.read(erase::gone).await?;
        if gone.is_empty() {
            return Ok(true);
        }
        let path = self.path.clone();
        let tidied = tokio::task::spawn_blocking(move || tidy::tidy(&path))
            .await
            .unwrap_or(Err(Fault::Panicked));
        match tidied {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(fault) => {
                if fault.is_fatal() {
                    self.writer.fatal.cancel();
                }
                fault.log("the log of the store was not emptied after an erasure");
                return Err(fault.into());
            }
        }
        self.writer
            .step(move |work| erase::finish(work, &gone))
            .await?;
        Ok(true)
    }
}
