//! One row of the inbox, from the row of its conversation.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{
    columns::{self, asked_desk, count, select_messages},
    fault::Fault,
    jobs,
};
use crate::{
    domain::{
        ids::OperatorName,
        message::{Actor, Message},
    },
    store::{
        DeliveryState, InboxHandover, InboxRow,
        console::row::{Completion, Excerpt, Listed, UNREAD_AT_MOST},
    },
};

/// What [`Found::read`] reads, of `conversations c` and `handovers h`.
pub(super) const COLUMNS: &str = concat!(
    "c.row, c.id, c.bot, c.user, c.state, c.updated_at, h.id, ",
    asked_desk!(),
    ", h.facts ->> '$.language', h.phase, h.operator, h.requested_at, h.phase_since, h.ended_at, h.reason"
);
/// The same without a handover.
pub(super) const COLUMNS_ALONE: &str = "c.row, c.id, c.bot, c.user, c.state, c.updated_at, NULL";

/// A conversation that a list has found.
pub(super) struct Found {
    row: i64,
    pub(super) listed: Listed,
}

impl Found {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let handover: Option<_> = row.get_ref(6)?.as_blob_or_null()?;
        Ok(Self {
            row: row.get(0)?,
            listed: Listed {
                conversation: row.get(1)?,
                bot: row.get(2)?,
                user: row.get(3)?,
                profile: columns::json::<Excerpt>(row, 4)?.profile,
                updated_at: row.get(5)?,
                handover: handover
                    .is_some()
                    .then(|| read_handover(row, 6))
                    .transpose()?,
            },
        })
    }

    /// With what was said last, and how much of it `operator` has not seen.
    pub(super) fn complete(
        self,
        connection: &Connection,
        operator: &OperatorName,
    ) -> Result<InboxRow, Fault> {
        let last = last(connection, self.row)?;
        let of_agent = last.as_ref().filter(|last| last.actor == Actor::Agent);
        let (agent, fate) = match of_agent {
            Some(said) => (agent(connection, said)?, self.fate(connection, said)?),
            None => (None, None),
        };
        let with = Completion {
            last,
            agent,
            fate,
            unread: unread(connection, self.row, operator)?,
            version: 0,
        };
        Ok(self.listed.complete(with))
    }

    /// The worst that has become of a part of what an agent said, or of what it waits behind: nothing overtakes that. Of
    /// tasks, also of those that cannot be read any more, only those that deliver it hold its id.
    fn fate(
        &self,
        connection: &Connection,
        said: &Message,
    ) -> Result<Option<DeliveryState>, Fault> {
        let sql = "SELECT state FROM deliveries INDEXED BY deliveries_lost \
                   WHERE conversation = ?1 AND substr(destination, 1, 4) = 'bot:' \
                   AND (state = 'retrying' OR state = 'dead' OR state = 'cancelled') \
                   AND instr(task, iif(state = 'retrying', '\"do\":\"say\"', ?3)) > 0 \
                   AND (state <> 'retrying' OR EXISTS (SELECT 1 FROM deliveries own INDEXED BY deliveries_bot_lane \
                       WHERE own.lane = ?2 AND own.settled_at IS NULL AND substr(own.destination, 1, 4) = 'bot:' \
                       AND instr(own.task, ?3) > 0)) \
                   ORDER BY CASE state WHEN 'dead' THEN 0 WHEN 'cancelled' THEN 1 ELSE 2 END LIMIT 1";
        let parameters = params![self.row, self.listed.conversation, said.id.to_string()];
        Ok(connection
            .prepare_cached(sql)?
            .query_row(parameters, |row| row.get(0))
            .optional()?)
    }
}

/// From `id, desk, language, phase, operator, requested_at, phase_since, ended_at, reason`.
pub(super) fn read_handover(row: &Row<'_>, from: usize) -> rusqlite::Result<InboxHandover> {
    Ok(InboxHandover {
        id: row.get(from)?,
        desk: row.get(from + 1)?,
        language: row.get::<_, Option<String>>(from + 2)?.unwrap_or_default(),
        phase: row.get(from + 3)?,
        operator: row.get(from + 4)?,
        requested_at: row.get(from + 5)?,
        phase_since: row.get(from + 6)?,
        ended_at: row.get(from + 7)?,
        reason: row.get(from + 8)?,
    })
}

/// Of the bridge's own notices only where nobody has said anything.
fn last(connection: &Connection, conversation: i64) -> Result<Option<Message>, Fault> {
    let sql = select_messages!(
        "WHERE conversation = ?1 AND seq = coalesce(\
         (SELECT seq FROM messages WHERE conversation = ?1 AND actor <> 'system' ORDER BY seq DESC LIMIT 1), \
         (SELECT seq FROM messages WHERE conversation = ?1 ORDER BY seq DESC LIMIT 1))"
    );
    Ok(connection
        .prepare_cached(sql)?
        .query_row([conversation], jobs::message)
        .optional()?)
}

/// Whoever had joined last by the time that an agent said this.
fn agent(connection: &Connection, said: &Message) -> Result<Option<String>, Fault> {
    let sql = "SELECT detail FROM journal WHERE handover = ?1 AND cause = 'joined' AND at <= ?2 ORDER BY row DESC LIMIT 1";
    let name = connection
        .prepare_cached(sql)?
        .query_row(params![said.handover, said.at], |row| row.get(0))
        .optional()?;
    Ok(name.flatten())
}

fn unread(
    connection: &Connection,
    conversation: i64,
    operator: &OperatorName,
) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM messages WHERE conversation = ?1 AND seq > coalesce(\
               (SELECT seq FROM console_reads WHERE conversation = ?1 AND operator = ?2), 0) \
               AND actor = 'user' LIMIT ?3)";
    let parameters = params![conversation, operator, UNREAD_AT_MOST];
    Ok(count(
        connection
            .prepare_cached(sql)?
            .query_row(parameters, |row| row.get(0))?,
    ))
}
