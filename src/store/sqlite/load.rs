//! Fills the memory from the rows, once, when the store is opened.

use rusqlite::{Connection, OptionalExtension};

use super::{
    columns::{self, AnyId, count},
    fault::Fault,
    handed_over::LATELY,
    lanes::{LaneKey, Waiting},
    memory::{Change, Memory},
    pauses,
    work::Settings,
};
use crate::domain::{
    conversation::{Conversation, ConversationKey},
    delivery::Task,
    ids::DeskName,
};

pub(super) fn fill(
    connection: &Connection,
    settings: &Settings,
    memory: &Memory,
) -> Result<(), Fault> {
    let mut changes = Vec::new();
    unsettled(connection, settings, &mut changes)?;
    at_desks(connection, &mut changes)?;
    handed_over(connection, settings, &mut changes)?;
    changes.extend(pauses::all(connection)?);
    memory.apply(changes);
    Ok(())
}

/// A state that cannot be read fails when it is needed, not here.
fn at_desks(connection: &Connection, changes: &mut Vec<Change>) -> Result<(), Fault> {
    let mut statement =
        connection.prepare("SELECT state, row FROM conversations WHERE wake_at IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let desk = match columns::json::<Conversation>(row, 0) {
            Ok(state) => state.desk().cloned(),
            Err(_) => desk_of_unread(connection, row.get(1)?)?,
        };
        if let Some(desk) = desk {
            changes.push(Change::Moved {
                from: None,
                to: Some(desk),
            });
        }
    }
    Ok(())
}

/// The desk that has a conversation whose state cannot be read, as [`Conversation::desk`] would say it.
pub(super) fn desk_of_unread(
    connection: &Connection,
    conversation: i64,
) -> Result<Option<DeskName>, Fault> {
    let found = connection
        .prepare_cached(
            "SELECT desk FROM handovers h WHERE conversation = ?1 AND ended_at IS NULL AND phase <> 'closing' \
             AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = h.id AND l.desk = h.desk AND NOT l.closed)",
        )?
        .query_row([conversation], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// Those that ended lately included. Not from the states: of one that cannot be read it is known all the same.
fn handed_over(
    connection: &Connection,
    settings: &Settings,
    changes: &mut Vec<Change>,
) -> Result<(), Fault> {
    let lately = settings.clock.now().minus(LATELY);
    let mut statement = connection.prepare(
        "SELECT c.bot, c.realm, c.user, h.ended_at FROM handovers h JOIN conversations c ON c.row = h.conversation \
         WHERE h.ended_at >= ?1 UNION ALL \
         SELECT bot, realm, user, NULL FROM conversations WHERE wake_at IS NOT NULL",
    )?;
    let mut rows = statement.query([lately])?;
    while let Some(row) = rows.next()? {
        changes.push(Change::HandedOver {
            key: ConversationKey {
                bot: row.get(0)?,
                realm: row.get(1)?,
                user: row.get(2)?,
            },
            until: row.get(3)?,
        });
    }
    Ok(())
}

/// A task that a newer version wrote is left alone: it keeps its row and holds nobody up.
fn unsettled(
    connection: &Connection,
    settings: &Settings,
    changes: &mut Vec<Change>,
) -> Result<(), Fault> {
    let mut statement = connection
        .prepare("SELECT row, lane, destination, ord, urgent, due_at, task FROM deliveries WHERE settled_at IS NULL")?;
    let mut rows = statement.query([])?;
    let mut unknown = 0_usize;
    while let Some(row) = rows.next()? {
        if columns::json::<Task>(row, 6).is_err() {
            unknown += 1;
            continue;
        }
        let destination = row.get(2)?;
        let order = count(row.get(3)?);
        let lane = columns::lane(row.get::<_, AnyId>(1)?.as_uuid(), &destination);
        changes.push(Change::Put(Waiting {
            row: row.get(0)?,
            lane: LaneKey(lane, settings.mutant.apart(order)),
            destination,
            order,
            urgent: row.get(4)?,
            due: row.get(5)?,
            at_hand: None,
        }));
    }
    if unknown > 0 {
        tracing::warn!(
            deliveries = unknown,
            "deliveries that a newer version wrote are left alone"
        );
    }
    Ok(())
}
