//! Whose an id is.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::super::{
    columns::{self, AnyId},
    fault::Fault,
};
use crate::store::{UserOf, console::row::Excerpt};

pub(super) fn users(connection: &Connection, ids: &[Uuid]) -> Result<HashMap<Uuid, UserOf>, Fault> {
    let sql = "SELECT id, state FROM conversations WHERE row = ?1";
    let mut users = HashMap::new();
    for &id in ids {
        let Some(row) = conversation(connection, id)? else {
            continue;
        };
        let read = connection.prepare_cached(sql)?.query_row([row], |row| {
            Ok(UserOf {
                conversation: row.get(0)?,
                name: columns::json(row, 1).ok().and_then(Excerpt::name),
            })
        });
        users.extend(read.optional()?.map(|user| (id, user)));
    }
    Ok(users)
}

/// The row of the conversation that has this id, or whose handover or message has it.
pub(super) fn conversation(connection: &Connection, id: Uuid) -> Result<Option<i64>, Fault> {
    let sql = "SELECT row FROM conversations WHERE id = ?1 \
               UNION ALL SELECT conversation FROM handovers WHERE id = ?1 \
               UNION ALL SELECT conversation FROM messages WHERE id = ?1 LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([AnyId(id)], |row| row.get(0))
        .optional()?)
}
