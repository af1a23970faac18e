//! What operators changed, and who they were: one row a change, in the same transaction.

use tokio_postgres::{GenericClient, Row, types::Type};

use super::fault::Fault;
use crate::{
    domain::time::Timestamp,
    store::{AuditEntry, Page, audit::Action, page::one_more},
};

/// `subject` is an id: nothing here may tell of a person.
pub(super) async fn keep(
    client: &impl GenericClient,
    (by, action): (&str, Action),
    (subject, now): (impl std::fmt::Display, Timestamp),
) -> Result<(), Fault> {
    write(client, (by, action.as_str()), (&subject.to_string(), now)).await
}

pub(super) async fn write(
    client: &impl GenericClient,
    (by, action): (&str, &str),
    (subject, now): (&str, Timestamp),
) -> Result<(), Fault> {
    let sql = "INSERT INTO audit (at, actor, action, subject) VALUES ($1, $2, $3, $4)";
    client
        .execute_typed(
            sql,
            &[
                (&now.as_millis(), Type::INT8),
                (&by, Type::TEXT),
                (&action, Type::TEXT),
                (&subject, Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

/// The newest first, before this row if one is named.
pub(super) async fn trail(
    client: &impl GenericClient,
    before: Option<i64>,
    limit: usize,
) -> Result<Page<AuditEntry>, Fault> {
    let sql = "SELECT row, at, actor, action, subject FROM audit WHERE row < $1 ORDER BY row DESC LIMIT $2";
    let before = before.unwrap_or(i64::MAX);
    let rows = client
        .query_typed(
            sql,
            &[(&before, Type::INT8), (&one_more(limit), Type::INT8)],
        )
        .await?;
    let entry = |row: &Row| {
        Ok(AuditEntry {
            row: row.try_get(0)?,
            at: row.try_get(1)?,
            actor: row.try_get(2)?,
            action: row.try_get(3)?,
            subject: row.try_get(4)?,
        })
    };
    let entries = rows.iter().map(entry).collect::<Result<_, Fault>>()?;
    Ok(Page::of(entries, limit))
}
