//! What an operator should look at. Raised again it counts up.

use rusqlite::{Connection, params};

use super::{columns::count, fault::Fault, tally::Tally, work::Work};
use crate::{
    domain::effect::{Warning, WarningKind},
    store::WarningView,
};

pub(super) fn raise(work: &mut Work<'_>, warning: &Warning) -> Result<(), Fault> {
    let kind = serde_json::to_value(warning.kind)?;
    work.execute(
        "INSERT INTO warnings (kind, subject, count, first_at, last_at) VALUES (?1, ?2, 1, ?3, ?3) \
         ON CONFLICT (kind, subject) DO UPDATE SET count = count + 1, last_at = excluded.last_at",
        params![kind.as_str(), warning.subject, work.now],
    )?;
    work.batch.tallies.push(Tally::Warned(warning.kind));
    Ok(())
}

/// The newest first. One of a kind that only a newer version knows is not shown.
pub(super) fn all(connection: &Connection) -> Result<Vec<WarningView>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, subject, count, first_at, last_at FROM warnings ORDER BY last_at DESC, kind, subject",
    )?;
    let mut rows = statement.query([])?;
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(kind) = serde_json::from_value::<WarningKind>(row.get::<_, String>(0)?.into())
        else {
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
