//! Removes what has been kept for long enough, a few rows at a time. What belongs to an open handover, or is still
//! owed to somebody, stays. A conversation goes with the last that was kept of it, and its user's name with it.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{fault::Fault, keys, unmatched, work::Work};
use crate::{
    domain::{ids::HandoverId, time::Timestamp},
    store::Retention,
};

/// At most `limit` of each kind. Says how many.
pub(super) fn purge(work: &mut Work<'_>, keep: &Retention, limit: usize) -> Result<usize, Fault> {
    let now = work.now;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut removed = 0;
    removed += observed(work, now.minus(keep.observed), limit)?;
    removed += transcripts(work, now.minus(keep.transcripts), limit)?;
    removed += handovers(work, now.minus(keep.transcripts), limit)?;
    removed += work.execute(
        "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE settled_at < ?1 \
         AND state IN ('delivered', 'cancelled') LIMIT ?2)",
        params![now.minus(keep.delivered), limit],
    )?;
    removed += work.execute(
        "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE state = 'dead' AND settled_at < ?1 \
         LIMIT ?2)",
        params![now.minus(keep.dead_letters), limit],
    )?;
    // Oldest first, so only the front of the table is looked at.
    removed += work.execute(
        "DELETE FROM keys WHERE row IN (SELECT row FROM keys ORDER BY row LIMIT ?2) AND day < ?1",
        params![keys::day(now.minus(keep.keys)), limit],
    )?;
    removed += work.execute(
        "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < ?1 LIMIT ?2)",
        params![now.minus(keep.keys), limit],
    )?;
    removed += work.execute(
        "DELETE FROM unknown_events WHERE row IN (SELECT row FROM unknown_events ORDER BY row LIMIT ?2) AND at < ?1",
        params![now.minus(keep.observed), limit],
    )?;
    removed += operators(work, keep, limit)?;
    Ok(removed)
}

/// What operators did and were told.
fn operators(work: &Work<'_>, keep: &Retention, limit: i64) -> Result<usize, Fault> {
    let now = work.now;
    let mut removed = work.execute(
        "DELETE FROM audit WHERE row IN (SELECT row FROM audit ORDER BY row LIMIT ?2) AND at < ?1",
        params![now.minus(keep.audit), limit],
    )?;
    removed += work.execute(
        "DELETE FROM erasures WHERE row IN (SELECT row FROM erasures ORDER BY row LIMIT ?2) AND finished_at < ?1",
        params![now.minus(keep.audit), limit],
    )?;
    removed += work.execute(
        "DELETE FROM warnings WHERE (kind, subject) IN \
         (SELECT kind, subject FROM warnings WHERE last_at < ?1 LIMIT ?2)",
        params![now.minus(keep.dead_letters), limit],
    )?;
    // Of requests that became no handover.
    removed += work.execute(
        "DELETE FROM journal WHERE row IN (SELECT row FROM journal WHERE handover IS NULL ORDER BY row LIMIT ?2) \
         AND at < ?1",
        params![now.minus(keep.transcripts), limit],
    )?;
    removed += work.execute("DELETE FROM pauses WHERE until < ?1", [now])?;
    removed += unmatched::purge(work, limit)?;
    Ok(removed)
}

/// Conversations that were never handed over: their messages, and what has none left.
fn observed(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let mut removed = 0;
    let enough = usize::try_from(limit).unwrap_or(usize::MAX);
    for conversation in rows(
        work,
        "SELECT row FROM conversations WHERE observed_since < ?1 ORDER BY observed_since LIMIT ?2",
        (before, limit),
    )? {
        if removed >= enough {
            break;
        }
        removed += work.execute(
            "DELETE FROM messages WHERE row IN (SELECT row FROM messages WHERE conversation = ?1 \
             AND recorded_at < ?2 LIMIT ?3)",
            params![conversation, before, limit],
        )?;
        work.execute(
            "UPDATE conversations SET observed_since = \
             (SELECT min(recorded_at) FROM messages WHERE conversation = ?1) WHERE row = ?1",
            [conversation],
        )?;
        removed += forget(work, conversation)?;
    }
    Ok(removed)
}

/// Messages of conversations that have been handed over and are the bot's now. The oldest stand in front of the table,
/// so only its front is looked at; what may not go yet keeps its place there for some hours at most.
fn transcripts(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let conversations = {
        let mut statement = work.prepare(
            "DELETE FROM messages WHERE row IN (SELECT m.row FROM messages m JOIN conversations c \
             ON c.row = m.conversation WHERE m.recorded_at < ?1 AND c.phase IS NULL AND NOT EXISTS \
             (SELECT 1 FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL) \
             AND m.row <= (SELECT max(row) FROM (SELECT row FROM messages ORDER BY row LIMIT ?2))) \
             RETURNING conversation",
        )?;
        let rows = statement.query_map(params![before, limit], |row| row.get(0))?;
        rows.collect::<Result<Vec<i64>, _>>()?
    };
    let mut removed = conversations.len();
    for conversation in conversations.into_iter().collect::<BTreeSet<_>>() {
        removed += forget(work, conversation)?;
    }
    Ok(removed)
}

/// Handovers that ended long ago and owe nobody anything, with their legs and journal.
fn handovers(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let mut statement = work.prepare(
        "SELECT h.id, h.conversation FROM handovers h WHERE h.ended_at < ?1 AND NOT EXISTS (SELECT 1 FROM deliveries d \
         WHERE d.settled_at IS NULL AND (d.lane IN (SELECT id FROM legs WHERE handover = h.id) \
         OR d.lane = (SELECT id FROM conversations WHERE row = h.conversation))) ORDER BY h.ended_at LIMIT ?2",
    )?;
    let ended = statement
        .query_map(params![before, limit], |row| {
            Ok((row.get::<_, HandoverId>(0)?, row.get::<_, i64>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut removed = 0;
    for (handover, conversation) in ended {
        work.execute("DELETE FROM legs WHERE handover = ?1", [handover])?;
        work.execute("DELETE FROM journal WHERE handover = ?1", [handover])?;
        removed += work.execute("DELETE FROM handovers WHERE id = ?1", [handover])?;
        removed += forget(work, conversation)?;
    }
    Ok(removed)
}

/// Removes the conversation itself, if nothing of it is left.
fn forget(work: &Work<'_>, conversation: i64) -> Result<usize, Fault> {
    let left = work
        .prepare(
            "SELECT 1 FROM conversations c WHERE c.row = ?1 AND (c.phase IS NOT NULL \
             OR EXISTS (SELECT 1 FROM messages WHERE conversation = ?1) \
             OR EXISTS (SELECT 1 FROM handovers WHERE conversation = ?1) \
             OR EXISTS (SELECT 1 FROM deliveries WHERE lane = c.id AND settled_at IS NULL))",
        )?
        .query_row([conversation], |_| Ok(()))
        .optional()?;
    if left.is_some() {
        return Ok(0);
    }
    work.execute("DELETE FROM echoes WHERE conversation = ?1", [conversation])?;
    work.execute("DELETE FROM conversations WHERE row = ?1", [conversation])
}

fn rows(
    work: &Work<'_>,
    sql: &'static str,
    (before, limit): (Timestamp, i64),
) -> Result<Vec<i64>, Fault> {
    let mut statement = work.prepare(sql)?;
    let rows = statement.query_map(params![before, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
