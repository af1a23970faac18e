//! Whose an id is.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::super::{
    columns::{self, values},
    database::Database,
    fault::Fault,
};
use crate::{
    domain::ids::ConversationId,
    store::{UserOf, console::row::Excerpt},
};

pub(super) async fn users(
    database: &Database,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, UserOf>, Fault> {
    let sql = "SELECT w.id, c.id, c.state FROM unnest($1) AS w (id) JOIN conversations c ON c.id = coalesce(\
               (SELECT conversation FROM handovers WHERE id = w.id), \
               (SELECT conversation FROM messages WHERE id = w.id), w.id)";
    let read = |row: &Row| {
        let user = UserOf {
            conversation: row.try_get(1)?,
            name: columns::json(row, 2).ok().and_then(Excerpt::name),
        };
        Ok((row.try_get(0)?, user))
    };
    let rows = database.rows(sql, values![ids]).await?;
    rows.iter().map(read).collect()
}

/// The conversation that has this id, or whose handover or message has it.
pub(super) async fn conversation(
    database: &Database,
    id: Uuid,
) -> Result<Option<ConversationId>, Fault> {
    let sql = "SELECT id FROM conversations WHERE id = $1 \
               UNION ALL SELECT conversation FROM handovers WHERE id = $1 \
               UNION ALL SELECT conversation FROM messages WHERE id = $1 LIMIT 1";
    let found = database.row(sql, values![id]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}
