//! Deadlines: rows, fired by whoever looks. Nothing here ticks; upkeep sleeps until the next one.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::{columns::number, fault::Fault, subject::Subject, work::Work};
use crate::domain::{event::Event, time::Timestamp};

/// A deadline that `decide` leaves standing is looked at again after this, not at once for ever.
const AGAIN: Duration = Duration::from_secs(1);
/// One that cannot be looked at stands in nobody's way for so long.
const AFTER_FAILURE: Duration = Duration::from_mins(5);

/// The conversations whose time has come, the longest overdue first.
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let limit = number(limit);
    let mut statement = connection.prepare_cached(
        "SELECT row FROM conversations WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2",
    )?;
    let rows = statement.query_map(params![now, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn next(connection: &Connection) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT min(wake_at) FROM conversations WHERE wake_at IS NOT NULL";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?)
}

/// Looks at one conversation. Says whether its time had come: somebody may have been quicker.
pub(super) fn fire(work: &mut Work<'_>, row: i64) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE row = ?1 AND wake_at <= ?2)";
    if !work
        .prepare(sql)?
        .query_row(params![row, work.now], |row| row.get::<_, bool>(0))?
    {
        return Ok(false);
    }
    let (subject, _) = Subject::by_row(work, row)?.turn(work, &Event::TimerFired)?;
    let still_due = subject.state.wake_at().is_some_and(|at| at <= work.now);
    subject.leave(work);
    if still_due {
        let sql = "UPDATE conversations SET wake_at = ?2 WHERE row = ?1";
        work.execute(sql, params![row, work.now.plus(AGAIN)])?;
    }
    Ok(true)
}

/// Without the state, which may be what is wrong with it.
pub(super) fn put_off(work: &Work<'_>, row: i64) -> Result<(), Fault> {
    let sql = "UPDATE conversations SET wake_at = ?2 WHERE row = ?1 AND wake_at IS NOT NULL";
    work.execute(sql, params![row, work.now.plus(AFTER_FAILURE)])?;
    Ok(())
}
