//! What a desk tells of a conversation that is not known to be ours yet: it may tell it before it has answered the call
//! that began it. Kept for a short while, few and small, and applied as soon as the reference is known.

use super::{
    columns::{self, integer, storable, values},
    database::Statement,
    fault::Fault,
    work::Work,
};
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
/// Should the reference become known meanwhile, the step is decided again.
pub(super) async fn keep(
    work: &mut Work,
    (desk, reference): (&DeskName, &str),
    (events, until): (&[Unmatched], Timestamp),
) -> Result<bool, Fault> {
    let waiting = waiting(work, desk, reference).await?;
    let newest = waiting.iter().map(|(row, _)| *row).max().unwrap_or(0);
    let mut known: Vec<Hashed> = waiting
        .into_iter()
        .flat_map(|(_, kept)| kept.keys)
        .collect();
    let mut fresh = Vec::new();
    for Unmatched { event, keys } in events {
        let is_known = |key: &Hashed| known.iter().any(|known| known.hash == key.hash);
        if !keys.iter().any(is_known) {
            known.extend(keys);
            fresh.push((serde_json::to_string(event)?, serde_json::to_string(keys)?));
        }
    }
    let sql = "SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM unmatched_events \
               WHERE desk = $1 AND expires_at >= $2";
    let row = work.row(sql, values![desk, work.now]).await?;
    let row = row.ok_or(Fault::Missing)?;
    let (count, bytes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let more: usize = fresh.iter().map(|(event, _)| event.len()).sum();
    if count + size(fresh.len()) > MOST_EVENTS || bytes + size(more) > MOST_BYTES {
        tracing::warn!(%desk, "too much waits of conversations that are not known, more is not kept");
        return Ok(false);
    }
    if fresh.is_empty() {
        return Ok(true);
    }
    work.writes
        .names
        .insert((desk.clone(), storable(reference)));
    work.writes.checks.push(Statement::new(
        "SELECT handover_expect((SELECT count(*) FROM leg_names WHERE desk = $1 AND reference = $2) + \
         (SELECT count(*) FROM unmatched_events WHERE desk = $1 AND reference = $2 AND row > $3 AND expires_at >= $4), 0)",
        values![desk, reference, newest, work.now],
    ));
    work.write(
        "DELETE FROM unmatched_events WHERE desk = $1 AND expires_at < $2",
        values![desk, work.now],
    );
    for (event, keys) in fresh {
        work.write(
            "INSERT INTO unmatched_events (desk, reference, expires_at, size, event, keys) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![desk, reference, until, size(event.len()), event, keys],
        );
    }
    Ok(true)
}

/// Takes out what waits for this reference, in the order in which it came. Should more come meanwhile, the step is
/// decided again.
pub(super) async fn take(
    work: &mut Work,
    desk: &DeskName,
    reference: &str,
) -> Result<Vec<Unmatched>, Fault> {
    let found = waiting(work, desk, reference).await?;
    let newest = found.iter().map(|(row, _)| *row).max().unwrap_or(0);
    work.writes
        .names
        .insert((desk.clone(), storable(reference)));
    work.writes.checks.push(Statement::new(
        "SELECT handover_expect(count(*), 0) FROM unmatched_events \
         WHERE desk = $1 AND reference = $2 AND row > $3 AND expires_at >= $4",
        values![desk, reference, newest, work.now],
    ));
    if !found.is_empty() {
        work.write(
            "DELETE FROM unmatched_events WHERE desk = $1 AND reference = $2",
            values![desk, reference],
        );
    }
    Ok(found.into_iter().map(|(_, kept)| kept).collect())
}

async fn waiting(
    work: &mut Work,
    desk: &DeskName,
    reference: &str,
) -> Result<Vec<(i64, Unmatched)>, Fault> {
    let sql = "SELECT row, event, keys FROM unmatched_events \
               WHERE desk = $1 AND reference = $2 AND expires_at >= $3 ORDER BY row";
    let rows = work.rows(sql, values![desk, reference, work.now]).await?;
    let waiting = rows.iter().map(|row| {
        let kept = Unmatched {
            event: columns::json(row, 1)?,
            keys: columns::json(row, 2)?,
        };
        Ok((row.try_get(0)?, kept))
    });
    waiting.collect()
}

fn size(length: usize) -> i64 {
    integer(u64::try_from(length).unwrap_or(u64::MAX))
}
