//! What a desk tells of a conversation that is not known to be ours yet: it may tell it before it has answered the call
//! that began it. Kept for a short while, few and small, and applied as soon as the reference is known.

use rusqlite::params;

use super::{columns, fault::Fault, work::Work};
use crate::{
    domain::{event::DeskEvent, ids::DeskName, time::Timestamp},
    store::hashing::Hashed,
};

/// As many events are kept of one desk. More than that come of conversations that are none of ours.
const MOST_EVENTS: i64 = 1000;
/// As many bytes of events are kept of one desk.
const MOST_BYTES: i64 = 4 * 1024 * 1024;

/// An event with its keys.
#[derive(Debug)]
pub(super) struct Unmatched {
    pub(super) event: DeskEvent,
    pub(super) keys: Vec<Hashed>,
}

/// Says whether all of it is kept; if there is no room, nothing of it is. A repeat of what is kept is kept already.
pub(super) fn keep(
    work: &Work<'_>,
    (desk, reference): (&DeskName, &str),
    (events, until): (&[Unmatched], Timestamp),
) -> Result<bool, Fault> {
    work.execute(
        "DELETE FROM unmatched_events WHERE desk = ?1 AND expires_at < ?2",
        params![desk, work.now],
    )?;
    let mut known: Vec<Hashed> = waiting(work, desk, reference)?
        .into_iter()
        .flat_map(|kept| kept.keys)
        .collect();
    let mut fresh = Vec::new();
    for Unmatched { event, keys } in events {
        let is_known = |key: &Hashed| known.iter().any(|known| known.hash == key.hash);
        if !keys.iter().any(is_known) {
            known.extend(keys);
            fresh.push((serde_json::to_string(event)?, serde_json::to_string(keys)?));
        }
    }
    let (count, bytes): (i64, i64) = work
        .prepare("SELECT count(*), coalesce(sum(size), 0) FROM unmatched_events WHERE desk = ?1")?
        .query_row([desk], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let more: usize = fresh.iter().map(|(event, _)| event.len()).sum();
    if count + size(fresh.len()) > MOST_EVENTS || bytes + size(more) > MOST_BYTES {
        tracing::warn!(%desk, "too much waits of conversations that are not known, more is not kept");
        return Ok(false);
    }
    for (event, keys) in fresh {
        work.execute(
            "INSERT INTO unmatched_events (desk, reference, expires_at, size, event, keys) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![desk, reference, until, size(event.len()), event, keys],
        )?;
    }
    Ok(true)
}

/// Takes out what waits for this reference, in the order in which it came.
pub(super) fn take(
    work: &Work<'_>,
    desk: &DeskName,
    reference: &str,
) -> Result<Vec<Unmatched>, Fault> {
    let found = waiting(work, desk, reference)?;
    if !found.is_empty() {
        work.execute(
            "DELETE FROM unmatched_events WHERE desk = ?1 AND reference = ?2",
            params![desk, reference],
        )?;
    }
    Ok(found)
}

pub(super) fn purge(work: &Work<'_>, limit: i64) -> Result<usize, Fault> {
    work.execute(
        "DELETE FROM unmatched_events WHERE row IN \
         (SELECT row FROM unmatched_events WHERE expires_at < ?1 ORDER BY row LIMIT ?2)",
        params![work.now, limit],
    )
}

fn waiting(work: &Work<'_>, desk: &DeskName, reference: &str) -> Result<Vec<Unmatched>, Fault> {
    let mut statement = work.prepare(
        "SELECT event, keys FROM unmatched_events WHERE desk = ?1 AND reference = ?2 AND expires_at >= ?3 ORDER BY row",
    )?;
    let rows = statement.query_map(params![desk, reference, work.now], |row| {
        Ok(Unmatched {
            event: columns::json(row, 0)?,
            keys: columns::json(row, 1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
