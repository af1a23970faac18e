//! What takes the rows of an erased conversation away, a few in a step.

use rusqlite::{Connection, OptionalExtension, params};

use super::{columns::number, fault::Fault, memory::Change, work::Work};
use crate::{
    domain::{
        delivery::Lane,
        ids::{ConversationId, DeliveryId, HandoverId, LegId},
    },
    store::erasure::LOOKED_THROUGH_AT_ONCE,
};

/// A conversation that nothing is owed in, with the rows that are left of what was owed.
#[derive(Clone, Debug)]
pub(super) struct Remains {
    conversation: i64,
    deliveries: Vec<i64>,
    /// Deliveries are looked through from behind this row, before which there was none any more.
    pub(super) from: i64,
    /// And up to here.
    upto: i64,
}

/// What there is of a conversation after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remaining {
    Nothing,
    Rows,
    /// Something has come between, or is still on its way, and is owed first.
    Debts,
}

/// Conversations in which nothing is owed any more, with what is to be taken away with them.
pub(super) fn remains(connection: &Connection, limit: usize) -> Result<Vec<Remains>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT e.conversation FROM erasing e LEFT JOIN conversations c ON c.row = e.conversation \
         WHERE e.told = 1 AND c.phase IS NULL \
         AND NOT EXISTS (SELECT 1 FROM erasing u WHERE u.conversation = e.conversation AND u.told = 0) \
         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL \
             AND substr(d.destination, 1, 4) = 'bot:') \
         AND NOT EXISTS (SELECT 1 FROM handovers h JOIN legs l ON l.handover = h.id \
             JOIN deliveries d ON d.destination = 'desk:' || l.desk AND d.lane = l.id AND d.settled_at IS NULL \
             WHERE h.conversation = e.conversation) \
         LIMIT ?1",
    )?;
    let limit = number(limit);
    let rows = statement.query_map([limit], |row| row.get(0))?;
    let found = rows.collect::<Result<Vec<i64>, _>>()?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let (from, upto) = connection
        .prepare_cached(
            "SELECT coalesce((SELECT min(row) FROM deliveries), 1) - 1, \
             coalesce((SELECT max(row) FROM deliveries), 0)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found
        .into_iter()
        .map(|conversation| Remains {
            conversation,
            deliveries: Vec::new(),
            from,
            upto,
        })
        .collect())
}

/// Looks through a part of the deliveries, which no index leads to from their conversation: that would cost more, with
/// every message, than it saves here. Says where to go on; none: it has seen all.
pub(super) fn look_through(
    connection: &Connection,
    after: i64,
    remains: &mut [Remains],
) -> Result<Option<i64>, Fault> {
    let Some(upto) = remains.iter().map(|remains| remains.upto).max() else {
        return Ok(None);
    };
    let wanted: Vec<i64> = remains.iter().map(|remains| remains.conversation).collect();
    let to = after.saturating_add(LOOKED_THROUGH_AT_ONCE);
    let mut statement = connection.prepare_cached(
        "SELECT row, conversation FROM deliveries WHERE row > ?1 AND row <= ?2 \
         AND conversation IN (SELECT value FROM json_each(?3))",
    )?;
    let mut rows = statement.query(params![after, to, serde_json::to_string(&wanted)?])?;
    while let Some(row) = rows.next()? {
        let (delivery, conversation): (i64, i64) = (row.get(0)?, row.get(1)?);
        let of = remains
            .iter_mut()
            .find(|remains| remains.conversation == conversation);
        if let Some(of) = of {
            of.deliveries.push(delivery);
        }
    }
    Ok((to < upto).then_some(to))
}

/// Takes away at most `limit` rows of it, the conversation itself last.
pub(super) fn take_away(
    work: &mut Work<'_>,
    remains: &mut Remains,
    limit: usize,
) -> Result<Remaining, Fault> {
    if is_owed(work, remains)? {
        return Ok(Remaining::Debts);
    }
    let conversation = remains.conversation;
    let from = remains.deliveries.len().saturating_sub(limit);
    let deliveries = remains.deliveries.split_off(from);
    if !deliveries.is_empty() {
        take_deliveries(work, conversation, &deliveries)?;
        return Ok(Remaining::Rows);
    }
    let messages = work.execute(
        "DELETE FROM messages WHERE row IN (SELECT row FROM messages WHERE conversation = ?1 LIMIT ?2)",
        params![conversation, number(limit)],
    )?;
    if messages >= limit {
        return Ok(Remaining::Rows);
    }
    take_handovers(work, conversation)?;
    work.execute("DELETE FROM echoes WHERE conversation = ?1", [conversation])?;
    let id: Option<ConversationId> = work
        .prepare("DELETE FROM conversations WHERE row = ?1 RETURNING id")?
        .query_row([conversation], |row| row.get(0))
        .optional()?;
    work.execute("DELETE FROM unknown_events WHERE conversation = ?1", [id])?;
    forget_subjects(
        work,
        &id.iter().map(ToString::to_string).collect::<Vec<_>>(),
    )?;
    work.batch.changes.extend(id.map(Change::Touched));
    work.execute(
        "DELETE FROM erasing WHERE conversation = ?1",
        [conversation],
    )?;
    Ok(Remaining::Nothing)
}

/// With what operators did to them, and with how the platform answered.
fn take_deliveries(work: &Work<'_>, conversation: i64, rows: &[i64]) -> Result<(), Fault> {
    let (mut ids, mut deleted, mut kept) = (Vec::new(), 0, 0);
    {
        let mut statement = work.prepare(
            "DELETE FROM deliveries WHERE row IN (SELECT value FROM json_each(?1)) AND conversation = ?2 \
             RETURNING id, task ->> '$.do' = 'forget', state = 'delivered'",
        )?;
        let mut taken = statement.query(params![serde_json::to_string(rows)?, conversation])?;
        while let Some(row) = taken.next()? {
            ids.push(row.get::<_, DeliveryId>(0)?.to_string());
            if row.get::<_, Option<bool>>(1)?.unwrap_or(false) {
                *(if row.get(2)? { &mut deleted } else { &mut kept }) += 1;
            }
        }
    }
    if deleted + kept > 0 {
        work.execute(
            "UPDATE erasures SET platform_deleted = platform_deleted + ?2, platform_kept = platform_kept + ?3 \
             WHERE at_platform AND id IN (SELECT erasure FROM erasing WHERE conversation = ?1)",
            params![conversation, deleted, kept],
        )?;
    }
    forget_subjects(work, &ids)
}

fn take_handovers(work: &Work<'_>, conversation: i64) -> Result<(), Fault> {
    let handovers = {
        let mut statement = work.prepare("SELECT id FROM handovers WHERE conversation = ?1")?;
        let rows = statement.query_map([conversation], |row| row.get::<_, HandoverId>(0))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    for handover in &handovers {
        work.execute("DELETE FROM legs WHERE handover = ?1", [handover])?;
        work.execute("DELETE FROM journal WHERE handover = ?1", [handover])?;
        work.execute("DELETE FROM handovers WHERE id = ?1", [handover])?;
    }
    let ids: Vec<String> = handovers.iter().map(ToString::to_string).collect();
    if !ids.is_empty() {
        work.execute(
            "DELETE FROM warnings WHERE subject IN (SELECT value FROM json_each(?1))",
            [serde_json::to_string(&ids)?],
        )?;
    }
    forget_subjects(work, &ids)
}

/// That somebody did something stays; to what is forgotten.
fn forget_subjects(work: &Work<'_>, ids: &[String]) -> Result<(), Fault> {
    if ids.is_empty() {
        return Ok(());
    }
    work.execute(
        "UPDATE audit SET subject = 'erased' WHERE subject IN (SELECT value FROM json_each(?1))",
        [serde_json::to_string(ids)?],
    )?;
    Ok(())
}

/// Whether something has come between since it was looked at, or is still on its way although it was called off.
fn is_owed(work: &Work<'_>, remains: &Remains) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM conversations c WHERE c.row = ?1 AND (c.phase IS NOT NULL \
               OR EXISTS (SELECT 1 FROM deliveries WHERE lane = c.id AND settled_at IS NULL \
                   AND substr(destination, 1, 4) = 'bot:'))) \
               OR EXISTS (SELECT 1 FROM deliveries WHERE row > ?2 AND conversation = ?1) \
               OR EXISTS (SELECT 1 FROM erasing WHERE conversation = ?1 AND told = 0)";
    let parameters = params![remains.conversation, remains.upto];
    let is_owed = work
        .prepare(sql)?
        .query_row(parameters, |row| row.get::<_, bool>(0))?;
    Ok(is_owed || is_called(work, remains.conversation)?)
}

/// Whether its bot or one of its desks is being called.
fn is_called(work: &Work<'_>, conversation: i64) -> Result<bool, Fault> {
    let sql = "SELECT id, NULL FROM conversations WHERE row = ?1 UNION ALL \
               SELECT NULL, l.id FROM handovers h JOIN legs l ON l.handover = h.id WHERE h.conversation = ?1";
    let mut statement = work.prepare(sql)?;
    let lanes = statement.query_map([conversation], |row| {
        let bot = row.get::<_, Option<ConversationId>>(0)?.map(Lane::Bot);
        let leg = row.get::<_, Option<LegId>>(1)?.map(Lane::Leg);
        Ok(bot.or(leg))
    })?;
    let lanes = lanes.collect::<Result<Vec<_>, _>>()?;
    Ok(lanes.into_iter().flatten().any(|lane| work.is_called(lane)))
}
