//! What operators changed, and who they were: one row a change, in the same transaction.

use rusqlite::{Connection, params};

use super::{fault::Fault, work::Work};
use crate::store::{AuditEntry, Page, audit::Action, page::one_more};

/// `subject` is an id: nothing here may tell of a person.
pub(super) fn keep(
    work: &Work<'_>,
    by: &str,
    action: Action,
    subject: impl std::fmt::Display,
) -> Result<(), Fault> {
    write(work, by, action.as_str(), &subject.to_string())
}

pub(super) fn write(work: &Work<'_>, by: &str, action: &str, subject: &str) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO audit (at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)",
        params![work.now, by, action, subject],
    )?;
    Ok(())
}

/// The newest first, before this row if one is named.
pub(super) fn trail(
    connection: &Connection,
    before: Option<i64>,
    limit: usize,
) -> Result<Page<AuditEntry>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT row, at, actor, action, subject FROM audit WHERE row < ?1 ORDER BY row DESC LIMIT ?2",
    )?;
    let before = before.unwrap_or(i64::MAX);
    let rows = statement.query_map(params![before, one_more(limit)], |row| {
        Ok(AuditEntry {
            row: row.get(0)?,
            at: row.get(1)?,
            actor: row.get(2)?,
            action: row.get(3)?,
            subject: row.get(4)?,
        })
    })?;
    Ok(Page::of(rows.collect::<Result<_, _>>()?, limit))
}
