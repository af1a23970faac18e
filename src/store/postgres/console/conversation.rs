//! One conversation as the console shows it.

use std::collections::HashMap;

use serde::Deserialize as _;
use tokio_postgres::{GenericClient, Row, types::Type};

use super::{
    super::{
        columns::{self, count, integer},
        deliveries::{self, view_columns},
        fault::Fault,
        messages,
    },
    row,
};
use crate::{
    domain::{
        effect::{Cause, JournalEntry},
        ids::{ConversationId, MessageId, OperatorName},
        message::Message,
    },
    store::{ConversationView, DeliveryView, InboxHandover, MessageView, Page, page::one_more},
};

/// Its version is read first: what is read after it may be newer, never older.
pub(super) async fn view(
    client: &impl GenericClient,
    id: ConversationId,
    page: (Option<u64>, usize),
) -> Result<Option<ConversationView>, Fault> {
    let sql = "SELECT row, touched, state FROM conversations WHERE id = $1";
    let found = client
        .query_typed_opt(sql, &[(&id.as_uuid(), Type::UUID)])
        .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let row = found.try_get(0)?;
    let (messages, mut deliveries, handovers, journal) = tokio::try_join!(
        messages(client, row, page),
        deliveries(client, row),
        handovers(client, row),
        journal(client, row),
    )?;
    let shown = |message: Message| MessageView {
        deliveries: deliveries.remove(&message.id).unwrap_or_default(),
        message,
    };
    Ok(Some(ConversationView {
        state: columns::json(&found, 2)?,
        version: count(found.try_get(1)?),
        more: messages.more,
        messages: messages.items.into_iter().map(shown).collect(),
        handovers,
        journal,
    }))
}

/// The newest before `before`, oldest first.
async fn messages(
    client: &impl GenericClient,
    conversation: i64,
    (before, limit): (Option<u64>, usize),
) -> Result<Page<Message>, Fault> {
    let sql = "SELECT id, seq, actor, at, content, handover, late, raw FROM messages \
               WHERE conversation = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
    let before = before.map_or(i64::MAX, integer);
    let rows = client
        .query_typed(
            sql,
            &[
                (&conversation, Type::INT8),
                (&before, Type::INT8),
                (&one_more(limit), Type::INT8),
            ],
        )
        .await?;
    let read = rows.iter().map(|row| messages::message(row, 0));
    let mut page = Page::of(read.collect::<Result<_, _>>()?, limit);
    page.items.reverse();
    Ok(page)
}

/// What is or was owed to the bot, by message. There is no index from a conversation to what is owed to desks: it would
/// cost more, with every message of a user, than it tells here.
async fn deliveries(
    client: &impl GenericClient,
    conversation: i64,
) -> Result<HashMap<MessageId, Vec<DeliveryView>>, Fault> {
    let sql = concat!(
        "SELECT ",
        view_columns!(),
        " FROM deliveries d WHERE d.conversation = $1 AND substr(d.destination, 1, 4) = 'bot:' ORDER BY d.row"
    );
    let rows = client
        .query_typed(sql, &[(&conversation, Type::INT8)])
        .await?;
    let mut of_messages: HashMap<_, Vec<_>> = HashMap::new();
    for row in &rows {
        let delivery = deliveries::view(row)?;
        if let Some(message) = delivery.message {
            of_messages.entry(message).or_default().push(delivery);
        }
    }
    Ok(of_messages)
}

async fn handovers(
    client: &impl GenericClient,
    conversation: i64,
) -> Result<Vec<InboxHandover>, Fault> {
    let sql = "SELECT id, desk, facts, phase, operator, requested_at, phase_since, ended_at, reason \
               FROM handovers WHERE conversation = $1 ORDER BY requested_at, row";
    let rows = client
        .query_typed(sql, &[(&conversation, Type::INT8)])
        .await?;
    rows.iter()
        .map(|found| row::read_handover(found, 0))
        .collect()
}

async fn journal(
    client: &impl GenericClient,
    conversation: i64,
) -> Result<Vec<JournalEntry>, Fault> {
    let sql = "SELECT j.at, j.handover, j.from_phase, j.to_phase, j.cause, j.detail, j.operator \
               FROM handovers h JOIN journal j ON j.handover = h.id WHERE h.conversation = $1 ORDER BY j.row";
    let rows = client
        .query_typed(sql, &[(&conversation, Type::INT8)])
        .await?;
    let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().flatten().collect())
}

/// None: of a cause that only a newer version knows.
fn entry(row: &Row) -> Result<Option<JournalEntry>, Fault> {
    let word = serde_json::Value::String(row.try_get(4)?);
    let Ok(cause) = Cause::deserialize(word) else {
        return Ok(None);
    };
    Ok(Some(JournalEntry {
        at: row.try_get(0)?,
        handover: row.try_get(1)?,
        from: row.try_get(2)?,
        to: row.try_get(3)?,
        cause,
        detail: row.try_get(5)?,
        by: row.try_get(6)?,
    }))
}

/// What does not exist yet cannot have been read.
pub(super) async fn mark_read(
    client: &impl GenericClient,
    (id, operator): (ConversationId, &OperatorName),
    seq: u64,
) -> Result<(), Fault> {
    let sql = "INSERT INTO console_reads AS r (conversation, operator, seq) \
               SELECT m.conversation, $2, least($3, max(m.seq)) FROM conversations c \
               JOIN messages m ON m.conversation = c.row WHERE c.id = $1 GROUP BY m.conversation \
               ON CONFLICT (conversation, operator) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > r.seq";
    client
        .execute_typed(
            sql,
            &[
                (&id.as_uuid(), Type::UUID),
                (&operator.as_str(), Type::TEXT),
                (&integer(seq), Type::INT8),
            ],
        )
        .await?;
    Ok(())
}
