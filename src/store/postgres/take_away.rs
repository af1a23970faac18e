//! What takes the rows of an erased conversation away, a few in a step.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    columns::{number, values},
    erase::Remains,
    fault::Fault,
    work::{Attempt, Work},
    writes::Read,
};
use crate::{
    domain::{delivery::Task, ids::ConversationId},
    store::DeliveryState,
};

/// What there is of a conversation after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remaining {
    Nothing,
    Rows,
    /// Something has come between, and is owed first.
    Debts,
}

/// At most `limit` rows, the conversation itself last.
#[derive(Debug)]
pub(super) struct TakeAway {
    remains: Remains,
    limit: usize,
}

/// With what operators did to them, and with how the platform answered.
const DELIVERIES: &str = "WITH gone AS (DELETE FROM deliveries WHERE id = ANY($1) AND conversation = $2 \
    RETURNING id, task = $3 AND state = $4 AS forgotten, task = $3 AND state <> $4 AS kept), \
    platform AS (UPDATE erasures SET \
        platform_deleted = platform_deleted + (SELECT count(*) FROM gone WHERE forgotten), \
        platform_kept = platform_kept + (SELECT count(*) FROM gone WHERE kept) \
        WHERE at_platform AND id IN (SELECT erasure FROM erasing WHERE conversation = $2)) \
    UPDATE audit SET subject = 'erased' WHERE subject IN (SELECT id::text FROM gone)";
const MESSAGES: &str = "DELETE FROM messages WHERE id = ANY($1)";
/// That somebody did something stays; to what is forgotten.
const HANDOVERS: &str = "WITH gone AS (DELETE FROM handovers WHERE conversation = $1 RETURNING id), \
    legs AS (DELETE FROM legs WHERE handover IN (SELECT id FROM gone)), \
    journal AS (DELETE FROM journal WHERE handover IN (SELECT id FROM gone)), \
    warnings AS (DELETE FROM warnings WHERE subject IN (SELECT id::text FROM gone)) \
    UPDATE audit SET subject = 'erased' WHERE subject IN (SELECT id::text FROM gone)";
const CONVERSATION: &str = "WITH echoes AS (DELETE FROM echoes WHERE conversation = $1), \
    unknown AS (DELETE FROM unknown_events WHERE conversation = $1), \
    erasing AS (DELETE FROM erasing WHERE conversation = $1), \
    looks AS (UPDATE audit SET subject = 'erased' WHERE subject = $1::text) \
    DELETE FROM conversations WHERE id = $1";
/// Ends the step where another erasure of the same conversation has begun, and has to be told of first.
const ALL_TOLD: &str =
    "SELECT handover_expect(count(*), 0) FROM erasing WHERE conversation = $1 AND NOT told";

impl TakeAway {
    pub(super) fn new(remains: Remains, limit: usize) -> Self {
        Self { remains, limit }
    }

    /// The next one, after a step that has left rows.
    pub(super) fn next(mut self) -> Self {
        self.remains.revision = self.remains.revision.map(|revision| revision + 1);
        let left = self.remains.deliveries.len().saturating_sub(self.limit);
        self.remains.deliveries.truncate(left);
        self
    }
}

#[async_trait]
impl Attempt for TakeAway {
    type Done = (Remaining, TakeAway);

    async fn attempt(&mut self, work: &mut Work) -> Result<Self::Done, Fault> {
        let left = self.take(work).await?;
        let this = Self {
            remains: self.remains.clone(),
            limit: self.limit,
        };
        Ok((left, this))
    }
}

impl TakeAway {
    async fn take(&self, work: &mut Work) -> Result<Remaining, Fault> {
        let Remains {
            conversation,
            revision,
            deliveries,
            ..
        } = &self.remains;
        if !is_unchanged(work, *conversation, *revision).await? {
            return Ok(Remaining::Debts);
        }
        let from = deliveries.len().saturating_sub(self.limit);
        let some: Vec<Uuid> = deliveries.iter().skip(from).copied().collect();
        if !some.is_empty() {
            let forget = serde_json::to_string(&Task::Forget)?;
            let values = values![some, conversation, forget, DeliveryState::Delivered];
            work.write(DELIVERIES, values);
            return Ok(Remaining::Rows);
        }
        let sql = "SELECT id FROM messages WHERE conversation = $1 LIMIT $2";
        let messages = work
            .rows(sql, values![conversation, number(self.limit)])
            .await?;
        let messages = messages.iter().map(|row| row.try_get(0));
        let messages: Vec<Uuid> = messages.collect::<Result<_, _>>()?;
        let is_last = messages.len() < self.limit;
        if !messages.is_empty() {
            work.write(MESSAGES, values![messages]);
        }
        if !is_last {
            return Ok(Remaining::Rows);
        }
        work.write(HANDOVERS, values![conversation]);
        work.write(CONVERSATION, values![conversation]);
        work.touch(*conversation);
        Ok(Remaining::Nothing)
    }
}

/// Whether nothing has come between since it was looked at. A step that owes anything changes the conversation.
async fn is_unchanged(
    work: &mut Work,
    conversation: ConversationId,
    seen: Option<i64>,
) -> Result<bool, Fault> {
    let sql = "SELECT (SELECT revision FROM conversations WHERE id = $1), \
               EXISTS (SELECT FROM erasing WHERE conversation = $1 AND NOT told)";
    let found = work.row(sql, values![conversation]).await?;
    let found = found.ok_or(Fault::Missing)?;
    let revision: Option<i64> = found.try_get(0)?;
    if revision != seen || found.try_get(1)? {
        return Ok(false);
    }
    if let Some(revision) = revision {
        let read = Read::Revision(revision);
        work.writes.read.insert(conversation, read);
    }
    work.write(ALL_TOLD, values![conversation]);
    Ok(true)
}
