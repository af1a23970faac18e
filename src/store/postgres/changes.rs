//! Which conversations have changed, whichever replica changed them. The version of each is its revision, which grows
//! with every step.
//!
//! A step, or a batch of them, that changes what people see writes a row of `changes` with the conversations that it has
//! changed. A replica tells of its own steps as soon as they are committed, and of the others' when it has read their
//! rows. Commits come in another order than the numbers of their transactions, so a reading remembers which were not over
//! at its moment: the next one reads what those have written and what came after them, each row once. A transaction that
//! lasts, whoever's at the whole server, is one number more to ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Notify, broadcast},
    time::{Instant, timeout},
};
use tokio_postgres::Row;

use super::{
    background::Background,
    columns::{count, values},
    database::Database,
    fault::Fault,
    work::Ground,
    writes::Read,
};
use crate::{
    domain::{
        ids::ConversationId,
        time::{Clock, Timestamp},
    },
    store::{Changing, changes::Feed},
};

/// Whether or not somebody has told that there is something to read.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Who has not read for so long may have missed rows.
const MISSED_AFTER: Duration = Duration::from_mins(5);
/// Longer than that by far more than clocks and transactions may be late.
const KEPT: Duration = Duration::from_mins(10);
const FORGET_EVERY: Duration = Duration::from_secs(15);
const FORGOTTEN_AT_ONCE: i64 = 5000;

/// What [`at`] reads: the moment of the statement.
macro_rules! place {
    () => {
        "ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::text::bigint) AS running, \
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next"
    };
}

#[derive(Debug)]
pub(super) struct Changes {
    feed: Feed,
    /// Rings when another replica has changed something.
    stirred: Notify,
}

/// Which transactions were not over when rows were read last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Those that had a number.
    running: Vec<i64>,
    /// All from here on had none yet.
    end: i64,
}

impl Changes {
    pub(super) fn since(at: Timestamp) -> Self {
        Self {
            feed: Feed::since(at),
            stirred: Notify::new(),
        }
    }

    /// Tells what one commit of this process has changed.
    pub(super) fn committed(&self, changed: impl IntoIterator<Item = Changing>) {
        self.feed.tell(changed);
    }

    /// Another replica has changed something.
    pub(super) fn stirred(&self) {
        self.stirred.notify_one();
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Changing> {
        self.feed.listen()
    }

    /// None: not all of it is known any more.
    pub(super) fn from(&self, at: Timestamp) -> Option<Vec<Changing>> {
        self.feed.from(at)
    }

    /// Tells what other replicas change, until the store is closed.
    async fn follow(&self, database: &Database, clock: &dyn Clock, mut place: Place) {
        let (mut read_at, mut forgot_at) = (Instant::now(), Instant::now());
        loop {
            // Either way it is looked.
            let _ = timeout(LOOK_EVERY, self.stirred.notified()).await;
            let asked_at = Instant::now();
            match read(database, &place).await {
                Ok((changed, next)) => {
                    // The numbers of a restored database begin anew.
                    if asked_at.duration_since(read_at) > MISSED_AFTER || next.end < place.end {
                        self.feed.begin_anew(clock.now());
                    }
                    self.feed.tell(changed);
                    (place, read_at) = (next, asked_at);
                }
                Err(Fault::Closed) => return,
                // What cannot be read now can be read later, and not at once because more is told of.
                Err(_) => {
                    tokio::time::sleep(LOOK_EVERY).await;
                    continue;
                }
            }
            if forgot_at.elapsed() > FORGET_EVERY {
                forgot_at = Instant::now();
                // As many as could not go now go another time.
                let _ = forget(database, clock.now()).await;
            }
        }
    }
}

/// Has what other replicas change told from now on.
pub(super) async fn follow(ground: &Arc<Ground>, background: &Background) -> Result<(), Fault> {
    let place = end(&ground.database).await?;
    let ground = Arc::clone(ground);
    background.run(async move {
        let Ground {
            memory,
            database,
            clock,
            ..
        } = &*ground;
        memory.changes.follow(database, &**clock, place).await;
    });
    Ok(())
}

/// What of these a person sees changed when a step is written, each at the revision that it has then.
pub(super) fn of(
    read: &BTreeMap<ConversationId, Read>,
    touched: &BTreeSet<ConversationId>,
    now: Timestamp,
) -> Vec<Changing> {
    let changing = |id: &ConversationId| {
        let revision = read.get(id)?.revision();
        Some(Changing {
            conversation: *id,
            version: revision.map_or(1, |revision| count(revision) + 1),
            at: now,
        })
    };
    touched.iter().filter_map(changing).collect()
}

/// All that is committed later comes after this.
async fn end(database: &Database) -> Result<Place, Fault> {
    let sql = concat!("SELECT ", place!());
    let row = database.row(sql, values![]).await?.ok_or(Fault::Missing)?;
    at(&row)
}

/// In order, and where to go on.
async fn read(database: &Database, place: &Place) -> Result<(Vec<Changing>, Place), Fault> {
    let sql = concat!(
        "SELECT s.running, s.next, c.conversations, c.versions, c.at FROM (SELECT ",
        place!(),
        ") s LEFT JOIN changes c ON c.transaction = ANY($1) OR c.transaction >= $2 ORDER BY c.at"
    );
    let values = values![place.running.clone(), place.end];
    let rows = database.rows(sql, values).await?;
    let mut next = place.clone();
    let mut changed = Vec::new();
    for row in &rows {
        next = at(row)?;
        let Some(conversations) = row.try_get::<_, Option<Vec<ConversationId>>>(2)? else {
            continue;
        };
        let (versions, at): (Vec<i64>, _) = (row.try_get(3)?, row.try_get(4)?);
        for (conversation, version) in conversations.into_iter().zip(versions) {
            let version = count(version);
            changed.push(Changing {
                conversation,
                version,
                at,
            });
        }
    }
    changed.sort_by_key(|one| (one.at, one.version));
    Ok((changed, next))
}

fn at(row: &Row) -> Result<Place, Fault> {
    Ok(Place {
        running: row.try_get(0)?,
        end: row.try_get(1)?,
    })
}

/// Everybody has read these.
async fn forget(database: &Database, now: Timestamp) -> Result<(), Fault> {
    let sql = "DELETE FROM changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM changes WHERE at < $1 LIMIT $2 \
               FOR UPDATE SKIP LOCKED))";
    let values = values![now.minus(KEPT), FORGOTTEN_AT_ONCE];
    database.write(sql, values).await?;
    Ok(())
}
