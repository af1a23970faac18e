//! Who is signed in.

use tokio_postgres::Row;

use super::super::{
    columns::{count, values},
    database::Database,
    fault::Fault,
};
use crate::{
    domain::{ids::OperatorName, time::Timestamp},
    store::{Session, SessionId},
};

pub(super) async fn begin(database: &Database, session: &Session) -> Result<(), Fault> {
    let sql =
        "INSERT INTO console_sessions (id, operator, begun_at, seen_at) VALUES ($1, $2, $3, $4)";
    let Session {
        id,
        operator,
        begun_at,
        seen_at,
    } = session;
    database
        .write(sql, values![id, operator, begun_at, seen_at])
        .await?;
    Ok(())
}

pub(super) async fn find(database: &Database, id: SessionId) -> Result<Option<Session>, Fault> {
    let sql = "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE id = $1";
    let found = database.row(sql, values![id]).await?;
    found.as_ref().map(read).transpose()
}

pub(super) async fn touch(database: &Database, id: SessionId, at: Timestamp) -> Result<(), Fault> {
    let sql = "UPDATE console_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    database.write(sql, values![id, at]).await?;
    Ok(())
}

pub(super) async fn end(database: &Database, id: SessionId) -> Result<(), Fault> {
    let sql = "DELETE FROM console_sessions WHERE id = $1";
    database.write(sql, values![id]).await?;
    Ok(())
}

/// Says how many.
pub(super) async fn end_all(
    database: &Database,
    of: Option<&OperatorName>,
) -> Result<usize, Fault> {
    let sql = "WITH ended AS (DELETE FROM console_sessions WHERE $1 IS NULL OR operator = $1 RETURNING id) \
               SELECT count(*) FROM ended";
    let ended = database.write(sql, values![of]).await?;
    let ended = ended.first().ok_or(Fault::Missing)?;
    Ok(usize::try_from(count(ended.try_get(0)?)).unwrap_or(usize::MAX))
}

pub(super) async fn since(database: &Database, seen: Timestamp) -> Result<Vec<Session>, Fault> {
    let sql = "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE seen_at >= $1 \
               ORDER BY seen_at DESC, id";
    let rows = database.rows(sql, values![seen]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        id: row.try_get(0)?,
        operator: row.try_get(1)?,
        begun_at: row.try_get(2)?,
        seen_at: row.try_get(3)?,
    })
}
