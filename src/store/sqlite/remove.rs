//! What is gone from the configuration is taken away: handovers end, and what is owed becomes dead letters.

use futures_util::future::join_all;
use rusqlite::{Connection, params};

use super::{
    SqliteStore, columns::number, fault::Fault, giving_up, operator, settle::Delivery,
    subject::Subject, work::Work,
};
use crate::{
    domain::{delivery::Destination, event::Event},
    store::{Error, Gone, given_up::REMOVED},
};

/// What is taken, by the numbers of its rows.
#[derive(Clone, Copy)]
enum Kind {
    /// Their handovers end, or go on elsewhere.
    Conversations,
    /// Nobody will ever claim these.
    Deliveries,
}

/// Rows that are looked at together.
#[derive(Clone, Copy)]
struct Page {
    /// The last row of the page before.
    after: i64,
    limit: usize,
}

impl SqliteStore {
    /// Says how many handovers and deliveries it took away. Each is a step of its own: whatever stands in the way of one
    /// does not stand in the way of the others.
    pub(super) async fn take_away_gone(&self, gone: &Gone, limit: usize) -> Result<usize, Error> {
        let mut ended = 0;
        for kind in [Kind::Conversations, Kind::Deliveries] {
            if ended < limit {
                ended += self.take_away_of(gone, kind, limit - ended).await?;
            }
        }
        Ok(ended)
    }

    /// Goes on to the next page where there was nothing on one that could be taken away.
    async fn take_away_of(&self, gone: &Gone, kind: Kind, limit: usize) -> Result<usize, Error> {
        let (mut taken, mut next) = (0, Some(0));
        while let Some(after) = next.filter(|_| taken == 0) {
            let (of, page) = (gone.clone(), Page { after, limit });
            let found = self
                .readers
                .read(move |connection| kind.find(connection, &of, page))
                .await?;
            next = found.last().copied().filter(|_| found.len() == limit);
            let steps = found
                .iter()
                .map(|row| self.take_one(kind, *row, gone.clone()));
            for (row, done) in found.iter().zip(join_all(steps).await) {
                match done {
                    Ok(done) => taken += usize::from(done),
                    Err(Error::Corrupt(error)) => kind.pass_over(*row, &*error),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(taken)
    }

    /// A delivery whose conversation cannot hear of it is given up alone.
    async fn take_one(&self, kind: Kind, row: i64, gone: Gone) -> Result<bool, Error> {
        let taken = self.writer.step(move |work| kind.take(work, row, &gone));
        match (kind, taken.await) {
            (Kind::Deliveries, Err(Error::Corrupt(error))) => {
                tracing::error!(
                    error = &*error,
                    delivery.row = row,
                    "a delivery is given up, and nothing follows from it"
                );
                let alone = move |work: &mut Work<'_>| give_up_alone(work, row);
                self.writer.step(alone).await
            }
            (_, taken) => taken,
        }
    }
}

impl Kind {
    fn find(self, connection: &Connection, gone: &Gone, page: Page) -> Result<Vec<i64>, Fault> {
        let sql = match (self, gone) {
            (Self::Conversations, Gone::Desk(_)) => {
                "SELECT conversation FROM handovers WHERE ended_at IS NULL AND phase <> 'closing' AND desk = ?1 \
                 AND conversation > ?2 ORDER BY conversation LIMIT ?3"
            }
            (Self::Conversations, Gone::Bot(_)) => {
                "SELECT row FROM conversations WHERE wake_at IS NOT NULL AND bot = ?1 \
                 AND row > ?2 ORDER BY row LIMIT ?3"
            }
            (Self::Deliveries, _) => {
                "SELECT row FROM deliveries WHERE settled_at IS NULL AND destination = ?1 \
                 AND row > ?2 ORDER BY row LIMIT ?3"
            }
        };
        let name = match (self, gone) {
            (Self::Conversations, Gone::Desk(desk)) => desk.to_string(),
            (Self::Conversations, Gone::Bot(bot)) => bot.to_string(),
            (Self::Deliveries, gone) => destination(gone).to_string(),
        };
        let limit = number(page.limit);
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![name, page.after, limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Says whether there was anything to be taken away.
    fn take(self, work: &mut Work<'_>, row: i64, gone: &Gone) -> Result<bool, Fault> {
        match self {
            Self::Conversations => end(work, row, gone),
            Self::Deliveries => give_up(work, row),
        }
    }

    fn pass_over(self, row: i64, error: &(dyn std::error::Error + Send + Sync + 'static)) {
        let error: &dyn std::error::Error = error;
        match self {
            Self::Conversations => tracing::error!(
                error,
                conversation.row = row,
                "what is gone from the configuration cannot be taken away here"
            ),
            Self::Deliveries => tracing::error!(
                error,
                delivery.row = row,
                "what is gone from the configuration cannot be taken away here"
            ),
        }
    }
}

fn end(work: &mut Work<'_>, conversation: i64, gone: &Gone) -> Result<bool, Fault> {
    let event = match gone {
        Gone::Desk(desk) => Event::DeskRemoved { desk: desk.clone() },
        Gone::Bot(_) => Event::BotRemoved,
    };
    let (subject, turned) = Subject::by_row(work, conversation)?.turn(work, &event)?;
    subject.put_back(work);
    Ok(!turned.effects.is_empty())
}

/// What is on its way is left to its end.
fn give_up(work: &mut Work<'_>, row: i64) -> Result<bool, Fault> {
    let delivery = Delivery::by_row(work, row)?.filter(Delivery::is_unsettled);
    let waits = delivery.is_some_and(|delivery| !operator::is_flying(work, &delivery));
    if waits {
        giving_up::give_up(work, row, REMOVED)?;
    }
    Ok(waits)
}

/// The row alone, where nothing can be decided.
fn give_up_alone(work: &mut Work<'_>, row: i64) -> Result<bool, Fault> {
    giving_up::give_up_alone(work, row, REMOVED)?;
    Ok(true)
}

fn destination(gone: &Gone) -> Destination {
    match gone {
        Gone::Desk(desk) => Destination::Desk(desk.clone()),
        Gone::Bot(bot) => Destination::Bot(bot.clone()),
    }
}
