//! Removes what has been kept for long enough, a few rows at a time. What belongs to an open handover, or is still
//! owed to somebody, stays. A conversation goes with the last that was kept of it, and its user's name with it.
//!
//! One replica at a time: the others find the lock taken and leave it to that one. A conversation is locked before it is
//! decided what of it may go, so that no step comes between; one that a step has in hand is left to the next turn.

use tokio_postgres::{Client, Transaction, types::Type};

use super::fault::Fault;
use crate::{
    domain::time::Timestamp,
    store::{Retention, Session, keys::day, page},
};

/// The lock of whoever purges: "purge" in ASCII.
const LOCK: i64 = 0x70_7572_6765;

const DELIVERED: &str = "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE settled_at < $1 \
    AND state IN ('delivered', 'cancelled') LIMIT $2 FOR UPDATE SKIP LOCKED)";
const DEAD: &str = "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE state = 'dead' \
    AND settled_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
/// Oldest first, so only the front of the table is looked at.
const KEYS: &str =
    "DELETE FROM keys WHERE row IN (SELECT row FROM keys ORDER BY row LIMIT $2) AND day < $1";
const ECHOES: &str =
    "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < $1 LIMIT $2)";
const UNKNOWN_EVENTS: &str = "DELETE FROM unknown_events WHERE row IN \
    (SELECT row FROM unknown_events ORDER BY row LIMIT $2) AND at < $1";
const AUDIT: &str =
    "DELETE FROM audit WHERE row IN (SELECT row FROM audit ORDER BY row LIMIT $2) AND at < $1";
const ERASURES: &str = "DELETE FROM erasures WHERE row IN (SELECT row FROM erasures ORDER BY row LIMIT $2) \
    AND finished_at < $1";
const WARNINGS: &str = "DELETE FROM warnings WHERE (kind, subject) IN \
    (SELECT kind, subject FROM warnings WHERE last_at < $1 LIMIT $2)";
/// Of requests that became no handover.
const JOURNAL: &str = "DELETE FROM journal WHERE row IN \
    (SELECT row FROM journal WHERE handover IS NULL ORDER BY row LIMIT $2) AND at < $1";
/// There are never more of them than people who sign in.
const SESSIONS: &str = "DELETE FROM console_sessions WHERE id IN \
    (SELECT id FROM console_sessions WHERE begun_at < $1 LIMIT $2)";
const PAUSES: &str = "DELETE FROM pauses WHERE destination IN \
    (SELECT destination FROM pauses WHERE until < $1 LIMIT $2)";
const UNMATCHED: &str = "DELETE FROM unmatched_events WHERE row IN \
    (SELECT row FROM unmatched_events WHERE expires_at < $1 ORDER BY row LIMIT $2)";

/// At most `limit` of each kind. Says how many.
pub(super) async fn purge(
    client: &mut Client,
    keep: &Retention,
    (limit, now): (usize, Timestamp),
) -> Result<usize, Fault> {
    let work = client.transaction().await?;
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let lock = work.query_typed_one(sql, &[(&LOCK, Type::INT8)]).await?;
    if !lock.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let limit = page::rows(limit);
    let mut removed = observed(&work, now.minus(keep.observed), limit).await?;
    removed += transcripts(&work, now.minus(keep.transcripts), limit).await?;
    removed += handovers(&work, now.minus(keep.transcripts), limit).await?;
    for (sql, before) in [
        (DELIVERED, now.minus(keep.delivered).as_millis()),
        (DEAD, now.minus(keep.dead_letters).as_millis()),
        (KEYS, day(now.minus(keep.keys))),
        (ECHOES, now.minus(keep.keys).as_millis()),
        (UNKNOWN_EVENTS, now.minus(keep.observed).as_millis()),
        (AUDIT, now.minus(keep.audit).as_millis()),
        (ERASURES, now.minus(keep.audit).as_millis()),
        (WARNINGS, now.minus(keep.dead_letters).as_millis()),
        (JOURNAL, now.minus(keep.transcripts).as_millis()),
        (SESSIONS, now.minus(Session::KEPT).as_millis()),
        (PAUSES, now.as_millis()),
        (UNMATCHED, now.as_millis()),
    ] {
        removed += work
            .execute_typed(sql, &[(&before, Type::INT8), (&limit, Type::INT8)])
            .await?;
    }
    work.commit().await?;
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}

/// Conversations that were never handed over: their messages, and what has none left.
async fn observed(work: &Transaction<'_>, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "SELECT row FROM conversations WHERE observed_since < $1 ORDER BY observed_since LIMIT $2 \
               FOR UPDATE SKIP LOCKED";
    let conversations = lock(work, sql, (before, limit)).await?;
    if conversations.is_empty() {
        return Ok(0);
    }
    let sql = "DELETE FROM messages WHERE row IN (SELECT row FROM messages WHERE conversation = ANY($1) \
               AND recorded_at < $2 LIMIT $3)";
    let messages = take(work, sql, (&conversations, before, limit)).await?;
    let sql = "UPDATE conversations c SET observed_since = \
               (SELECT min(recorded_at) FROM messages WHERE conversation = c.row) WHERE row = ANY($1)";
    work.execute_typed(sql, &[(&conversations, Type::INT8_ARRAY)])
        .await?;
    Ok(messages + forget(work, &conversations).await?)
}

/// Messages of conversations that have been handed over and are the bot's now. The oldest stand in front of the table,
/// so only its front is looked at; what may not go yet keeps its place there for some hours at most.
async fn transcripts(work: &Transaction<'_>, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "SELECT row FROM conversations WHERE phase IS NULL AND row IN (SELECT conversation FROM \
               (SELECT conversation, recorded_at FROM messages ORDER BY row LIMIT $2) oldest WHERE recorded_at < $1) \
               FOR UPDATE SKIP LOCKED";
    let conversations = lock(work, sql, (before, limit)).await?;
    if conversations.is_empty() {
        return Ok(0);
    }
    let sql = "DELETE FROM messages WHERE row IN (SELECT m.row FROM \
               (SELECT row, conversation, recorded_at FROM messages ORDER BY row LIMIT $3) m \
               JOIN conversations c ON c.row = m.conversation \
               WHERE c.row = ANY($1) AND m.recorded_at < $2 AND NOT EXISTS \
               (SELECT FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL))";
    let messages = take(work, sql, (&conversations, before, limit)).await?;
    Ok(messages + forget(work, &conversations).await?)
}

/// Handovers that ended long ago and owe nobody anything, with their legs and journal.
async fn handovers(work: &Transaction<'_>, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "SELECT row FROM conversations WHERE row IN \
               (SELECT conversation FROM handovers WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) \
               FOR UPDATE SKIP LOCKED";
    let conversations = lock(work, sql, (before, limit)).await?;
    if conversations.is_empty() {
        return Ok(0);
    }
    let sql = "WITH ended AS (SELECT h.id FROM handovers h JOIN conversations c ON c.row = h.conversation \
                   WHERE h.conversation = ANY($1) AND h.ended_at < $2 \
                   AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL) \
                   AND NOT EXISTS (SELECT FROM legs l JOIN deliveries d ON d.lane = l.id AND d.settled_at IS NULL \
                       WHERE l.handover = h.id) LIMIT $3), \
               legs AS (DELETE FROM legs WHERE handover IN (SELECT id FROM ended)), \
               journal AS (DELETE FROM journal WHERE handover IN (SELECT id FROM ended)) \
               DELETE FROM handovers WHERE id IN (SELECT id FROM ended)";
    let handovers = take(work, sql, (&conversations, before, limit)).await?;
    Ok(handovers + forget(work, &conversations).await?)
}

/// Removes those conversations of which nothing is left.
async fn forget(work: &Transaction<'_>, conversations: &[i64]) -> Result<u64, Fault> {
    let sql = "WITH empty AS (SELECT row FROM conversations c WHERE row = ANY($1) AND phase IS NULL \
                   AND NOT EXISTS (SELECT FROM messages WHERE conversation = c.row) \
                   AND NOT EXISTS (SELECT FROM handovers WHERE conversation = c.row) \
                   AND NOT EXISTS (SELECT FROM deliveries WHERE lane = c.id AND settled_at IS NULL)), \
               echoes AS (DELETE FROM echoes WHERE conversation IN (SELECT row FROM empty)) \
               DELETE FROM conversations WHERE row IN (SELECT row FROM empty)";
    Ok(work
        .execute_typed(sql, &[(&conversations, Type::INT8_ARRAY)])
        .await?)
}

async fn lock(
    work: &Transaction<'_>,
    sql: &'static str,
    (before, limit): (Timestamp, i64),
) -> Result<Vec<i64>, Fault> {
    let rows = work
        .query_typed(
            sql,
            &[(&before.as_millis(), Type::INT8), (&limit, Type::INT8)],
        )
        .await?;
    let locked = rows.iter().map(|row| row.try_get(0));
    Ok(locked.collect::<Result<_, _>>()?)
}

async fn take(
    work: &Transaction<'_>,
    sql: &'static str,
    (conversations, before, limit): (&[i64], Timestamp, i64),
) -> Result<u64, Fault> {
    Ok(work
        .execute_typed(
            sql,
            &[
                (&conversations, Type::INT8_ARRAY),
                (&before.as_millis(), Type::INT8),
                (&limit, Type::INT8),
            ],
        )
        .await?)
}
