//! Who is signed in.

use tokio_postgres::{GenericClient, Row, types::Type};

use super::super::fault::Fault;
use crate::{
    domain::{ids::OperatorName, time::Timestamp},
    store::{Session, SessionId},
};

pub(super) async fn begin(client: &impl GenericClient, session: &Session) -> Result<(), Fault> {
    let sql =
        "INSERT INTO console_sessions (id, operator, begun_at, seen_at) VALUES ($1, $2, $3, $4)";
    client
        .execute_typed(
            sql,
            &[
                (&session.id.0.as_slice(), Type::BYTEA),
                (&session.operator.as_str(), Type::TEXT),
                (&session.begun_at.as_millis(), Type::INT8),
                (&session.seen_at.as_millis(), Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn find(
    client: &impl GenericClient,
    id: SessionId,
) -> Result<Option<Session>, Fault> {
    let sql = "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE id = $1";
    let found = client
        .query_typed_opt(sql, &[(&id.0.as_slice(), Type::BYTEA)])
        .await?;
    found.as_ref().map(read).transpose()
}

pub(super) async fn touch(
    client: &impl GenericClient,
    id: SessionId,
    at: Timestamp,
) -> Result<(), Fault> {
    let sql = "UPDATE console_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    client
        .execute_typed(
            sql,
            &[
                (&id.0.as_slice(), Type::BYTEA),
                (&at.as_millis(), Type::INT8),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn end(client: &impl GenericClient, id: SessionId) -> Result<(), Fault> {
    let sql = "DELETE FROM console_sessions WHERE id = $1";
    client
        .execute_typed(sql, &[(&id.0.as_slice(), Type::BYTEA)])
        .await?;
    Ok(())
}

/// Says how many.
pub(super) async fn end_all(
    client: &impl GenericClient,
    of: Option<&OperatorName>,
) -> Result<u64, Fault> {
    let sql = "DELETE FROM console_sessions WHERE $1 IS NULL OR operator = $1";
    let of = of.map(OperatorName::as_str);
    Ok(client.execute_typed(sql, &[(&of, Type::TEXT)]).await?)
}

pub(super) async fn since(
    client: &impl GenericClient,
    seen: Timestamp,
) -> Result<Vec<Session>, Fault> {
    let sql = "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE seen_at >= $1 \
               ORDER BY seen_at DESC, id";
    let rows = client
        .query_typed(sql, &[(&seen.as_millis(), Type::INT8)])
        .await?;
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
