//! Removes what has been kept for long enough, a few rows at a time. What belongs to an open handover, or is still
//! owed to somebody, stays. A conversation goes with the last that was kept of it, and its user's name with it.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{
    columns::{AnyId, copied, number},
    console::sessions,
    fault::Fault,
    keys, unmatched,
    work::Work,
};
use crate::{
    domain::{
        delivery::Lane,
        ids::{ConversationId, HandoverId, LegId},
        time::Timestamp,
    },
    store::Retention,
};

/// Each by an index of its own, so that neither walks past what the other leaves.
pub(super) const DELIVERED: &str = "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE settled_at < ?1 \
     AND (state = 'delivered' OR state = 'cancelled') ORDER BY settled_at LIMIT ?2)";
pub(super) const DEAD: &str = "DELETE FROM deliveries WHERE row IN (SELECT row FROM deliveries WHERE state = 'dead' \
     AND settled_at < ?1 ORDER BY settled_at LIMIT ?2)";

/// At most `limit` of each kind. Says how many.
pub(super) fn purge(work: &mut Work<'_>, keep: &Retention, limit: usize) -> Result<usize, Fault> {
    let now = work.now;
    let limit = number(limit);
    let mut removed = 0;
    removed += observed(work, now.minus(keep.observed), limit)?;
    removed += transcripts(work, now.minus(keep.transcripts), limit)?;
    removed += handovers(work, now.minus(keep.transcripts), limit)?;
    removed += work.execute(DELIVERED, params![now.minus(keep.delivered), limit])?;
    removed += work.execute(DEAD, params![now.minus(keep.dead_letters), limit])?;
    removed += keys::purge(work, now.minus(keep.keys), limit)?;
    removed += work.execute(
        "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < ?1 LIMIT ?2)",
        params![now.minus(keep.echoes()), limit],
    )?;
    removed += work.execute(
        "DELETE FROM echoes WHERE row IN (SELECT row FROM echoes WHERE expires_at < ?1 AND expires_at > ?2 AND delivery = ?3 \
         LIMIT ?4)",
        params![now, now.minus(Retention::COPIES), AnyId(copied(None)), limit],
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
    removed += sessions::purge(work)?;
    removed += work.execute("DELETE FROM pauses WHERE until < ?1", [now])?;
    removed += unmatched::purge(work, limit)?;
    Ok(removed)
}

/// Conversations that were never handed over: their messages, their requests that were declined, and what has neither left.
fn observed(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let mut removed = 0;
    let enough = usize::try_from(limit).unwrap_or(usize::MAX);
    for conversation in rows(
        work,
        "SELECT row FROM conversations WHERE observed_since < ?1 ORDER BY observed_since LIMIT ?2",
        before,
        limit,
    )? {
        if removed >= enough {
            break;
        }
        removed += work.execute(
            "DELETE FROM messages WHERE row IN (SELECT row FROM messages WHERE conversation = ?1 \
             AND recorded_at < ?2 LIMIT ?3)",
            params![conversation, before, limit],
        )?;
        removed += declined(work, conversation, before, limit)?;
        work.execute(
            "UPDATE conversations SET observed_since = (SELECT min(kept_since) FROM \
             (SELECT min(recorded_at) AS kept_since FROM messages WHERE conversation = ?1 \
             UNION ALL SELECT min(ended_at) FROM handovers WHERE conversation = ?1)) WHERE row = ?1",
            [conversation],
        )?;
        removed += forget(work, conversation)?;
    }
    Ok(removed)
}

/// Requests that were declined before any desk was asked, in a conversation that was never handed over.
fn declined(
    work: &Work<'_>,
    conversation: i64,
    before: Timestamp,
    limit: i64,
) -> Result<usize, Fault> {
    let mut statement = work.prepare(
        "SELECT h.id, h.conversation, c.id FROM handovers h JOIN conversations c ON c.row = h.conversation \
         WHERE h.conversation = ?1 AND h.ended_at < ?2 LIMIT ?3",
    )?;
    let ended = statement
        .query_map(params![conversation, before, limit], Over::read)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut removed = 0;
    for over in ended {
        removed += over.remove(work)?;
    }
    Ok(removed)
}

/// Messages of conversations that have been handed over and are the bot's now. The oldest stand in front of the table,
/// so only its front is looked at; what may not go yet keeps its place there for some hours at most.
fn transcripts(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let mut statement = work.prepare(
        "SELECT m.row, c.row, c.id FROM messages m JOIN conversations c ON c.row = m.conversation \
         WHERE m.recorded_at < ?1 AND c.phase IS NULL \
         AND m.row <= (SELECT max(row) FROM (SELECT row FROM messages ORDER BY row LIMIT ?2))",
    )?;
    let old = statement
        .query_map(params![before, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<Vec<(i64, i64, ConversationId)>, _>>()?;
    let mut removed = 0;
    let mut conversations = BTreeSet::new();
    for (message, conversation, id) in old {
        if owes(work, Lane::Bot(id)) {
            continue;
        }
        removed += work.execute("DELETE FROM messages WHERE row = ?1", [message])?;
        conversations.insert(conversation);
    }
    for conversation in conversations {
        removed += forget(work, conversation)?;
    }
    Ok(removed)
}

/// Handovers that ended long ago and owe nobody anything, with their legs and journal.
fn handovers(work: &Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let mut statement = work.prepare(
        "SELECT h.id, h.conversation, c.id FROM handovers h JOIN conversations c ON c.row = h.conversation \
         WHERE h.ended_at < ?1 ORDER BY h.ended_at LIMIT ?2",
    )?;
    let ended = statement
        .query_map(params![before, limit], Over::read)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut removed = 0;
    for over in ended {
        removed += over.remove(work)?;
        removed += forget(work, over.row)?;
    }
    Ok(removed)
}

/// A handover that has ended.
struct Over {
    handover: HandoverId,
    /// Its conversation's.
    row: i64,
    conversation: ConversationId,
}

impl Over {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            handover: row.get(0)?,
            row: row.get(1)?,
            conversation: row.get(2)?,
        })
    }

    /// With its legs and journal, unless something is owed.
    fn remove(&self, work: &Work<'_>) -> Result<usize, Fault> {
        let handover = self.handover;
        if owes(work, Lane::Bot(self.conversation)) || owes_a_desk(work, handover)? {
            return Ok(0);
        }
        work.execute("DELETE FROM legs WHERE handover = ?1", [handover])?;
        work.execute("DELETE FROM journal WHERE handover = ?1", [handover])?;
        work.execute("DELETE FROM handovers WHERE id = ?1", [handover])
    }
}

fn owes(work: &Work<'_>, lane: Lane) -> bool {
    !work.unsettled(lane).is_empty()
}

fn owes_a_desk(work: &Work<'_>, handover: HandoverId) -> Result<bool, Fault> {
    let mut statement = work.prepare("SELECT id FROM legs WHERE handover = ?1")?;
    let legs = statement.query_map([handover], |row| row.get(0))?;
    let legs = legs.collect::<Result<Vec<LegId>, _>>()?;
    Ok(legs.into_iter().any(|leg| owes(work, Lane::Leg(leg))))
}

/// Removes the conversation itself, if nothing of it is left.
fn forget(work: &Work<'_>, conversation: i64) -> Result<usize, Fault> {
    let found: Option<ConversationId> = work
        .prepare(
            "SELECT id FROM conversations WHERE row = ?1 AND phase IS NULL \
             AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = ?1) \
             AND NOT EXISTS (SELECT 1 FROM handovers WHERE conversation = ?1)",
        )?
        .query_row([conversation], |row| row.get(0))
        .optional()?;
    let Some(id) = found.filter(|id| !owes(work, Lane::Bot(*id))) else {
        return Ok(0);
    };
    work.execute("DELETE FROM echoes WHERE conversation = ?1", [conversation])?;
    // Nobody could say any more whose they are.
    work.execute("DELETE FROM unknown_events WHERE conversation = ?1", [id])?;
    work.execute("DELETE FROM conversations WHERE row = ?1", [conversation])
}

fn rows(
    work: &Work<'_>,
    sql: &'static str,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<i64>, Fault> {
    let mut statement = work.prepare(sql)?;
    let rows = statement.query_map(params![before, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
