//! One row of the inbox, from the row of its conversation.

use std::collections::HashMap;

use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::{
    columns::{self, count, message_columns, values},
    database::Database,
    fault::Fault,
    views,
};
use crate::{
    domain::{
        ids::{ConversationId, HandoverId, OperatorName},
        message::Message,
    },
    store::{
        DeliveryState, InboxHandover, InboxRow,
        console::row::{Completion, Excerpt, Listed, UNREAD_AT_MOST},
    },
};

/// What [`Found::read`] reads, of `conversations c` and `handovers h`.
macro_rules! found_columns {
    () => {
        concat!(
            "c.id, c.revision, c.bot, c.\"user\", c.state, c.updated_at, h.id, ",
            $crate::store::columns::asked_desk!(),
            ", h.facts, h.phase, h.operator, h.requested_at, h.phase_since, h.ended_at, h.reason"
        )
    };
}
pub(super) use found_columns;

/// A conversation that a list has found. What it is completed with may be newer than its version, never older.
pub(super) struct Found {
    version: u64,
    pub(super) listed: Listed,
}

/// As much of a handover's facts as the console shows.
#[derive(Deserialize)]
struct Facts {
    language: String,
}

/// What was said last, by which agent, and how much of it somebody has not seen.
#[derive(Clone, Default)]
struct Said {
    last: Option<Message>,
    agent: Option<String>,
    fate: Option<DeliveryState>,
    unread: u64,
}

impl Found {
    pub(super) fn read(row: &Row) -> Result<Self, Fault> {
        let handover: Option<HandoverId> = row.try_get(6)?;
        let handover = handover.is_some().then(|| read_handover(row, 6));
        Ok(Self {
            version: count(row.try_get(1)?),
            listed: Listed {
                conversation: row.try_get(0)?,
                bot: row.try_get(2)?,
                user: row.try_get(3)?,
                profile: columns::json::<Excerpt>(row, 4)?.profile,
                updated_at: row.try_get(5)?,
                handover: handover.transpose()?,
            },
        })
    }

    fn id(&self) -> Uuid {
        self.listed.conversation.as_uuid()
    }
}

/// With what was said last in each, and how much of it `operator` has not seen.
pub(super) async fn complete(
    database: &Database,
    found: Vec<Found>,
    operator: &OperatorName,
) -> Result<Vec<InboxRow>, Fault> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let said = said(database, &found, operator).await?;
    let complete = |found: Found| {
        let conversation = found.listed.conversation;
        // One whose handovers are over may be in a list more than once.
        let said = said.get(&conversation).cloned().unwrap_or_default();
        found.listed.complete(Completion {
            last: said.last,
            agent: said.agent,
            fate: said.fate,
            unread: said.unread,
            version: found.version,
        })
    };
    Ok(found.into_iter().map(complete).collect())
}

/// Of the bridge's own notices only where nobody has said anything. The agent is whoever had joined last by then; what
/// has become of it is the worst of what has become of its parts, or of what it waits behind: nothing overtakes that. Of
/// tasks only those that deliver it hold its id.
async fn said(
    database: &Database,
    found: &[Found],
    operator: &OperatorName,
) -> Result<HashMap<ConversationId, Said>, Fault> {
    let sql = concat!(
        "SELECT last.*, w.conversation, few.unread, joined.detail, lost.state FROM unnest($1) AS w (conversation) \
         CROSS JOIN LATERAL (SELECT count(*) AS unread FROM \
         (SELECT FROM messages m WHERE m.conversation = w.conversation AND m.actor = 'user' AND m.seq > coalesce(\
         (SELECT seq FROM console_reads r WHERE r.conversation = w.conversation AND r.operator = $2), 0) \
         LIMIT $3) found) few \
         CROSS JOIN LATERAL (SELECT ",
        message_columns!(),
        " FROM messages m \
         WHERE m.conversation = w.conversation AND m.seq = coalesce(\
         (SELECT seq FROM messages n WHERE n.conversation = w.conversation AND n.actor <> 'system' ORDER BY seq DESC LIMIT 1), \
         (SELECT seq FROM messages n WHERE n.conversation = w.conversation ORDER BY seq DESC LIMIT 1))) last \
         LEFT JOIN LATERAL (SELECT j.detail FROM journal j WHERE last.actor = 'agent' AND j.handover = last.handover \
         AND j.cause = 'joined' AND j.at <= last.at ORDER BY j.row DESC LIMIT 1) joined ON true \
         LEFT JOIN LATERAL (SELECT d.state FROM deliveries d WHERE last.actor = 'agent' \
         AND d.conversation = w.conversation AND substr(d.destination, 1, 4) = 'bot:' \
         AND d.state IN ('retrying', 'dead', 'cancelled') \
         AND strpos(d.task, CASE d.state WHEN 'retrying' THEN '\"do\":\"say\"' ELSE last.id::text END) > 0 \
         AND (d.state <> 'retrying' OR EXISTS (SELECT FROM deliveries own WHERE own.lane = w.conversation \
             AND own.settled_at IS NULL AND strpos(own.task, last.id::text) > 0)) \
         ORDER BY CASE d.state WHEN 'dead' THEN 0 WHEN 'cancelled' THEN 1 ELSE 2 END LIMIT 1) lost ON true"
    );
    let ids: Vec<Uuid> = found.iter().map(Found::id).collect();
    let rows = database
        .rows(sql, values![ids, operator, UNREAD_AT_MOST])
        .await?;
    let read = |row: &Row| {
        let said = Said {
            last: Some(views::message(row)?),
            agent: row.try_get(10)?,
            fate: row.try_get(11)?,
            unread: count(row.try_get(9)?),
        };
        Ok((row.try_get(8)?, said))
    };
    rows.iter().map(read).collect()
}

/// From `id, desk, facts, phase, operator, requested_at, phase_since, ended_at, reason`.
pub(super) fn read_handover(row: &Row, from: usize) -> Result<InboxHandover, Fault> {
    Ok(InboxHandover {
        id: row.try_get(from)?,
        desk: row.try_get(from + 1)?,
        language: columns::json::<Facts>(row, from + 2)?.language,
        phase: row.try_get(from + 3)?,
        operator: row.try_get(from + 4)?,
        requested_at: row.try_get(from + 5)?,
        phase_since: row.try_get(from + 6)?,
        ended_at: row.try_get(from + 7)?,
        reason: row.try_get(from + 8)?,
    })
}
