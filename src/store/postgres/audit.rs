//! What operators changed, and who they were: one row a change, in the same transaction.

use tokio_postgres::Row;

use super::{columns::values, database::Statement, fault::Fault, work::Ground};
use crate::{
    domain::time::Timestamp,
    store::{AuditEntry, NewAudit, Page, audit::Action, page::one_more},
};

/// `subject` is an id: nothing here may tell of a person.
pub(super) fn kept(
    by: &str,
    action: Action,
    subject: impl std::fmt::Display,
    now: Timestamp,
) -> Statement {
    written(by, action.as_str(), &subject.to_string(), now)
}

pub(super) fn written(by: &str, action: &str, subject: &str, now: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO audit (at, actor, action, subject) VALUES ($1, $2, $3, $4)",
        values![now, by, action, subject],
    )
}

pub(super) async fn keep(ground: &Ground, entry: NewAudit) -> Result<(), Fault> {
    let sql = "INSERT INTO audit (at, actor, action, subject) VALUES ($1, $2, $3, $4)";
    let values = values![ground.clock.now(), entry.actor, entry.action, entry.subject];
    ground.database.write(sql, values).await?;
    Ok(())
}

/// The newest first, before this row if one is named.
pub(super) async fn trail(
    ground: &Ground,
    before: Option<i64>,
    limit: usize,
) -> Result<Page<AuditEntry>, Fault> {
    let sql = "SELECT row, at, actor, action, subject FROM audit WHERE row < $1 ORDER BY row DESC LIMIT $2";
    let values = values![before.unwrap_or(i64::MAX), one_more(limit)];
    let rows = ground.database.rows(sql, values).await?;
    let entries = rows.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Page::of(entries, limit))
}

fn entry(row: &Row) -> Result<AuditEntry, Fault> {
    Ok(AuditEntry {
        row: row.try_get(0)?,
        at: row.try_get(1)?,
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        subject: row.try_get(4)?,
    })
}
