//! What an operator should look at. Raised again it counts up. That a bot is not paused yet is no row: it is read from
//! the handover, so that it is over when that is.

use rusqlite::{Connection, params};

use super::{
    columns::{self, count},
    fault::Fault,
    work::Work,
};
use crate::{
    domain::{
        conversation::Conversation,
        effect::{Warning, WarningKind},
        time::Timestamp,
    },
    store::{WarningView, tally::Tally, unpaused},
};

pub(super) fn raise(work: &mut Work<'_>, warning: &Warning) -> Result<(), Fault> {
    write(work.connection, warning, work.now)?;
    work.batch.tallies.push(Tally::Warned(warning.kind));
    Ok(())
}

/// Counts it in the rows alone.
pub(super) fn write(
    connection: &Connection,
    warning: &Warning,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "INSERT INTO warnings (kind, subject, count, first_at, last_at) VALUES (?1, ?2, 1, ?3, ?3) \
               ON CONFLICT (kind, subject) DO UPDATE SET count = count + 1, last_at = excluded.last_at";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![warning.kind, warning.subject, now])?;
    Ok(())
}

/// The newest first. One of a kind that only a newer version knows is not shown.
pub(super) fn all(connection: &Connection, now: Timestamp) -> Result<Vec<WarningView>, Fault> {
    let mut views = unpaused_bots(connection, now)?;
    let mut statement = connection.prepare_cached(
        "SELECT kind, subject, count, first_at, last_at FROM warnings ORDER BY last_at DESC, kind, subject",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(kind) = WarningKind::from_label(&row.get::<_, String>(0)?) else {
            continue;
        };
        views.push(WarningView {
            kind,
            subject: row.get(1)?,
            count: count(row.get(2)?),
            first_at: row.get(3)?,
            last_at: row.get(4)?,
        });
    }
    Ok(views)
}

/// Of open handovers. A state that cannot be read is passed over; one that is found for words in it is looked at.
fn unpaused_bots(connection: &Connection, now: Timestamp) -> Result<Vec<WarningView>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT state FROM conversations WHERE wake_at IS NOT NULL AND phase <> 'closing' \
         AND (instr(state, ?1) > 0 OR instr(state, ?2) > 0 OR instr(state, ?3) > 0) ORDER BY row",
    )?;
    let mut rows = statement.query(unpaused::WORDS)?;
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        let state: Option<Conversation> = columns::json(row, 0).ok();
        views.extend(state.and_then(|state| unpaused::unpaused(&state, now)));
    }
    Ok(views)
}
