//! One delivery, for whoever decides about it.

use rusqlite::{Connection, OptionalExtension};

use super::super::{fault::Fault, jobs, views};
use crate::{domain::ids::DeliveryId, store::OneDelivery};

pub(super) fn find(connection: &Connection, id: DeliveryId) -> Result<Option<OneDelivery>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT d.id, d.handover, d.destination, json_extract(d.task, '$.do'), d.state, d.attempts, d.error_class, \
         d.created_at, iif(d.settled_at IS NULL, d.due_at, NULL), json_extract(d.task, '$.message'), d.settled_at, c.id \
         FROM deliveries d JOIN conversations c ON c.row = d.conversation WHERE d.id = ?1",
    )?;
    let found = statement
        .query_row([id], |row| Ok((views::delivery_view(row)?, row.get(11)?)))
        .optional()?;
    let Some((view, conversation)) = found else {
        return Ok(None);
    };
    let message = view.message.map(|id| jobs::read_message(connection, id));
    Ok(Some(OneDelivery {
        view,
        conversation,
        message: message.transpose()?.flatten(),
    }))
}
