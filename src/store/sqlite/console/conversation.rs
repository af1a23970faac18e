//! One conversation as the console shows it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    super::{
        columns::{self, asked_desk, integer},
        fault::Fault,
        transcript, views,
        work::Work,
    },
    row,
};
use crate::{
    domain::{
        conversation::Conversation,
        effect::{Cause, JournalEntry},
        ids::{ConversationId, MessageId, OperatorName},
    },
    store::{ConversationView, DeliveryView, InboxHandover, MessageView},
};

pub(super) fn view(
    connection: &Connection,
    id: ConversationId,
    before: Option<u64>,
    limit: usize,
) -> Result<Option<ConversationView>, Fault> {
    // All of it is of one moment.
    let moment = connection.unchecked_transaction()?;
    let found: Option<(i64, Conversation)> = moment
        .prepare_cached("SELECT row, state FROM conversations_now WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, columns::json(row, 1)?)))
        .optional()?;
    let Some((row, state)) = found else {
        return Ok(None);
    };
    let messages = transcript::before(&moment, row, before, limit)?;
    let mut deliveries = deliveries(&moment, row)?;
    Ok(Some(ConversationView {
        state,
        version: 0,
        more: messages.more,
        messages: messages
            .items
            .into_iter()
            .map(|message| MessageView {
                deliveries: deliveries.remove(&message.id).unwrap_or_default(),
                message,
            })
            .collect(),
        handovers: handovers(&moment, row)?,
        journal: journal(&moment, row)?,
    }))
}

/// What is or was owed to the bot, by message. There is no index from a conversation to what is owed to desks: it would
/// cost more, with every message of a user, than it tells here.
fn deliveries(
    connection: &Connection,
    conversation: i64,
) -> Result<HashMap<MessageId, Vec<DeliveryView>>, Fault> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        views::view_columns!(),
        " FROM deliveries d INDEXED BY deliveries_to_bot \
         WHERE d.conversation = ?1 AND substr(d.destination, 1, 4) = 'bot:' ORDER BY d.row",
    ))?;
    let rows = statement.query_map([conversation], views::delivery_view)?;
    let mut of_messages: HashMap<_, Vec<_>> = HashMap::new();
    for delivery in rows {
        let delivery = delivery?;
        if let Some(message) = delivery.message {
            of_messages.entry(message).or_default().push(delivery);
        }
    }
    Ok(of_messages)
}

fn handovers(connection: &Connection, conversation: i64) -> Result<Vec<InboxHandover>, Fault> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT id, ",
        asked_desk!(),
        ", facts ->> '$.language', phase, operator, requested_at, phase_since, ended_at, reason \
         FROM handovers h WHERE conversation = ?1 ORDER BY requested_at, row",
    ))?;
    let rows = statement.query_map([conversation], |found| row::read_handover(found, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn journal(connection: &Connection, conversation: i64) -> Result<Vec<JournalEntry>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT j.at, j.handover, j.from_phase, j.to_phase, j.cause, j.detail, j.operator \
         FROM handovers h JOIN journal j ON j.handover = h.id WHERE h.conversation = ?1 ORDER BY j.row",
    )?;
    let rows = statement.query_map([conversation], entry)?;
    let entries = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().flatten().collect())
}

/// None: of a cause that only a newer version knows.
fn entry(row: &Row<'_>) -> rusqlite::Result<Option<JournalEntry>> {
    let Some(cause) = Cause::from_label(row.get_ref(4)?.as_str()?) else {
        return Ok(None);
    };
    Ok(Some(JournalEntry {
        at: row.get(0)?,
        handover: row.get(1)?,
        from: row.get(2)?,
        to: row.get(3)?,
        cause,
        detail: row.get(5)?,
        by: row.get(6)?,
    }))
}

/// What does not exist yet cannot have been read.
pub(super) fn mark_read(
    work: &Work<'_>,
    id: ConversationId,
    operator: &OperatorName,
    seq: u64,
) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO console_reads (conversation, operator, seq) \
         SELECT m.conversation, ?2, min(?3, max(m.seq)) FROM conversations c JOIN messages m ON m.conversation = c.row \
         WHERE c.id = ?1 GROUP BY m.conversation \
         ON CONFLICT (conversation, operator) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq",
        params![id, operator, integer(seq)],
    )?;
    Ok(())
}
