//! Messages as they are read.

use tokio_postgres::Row;

use super::{
    columns::{self, count},
    fault::Fault,
};
use crate::domain::message::Message;

/// A message from the columns `id, seq, actor, at, content, handover, late, raw`, the first of which is given.
pub(super) fn message(row: &Row, from: usize) -> Result<Message, Fault> {
    Ok(Message {
        id: row.try_get(from)?,
        seq: count(row.try_get(from + 1)?),
        actor: row.try_get(from + 2)?,
        at: row.try_get(from + 3)?,
        content: columns::json(row, from + 4)?,
        handover: row.try_get(from + 5)?,
        late: row.try_get(from + 6)?,
        raw: row.try_get(from + 7)?,
    })
}
