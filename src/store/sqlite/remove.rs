//! What is gone from the configuration is taken away: handovers end, and what is owed becomes dead letters.

use futures_util::future::join_all;
use rusqlite::{Connection, params};

use super::{SqliteStore, columns::number, fault::Fault, subject::Subject, work::Work};
use crate::{
    domain::{delivery::Destination, event::Event},
    store::{Error, Gone, given_up::GivenUp},
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

    /// What is on its way is left to its end.
    async fn take_one(&self, kind: Kind, row: i64, gone: Gone) -> Result<bool, Error> {
        match kind {
            Kind::Conversations => self.writer.step(move |work| end(work, row, &gone)).await,
            Kind::Deliveries => self.give_up(row, GivenUp::Removed).await,
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

/// Says whether there was anything to be taken away.
fn end(work: &mut Work<'_>, conversation: i64, gone: &Gone) -> Result<bool, Fault> {
    let event = match gone {
        Gone::Desk(desk) => Event::DeskRemoved { desk: desk.clone() },
        Gone::Bot(_) => Event::BotRemoved,
    };
    let (subject, turned) = Subject::by_row(work, conversation)?.turn(work, &event)?;
    subject.put_back(work);
    Ok(!turned.effects.is_empty())
}

fn destination(gone: &Gone) -> Destination {
    match gone {
        Gone::Desk(desk) => Destination::Desk(desk.clone()),
        Gone::Bot(bot) => Destination::Bot(bot.clone()),
    }
}
