//! One conversation as the console shows it.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::{
    super::{
        columns::{self, asked_desk, count, integer, values},
        database::{Database, Statement},
        fault::Fault,
        listing::{self, view_columns},
        transcript,
    },
    row,
};
use crate::{
    domain::{
        effect::{Cause, JournalEntry},
        ids::{ConversationId, MessageId, OperatorName},
        message::Message,
    },
    store::{ConversationView, DeliveryView, MessageView},
};

const STATE: &str = "SELECT revision, state FROM conversations WHERE id = $1";
/// What is or was owed to the bot. There is no index from a conversation to what is owed to desks: it would cost more,
/// with every message of a user, than it tells here.
const DELIVERIES: &str = concat!(
    "SELECT ",
    view_columns!(),
    " FROM deliveries d WHERE d.conversation = $1 AND substr(d.destination, 1, 4) = 'bot:' ORDER BY d.row"
);
const HANDOVERS: &str = concat!(
    "SELECT id, ",
    asked_desk!(),
    ", facts, phase, operator, requested_at, phase_since, ended_at, reason \
     FROM handovers h WHERE conversation = $1 ORDER BY requested_at, row"
);
const JOURNAL: &str = "SELECT j.at, j.handover, j.from_phase, j.to_phase, j.cause, j.detail, j.operator \
    FROM handovers h JOIN journal j ON j.handover = h.id WHERE h.conversation = $1 ORDER BY j.row";

/// All of it is of one moment.
pub(super) async fn view(
    database: &Database,
    id: ConversationId,
    before: Option<u64>,
    limit: usize,
) -> Result<Option<ConversationView>, Fault> {
    let reads = [
        Statement::new(STATE, values![id]),
        transcript::before(id, before, limit),
        Statement::new(DELIVERIES, values![id]),
        Statement::new(HANDOVERS, values![id]),
        Statement::new(JOURNAL, values![id]),
    ];
    let (_, found) = database.snapshot(&reads).await?;
    let [state, messages, deliveries, handovers, journal] = found.as_slice() else {
        return Err(Fault::Missing);
    };
    let Some(state) = state.first() else {
        return Ok(None);
    };
    let messages = transcript::newest(messages, limit)?;
    let mut deliveries = by_message(deliveries)?;
    let shown = |message: Message| MessageView {
        deliveries: deliveries.remove(&message.id).unwrap_or_default(),
        message,
    };
    let journal = journal.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(ConversationView {
        state: columns::json(state, 1)?,
        version: count(state.try_get(0)?),
        more: messages.more,
        messages: messages.items.into_iter().map(shown).collect(),
        handovers: handovers
            .iter()
            .map(|handover| row::read_handover(handover, 0))
            .collect::<Result<_, _>>()?,
        journal: journal.into_iter().flatten().collect(),
    }))
}

fn by_message(rows: &[Row]) -> Result<HashMap<MessageId, Vec<DeliveryView>>, Fault> {
    let mut of_messages: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let delivery = listing::view(row)?;
        if let Some(message) = delivery.message {
            of_messages.entry(message).or_default().push(delivery);
        }
    }
    Ok(of_messages)
}

/// None: of a cause that only a newer version knows.
fn entry(row: &Row) -> Result<Option<JournalEntry>, Fault> {
    let Some(cause) = Cause::from_label(row.try_get(4)?) else {
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
    database: &Database,
    id: ConversationId,
    operator: &OperatorName,
    seq: u64,
) -> Result<(), Fault> {
    let sql = "INSERT INTO console_reads AS r (conversation, operator, seq) \
               SELECT m.conversation, $2, least($3, max(m.seq)) FROM conversations c \
               JOIN messages m ON m.conversation = c.id WHERE c.id = $1 GROUP BY m.conversation \
               ON CONFLICT (conversation, operator) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > r.seq";
    database
        .write(sql, values![id, operator, integer(seq)])
        .await?;
    Ok(())
}
