//! Who is signed in.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{fault::Fault, work::Work};
use crate::{
    domain::{ids::OperatorName, time::Timestamp},
    store::{Session, SessionId},
};

pub(super) fn begin(work: &Work<'_>, session: &Session) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO console_sessions (id, operator, begun_at, seen_at) VALUES (?1, ?2, ?3, ?4)",
        params![
            session.id,
            session.operator,
            session.begun_at,
            session.seen_at
        ],
    )?;
    Ok(())
}

pub(super) fn find(connection: &Connection, id: SessionId) -> Result<Option<Session>, Fault> {
    let sql = "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE id = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([id], read)
        .optional()?)
}

pub(super) fn touch(work: &Work<'_>, id: SessionId, at: Timestamp) -> Result<(), Fault> {
    work.execute(
        "UPDATE console_sessions SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2",
        params![id, at],
    )?;
    Ok(())
}

pub(super) fn end(work: &Work<'_>, id: SessionId) -> Result<(), Fault> {
    work.execute("DELETE FROM console_sessions WHERE id = ?1", [id])?;
    Ok(())
}

pub(super) fn end_all(work: &Work<'_>, of: Option<&OperatorName>) -> Result<usize, Fault> {
    work.execute(
        "DELETE FROM console_sessions WHERE ?1 IS NULL OR operator = ?1",
        [of],
    )
}

pub(super) fn since(connection: &Connection, seen: Timestamp) -> Result<Vec<Session>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT id, operator, begun_at, seen_at FROM console_sessions WHERE seen_at >= ?1 \
         ORDER BY seen_at DESC, id",
    )?;
    let rows = statement.query_map([seen], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// There are never more of them than people who sign in, so all are looked at.
pub(in crate::store::sqlite) fn purge(work: &Work<'_>) -> Result<usize, Fault> {
    work.execute(
        "DELETE FROM console_sessions WHERE begun_at < ?1",
        [work.now.minus(Session::KEPT)],
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        operator: row.get(1)?,
        begun_at: row.get(2)?,
        seen_at: row.get(3)?,
    })
}
