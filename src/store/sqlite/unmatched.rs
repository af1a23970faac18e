//! What a desk tells of a conversation that is not known to be ours yet: it may tell it before it has answered the call
//! that began it. Kept for a short while, few and small, and applied as soon as the reference is known.

use rusqlite::params;

use super::{columns, fault::Fault, work::Work};
use crate::{
    domain::ids::DeskName,
    store::unmatched::{Early, Fresh, Unmatched, fresh, have_room},
};

/// Says whether all of it is kept; if there is no room, nothing of it is. A repeat of what is kept is kept already.
pub(super) fn keep(work: &Work<'_>, early: &Early<'_>) -> Result<bool, Fault> {
    let &Early {
        desk,
        reference,
        span,
        ref events,
    } = early;
    let until = work.now.plus(span);
    work.execute(
        "DELETE FROM unmatched_events WHERE desk = ?1 AND expires_at < ?2",
        params![desk, work.now],
    )?;
    let waiting = waiting(work, desk, reference)?;
    let fresh = fresh(waiting.into_iter(), events)?;
    let kept = work
        .prepare("SELECT count(*), coalesce(sum(size), 0) FROM unmatched_events WHERE desk = ?1")?
        .query_row([desk], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !have_room(desk, kept, &fresh) {
        return Ok(false);
    }
    for Fresh { size, event, keys } in fresh {
        work.execute(
            "INSERT INTO unmatched_events (desk, reference, expires_at, size, event, keys) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![desk, reference, until, size, event, keys],
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
