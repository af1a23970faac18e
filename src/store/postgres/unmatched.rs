//! What a desk tells of a conversation that is not known to be ours yet: it may tell it before it has answered the call
//! that began it. Kept for a short while, few and small, and applied as soon as the reference is known.

use super::{
    columns::{self, storable, values},
    database::Statement,
    fault::Fault,
    work::Work,
};
use crate::{
    domain::ids::DeskName,
    store::unmatched::{Early, Fresh, Unmatched, fresh, have_room},
};

/// Says whether all of it is kept; if there is no room, nothing of it is. A repeat of what is kept is kept already.
/// Should the reference become known meanwhile, the step is decided again.
pub(super) async fn keep(work: &mut Work, early: &Early<'_>) -> Result<bool, Fault> {
    let &Early {
        desk,
        reference,
        span,
        ref events,
    } = early;
    let until = work.now.plus(span);
    let waiting = waiting(work, desk, reference).await?;
    let newest = waiting.iter().map(|(row, _)| *row).max().unwrap_or(0);
    let fresh = fresh(waiting.into_iter().map(|(_, kept)| kept), events)?;
    let sql = "SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM unmatched_events \
               WHERE desk = $1 AND expires_at >= $2";
    let row = work.row(sql, values![desk, work.now]).await?;
    let row = row.ok_or(Fault::Missing)?;
    if !have_room(desk, (row.try_get(0)?, row.try_get(1)?), &fresh) {
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
    for Fresh { size, event, keys } in fresh {
        work.write(
            "INSERT INTO unmatched_events (desk, reference, expires_at, size, event, keys) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![desk, reference, until, size, event, keys],
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
