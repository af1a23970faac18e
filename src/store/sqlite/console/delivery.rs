//! Deliveries, for whoever decides about them.

use rusqlite::{Connection, OptionalExtension};

use super::super::{columns, fault::Fault, jobs, views};
use crate::{
    domain::ids::DeliveryId,
    store::{DeliveryFilter, OneDelivery, Page, console::row::Excerpt as Owner},
};

pub(super) fn page(
    connection: &Connection,
    filter: &DeliveryFilter,
) -> Result<Page<OneDelivery>, Fault> {
    // The list and what its rows carry are of one moment.
    let moment = connection.unchecked_transaction()?;
    let Page { items, more } = views::deliveries(&moment, filter)?;
    let items = items
        .iter()
        .filter_map(|view| find(&moment, view.id).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Page { items, more })
}

/// Also where its user or its message cannot be read any more: that may be why it is looked at.
pub(super) fn find(connection: &Connection, id: DeliveryId) -> Result<Option<OneDelivery>, Fault> {
    let mut statement = connection.prepare_cached(
        concat!(
            "SELECT ",
            views::view_columns!(),
            ", c.id, c.state FROM deliveries d JOIN conversations c ON c.row = d.conversation WHERE d.id = ?1",
        ),
    )?;
    let found = statement.query_row([id], |row| {
        Ok(OneDelivery {
            view: views::delivery_view(row)?,
            conversation: row.get(11)?,
            user: columns::json(row, 12).ok().and_then(Owner::name),
            message: None,
        })
    });
    let Some(found) = found.optional()? else {
        return Ok(None);
    };
    let message = found.view.message;
    let message = message.and_then(|id| jobs::read_message(connection, id).ok());
    Ok(Some(OneDelivery {
        message: message.flatten(),
        ..found
    }))
}
