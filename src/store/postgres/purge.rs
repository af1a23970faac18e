//! Removes what has been kept for long enough, a few rows at a time. What belongs to an open handover, or is still
//! owed to somebody, stays. A conversation goes with the last that was kept of it, and its user's name with it.
//!
//! One replica at a time: the others find the lock taken and leave it to that one. Conversations are locked before it is
//! decided what of them may go, so that no step comes between; steps wait for that, so it may not take longer than a step.
//! What goes by its age alone goes kind by kind, so that none keeps another from going, and may take its time.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::sleep;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{copied, count, number, values},
    database::Statement,
    fault::Fault,
    patience::Patience,
    work::Ground,
};
use crate::{
    domain::time::Timestamp,
    store::{Retention, Session, hashing::day},
};

/// Ends the transaction where another replica is at it.
const ALONE: &str = "SELECT handover_expect(pg_try_advisory_xact_lock(\
    hashtextextended('handover bridge: retention', 0))::int::bigint, 1)";
const FEWER: i64 = 4;
/// As long as the server may take to end what it was doing, and to let go of what was locked.
const LET_GO_WITHIN: Duration = Duration::from_secs(1);
/// In one order, so that nobody waits for somebody who waits for them.
const LOCK: &str = "SELECT FROM conversations WHERE id = ANY($1) ORDER BY id FOR UPDATE";

/// A statement that says how many rows it removes.
macro_rules! removes {
    ($with:literal, $delete:literal) => {
        concat!(
            "WITH ",
            $with,
            ", gone AS (",
            $delete,
            " RETURNING 1) SELECT count(*) FROM gone"
        )
    };
    ($delete:literal) => {
        concat!(
            "WITH gone AS (",
            $delete,
            " RETURNING 1) SELECT count(*) FROM gone"
        )
    };
}

/// Conversations that were never handed over.
const OBSERVED: &str =
    "SELECT id FROM conversations WHERE observed_since < $1 ORDER BY observed_since LIMIT $2";
const TAKE_OBSERVED: &str = removes!(
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE conversation = ANY($1) AND recorded_at < $2 \
     AND EXISTS (SELECT FROM conversations c WHERE c.id = conversation AND c.observed_since < $2) LIMIT $3)"
);
/// Their requests that were declined before any desk was asked.
const TAKE_DECLINED: &str = removes!(
    "declined AS (SELECT h.id FROM handovers h JOIN conversations c ON c.id = h.conversation \
         WHERE c.id = ANY($1) AND c.observed_since < $2 AND h.ended_at < $2 \
         AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL) \
         AND NOT EXISTS (SELECT FROM legs WHERE handover = h.id) LIMIT $3), \
     journal AS (DELETE FROM journal WHERE handover IN (SELECT id FROM declined))",
    "DELETE FROM handovers WHERE id IN (SELECT id FROM declined)"
);
const OBSERVED_SINCE: &str = "UPDATE conversations c SET observed_since = (SELECT min(kept_since) FROM \
    (SELECT min(recorded_at) AS kept_since FROM messages WHERE conversation = c.id \
    UNION ALL SELECT min(ended_at) FROM handovers WHERE conversation = c.id) kept) \
    WHERE id = ANY($1) AND observed_since IS NOT NULL";

/// Conversations that have been handed over and are the bot's now. Messages are named in the order in which they were kept, so only
/// the front of their index is looked at; what may not go yet keeps its place there for some hours at most.
const SPOKEN: &str = "SELECT id FROM conversations WHERE phase IS NULL AND id IN (SELECT conversation FROM \
    (SELECT conversation, recorded_at FROM messages ORDER BY id LIMIT $2) oldest WHERE recorded_at < $1)";
const TAKE_SPOKEN: &str = removes!(
    "DELETE FROM messages WHERE id IN (SELECT m.id FROM \
     (SELECT id, conversation, recorded_at FROM messages ORDER BY id LIMIT $3) m \
     JOIN conversations c ON c.id = m.conversation \
     WHERE c.id = ANY($1) AND c.phase IS NULL AND m.recorded_at < $2 \
     AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL))"
);

/// Handovers that ended long ago and owe nobody anything, with their legs and journal.
const ENDED: &str =
    "SELECT conversation FROM handovers WHERE ended_at < $1 ORDER BY ended_at LIMIT $2";
const TAKE_ENDED: &str = removes!(
    "ended AS (SELECT h.id FROM handovers h WHERE h.conversation = ANY($1) AND h.ended_at < $2 \
         AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = h.conversation AND d.settled_at IS NULL) \
         AND NOT EXISTS (SELECT FROM legs l JOIN deliveries d ON d.lane = l.id AND d.settled_at IS NULL \
             WHERE l.handover = h.id) LIMIT $3), \
     legs AS (DELETE FROM legs WHERE handover IN (SELECT id FROM ended)), \
     journal AS (DELETE FROM journal WHERE handover IN (SELECT id FROM ended))",
    "DELETE FROM handovers WHERE id IN (SELECT id FROM ended)"
);

/// Conversations of which nothing is left.
const FORGET: &str = removes!(
    "empty AS (SELECT id FROM conversations c WHERE id = ANY($1) AND phase IS NULL \
         AND NOT EXISTS (SELECT FROM messages WHERE conversation = c.id) \
         AND NOT EXISTS (SELECT FROM handovers WHERE conversation = c.id) \
         AND NOT EXISTS (SELECT FROM deliveries WHERE lane = c.id AND settled_at IS NULL)), \
     echoes AS (DELETE FROM echoes WHERE conversation IN (SELECT id FROM empty)), \
     unknown AS (DELETE FROM unknown_events WHERE conversation IN (SELECT id FROM empty))",
    "DELETE FROM conversations WHERE id IN (SELECT id FROM empty)"
);

const DELIVERED: &str = removes!(
    "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE settled_at < $1 \
     AND state IN ('delivered', 'cancelled') ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
);
const DEAD: &str = removes!(
    "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state = 'dead' AND settled_at < $1 \
     ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
);
/// The key of a message that is still kept is filed anew, and counts as if it went: however late the message is told of again, it
/// is not to be recorded twice.
const KEYS: &str = "WITH old AS (SELECT hash, EXISTS (SELECT FROM messages m WHERE m.id = k.reference) AS kept \
        FROM keys k WHERE day < $1 ORDER BY day LIMIT $2 FOR UPDATE OF k SKIP LOCKED), \
    anew AS (UPDATE keys k SET day = $3 FROM old WHERE k.hash = old.hash AND old.kept RETURNING 1), \
    gone AS (DELETE FROM keys k USING old WHERE k.hash = old.hash AND NOT old.kept RETURNING 1) \
    SELECT (SELECT count(*) FROM anew) + (SELECT count(*) FROM gone)";
const ECHOES: &str = removes!(
    "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < $1 LIMIT $2)"
);
const COPIES: &str = removes!(
    "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < $1 AND expires_at > $3 AND delivery = $4 \
     LIMIT $2)"
);
/// Oldest first, so only the front of the table is looked at.
const UNKNOWN_EVENTS: &str = removes!(
    "DELETE FROM unknown_events WHERE row IN (SELECT row FROM unknown_events ORDER BY row LIMIT $2) AND at < $1"
);
const AUDIT: &str = removes!(
    "DELETE FROM audit WHERE row IN (SELECT row FROM audit ORDER BY row LIMIT $2) AND at < $1"
);
const ERASURES: &str = removes!(
    "DELETE FROM erasures WHERE row IN (SELECT row FROM erasures ORDER BY row LIMIT $2) AND finished_at < $1"
);
const WARNINGS: &str = removes!(
    "DELETE FROM warnings WHERE (kind, subject) IN (SELECT kind, subject FROM warnings WHERE last_at < $1 LIMIT $2)"
);
/// Of requests that became no handover.
const JOURNAL: &str = removes!(
    "DELETE FROM journal WHERE row IN (SELECT row FROM journal WHERE handover IS NULL ORDER BY row LIMIT $2) AND at < $1"
);
/// There are never more of them than people who sign in.
const SESSIONS: &str = removes!(
    "DELETE FROM console_sessions WHERE id IN (SELECT id FROM console_sessions WHERE begun_at < $1 LIMIT $2)"
);
const PAUSES: &str = removes!(
    "DELETE FROM pauses WHERE destination IN (SELECT destination FROM pauses WHERE until < $1 LIMIT $2)"
);
const UNMATCHED: &str = removes!(
    "DELETE FROM unmatched_events WHERE row IN \
     (SELECT row FROM unmatched_events WHERE expires_at < $1 ORDER BY row LIMIT $2)"
);

/// At most `limit` of each kind. Says how many.
pub(super) async fn purge(ground: &Ground, keep: &Retention, limit: usize) -> Result<usize, Fault> {
    let (limit, now) = (number(limit), ground.clock.now());
    let mut removed = 0;
    let mut faults = Vec::new();
    let mut count = |done| match done {
        Ok(some) => removed += some,
        // Another replica sees to it.
        Err(Fault::Raced) => {}
        Err(fault) => faults.push(fault),
    };
    count(as_many_as_go(ground, keep, now, limit).await);
    for kind in by_age(keep, limit, now) {
        count(alone(ground, kind).await);
    }
    match faults.into_iter().next() {
        // As long as anything goes, it is gone on with.
        Some(fault) if removed == 0 => Err(fault),
        _ => Ok(removed),
    }
}

/// Of conversations, fewer at once where the database is too slow for as many as are meant: else it would try the same again and
/// again.
async fn as_many_as_go(
    ground: &Ground,
    keep: &Retention,
    now: Timestamp,
    mut limit: i64,
) -> Result<usize, Fault> {
    loop {
        match with_conversations(ground, keep, now, limit).await {
            Err(Fault::Late) if limit > 1 => {
                limit = (limit / FEWER).max(1);
                sleep(LET_GO_WITHIN).await;
            }
            done => return done,
        }
    }
}

/// Of conversations, with those of which nothing is left then.
async fn with_conversations(
    ground: &Ground,
    keep: &Retention,
    now: Timestamp,
    limit: i64,
) -> Result<usize, Fault> {
    let (observed, spoken) = (now.minus(keep.observed), now.minus(keep.transcripts));
    let watched = conversations(ground, OBSERVED, observed, limit).await?;
    let talked = conversations(ground, SPOKEN, spoken, limit).await?;
    let ended = conversations(ground, ENDED, spoken, limit).await?;
    let all: BTreeSet<Uuid> = [&watched, &talked, &ended]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    if all.is_empty() {
        return Ok(0);
    }
    let all: Vec<Uuid> = all.into_iter().collect();
    let before_removal = [
        Statement::new(ALONE, values![]),
        Statement::new(LOCK, values![all.clone()]),
    ];
    let locks = before_removal.len();
    let mut statements = Vec::from(before_removal);
    let takes = [
        (TAKE_OBSERVED, watched.clone(), observed),
        (TAKE_DECLINED, watched, observed),
        (TAKE_SPOKEN, talked, spoken),
        (TAKE_ENDED, ended, spoken),
    ];
    for (sql, of, before) in takes {
        if !of.is_empty() {
            statements.push(Statement::new(sql, values![of, before, limit]));
        }
    }
    statements.push(Statement::new(OBSERVED_SINCE, values![all.clone()]));
    statements.push(Statement::new(FORGET, values![all]));
    let mut connection = ground.database.connection().await?;
    let done = connection.transact(&statements).await?;
    total(done.iter().skip(locks))
}

/// Which of them to look at.
async fn conversations(
    ground: &Ground,
    sql: &'static str,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Uuid>, Fault> {
    let database = ground.database.spending(Patience::Nobody);
    let found = database.rows(sql, values![before, limit]).await?;
    let ids = found.iter().map(|row| row.try_get(0));
    Ok(ids.collect::<Result<_, _>>()?)
}

async fn alone(ground: &Ground, kind: Statement) -> Result<usize, Fault> {
    let mut connection = ground
        .database
        .spending(Patience::Nobody)
        .connection()
        .await?;
    let statements = [Statement::new(ALONE, values![]), kind];
    let done = connection.transact(&statements).await?;
    total(done.iter().skip(1))
}

/// What goes when it is old enough, whatever it belonged to.
fn by_age(keep: &Retention, limit: i64, now: Timestamp) -> impl Iterator<Item = Statement> {
    let ages = [
        (DELIVERED, now.minus(keep.delivered).as_millis()),
        (DEAD, now.minus(keep.dead_letters).as_millis()),
        (ECHOES, now.minus(keep.echoes()).as_millis()),
        (UNKNOWN_EVENTS, now.minus(keep.observed).as_millis()),
        (AUDIT, now.minus(keep.audit).as_millis()),
        (ERASURES, now.minus(keep.audit).as_millis()),
        (WARNINGS, now.minus(keep.dead_letters).as_millis()),
        (JOURNAL, now.minus(keep.transcripts).as_millis()),
        (SESSIONS, now.minus(Session::KEPT).as_millis()),
        (PAUSES, now.as_millis()),
        (UNMATCHED, now.as_millis()),
    ];
    let keys = values![day(now.minus(keep.keys)), limit, day(now)];
    let copies = values![now, limit, now.minus(Retention::COPIES), copied(None)];
    ages.into_iter()
        .map(move |(sql, before)| Statement::new(sql, values![before, limit]))
        .chain([Statement::new(KEYS, keys), Statement::new(COPIES, copies)])
}

/// Of what statements say that they have removed; some say nothing.
fn total<'r>(done: impl Iterator<Item = &'r Vec<Row>>) -> Result<usize, Fault> {
    let mut removed = 0;
    for row in done.flatten() {
        removed += count(row.try_get(0)?);
    }
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}
