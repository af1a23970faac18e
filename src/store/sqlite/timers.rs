//! Deadlines: rows, fired by whoever looks. Nothing here ticks; upkeep sleeps until the next one.

use rusqlite::{Connection, OptionalExtension, params};

use super::{columns::number, fault::Fault, subject::Subject, work::Work};
use crate::{
    domain::{event::Event, ids::BotName, policy::Policy, time::Timestamp},
    store::{LOOK_AGAIN_AFTER, PUT_OFF_FOR},
};

/// The bots of the configuration, as statements are given them.
#[derive(Clone, Debug)]
pub(super) struct Bots(String);

impl Bots {
    pub(super) fn of(policy: &Policy) -> Result<Self, Fault> {
        let names: Vec<&str> = policy.bots.keys().map(BotName::as_str).collect();
        Ok(Self(serde_json::to_string(&names)?))
    }
}

/// The conversations of these bots whose time has come, the longest overdue first. The names are only compared: to look
/// conversations up by them would go through all of a bot's.
pub(super) fn due(
    connection: &Connection,
    bots: &Bots,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let limit = number(limit);
    let mut statement = connection.prepare_cached(
        "SELECT row FROM conversations WHERE wake_at <= ?1 AND +bot IN (SELECT value FROM json_each(?3)) \
         ORDER BY wake_at LIMIT ?2",
    )?;
    let rows = statement.query_map(params![now, limit, bots.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn next(connection: &Connection, bots: &Bots) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT wake_at FROM conversations WHERE wake_at IS NOT NULL \
               AND +bot IN (SELECT value FROM json_each(?1)) ORDER BY wake_at LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([&bots.0], |row| row.get(0))
        .optional()?)
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
    subject.put_back(work);
    if still_due {
        let sql = "UPDATE conversations SET wake_at = ?2 WHERE row = ?1";
        work.execute(sql, params![row, work.now.plus(LOOK_AGAIN_AFTER)])?;
    }
    Ok(true)
}

/// Without the state, which may be what is wrong with it.
pub(super) fn put_off(work: &Work<'_>, row: i64) -> Result<(), Fault> {
    let sql = "UPDATE conversations SET wake_at = ?2 WHERE row = ?1 AND wake_at IS NOT NULL";
    work.execute(sql, params![row, work.now.plus(PUT_OFF_FOR)])?;
    Ok(())
}
