//! What the operator's console asks of the embedded store.

mod conversation;
mod delivery;
mod inbox;
mod row;
pub(super) mod sessions;
mod standing;
mod whose;

#[cfg(test)]
pub(super) use self::inbox::sql as list_sql;

use std::collections::HashMap;

use async_trait::async_trait;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{SqliteStore, audit, operator};
use crate::{
    domain::{
        delivery::Destination,
        ids::{ConversationId, DeliveryId, OperatorName},
        policy::ClosedBecause,
        time::Timestamp,
    },
    store::{
        AuditEntry, Changing, ConsoleStore, ConversationView, DeliveryFilter, Error, InboxCounts,
        InboxQuery, InboxRow, NewAudit, OneDelivery, Page, Session, SessionId, Standing, UserOf,
        console::standing::Known,
    },
};

/// As many deliveries are made due in one step, so that messages need not wait behind all of them.
const RETRIED_AT_ONCE: usize = 100;

#[async_trait]
impl ConsoleStore for SqliteStore {
    async fn inbox(&self, wanted: InboxQuery) -> Result<Page<InboxRow>, Error> {
        let changes = self.memory.changes();
        let seen = changes.seen();
        let mut page = self
            .readers
            .read(move |connection| inbox::page(connection, &wanted))
            .await?;
        for row in &mut page.items {
            row.version = changes.version(row.conversation, seen);
        }
        Ok(page)
    }

    async fn inbox_row(
        &self,
        id: ConversationId,
        operator: &OperatorName,
    ) -> Result<Option<InboxRow>, Error> {
        let changes = self.memory.changes();
        let seen = changes.seen();
        let operator = operator.clone();
        let row = self
            .readers
            .read(move |connection| inbox::one(connection, id, &operator))
            .await?;
        Ok(row.map(|row| InboxRow {
            version: changes.version(id, seen),
            ..row
        }))
    }

    async fn users_of(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, UserOf>, Error> {
        self.readers
            .read(move |connection| whose::users(connection, &ids))
            .await
    }

    async fn inbox_counts(&self, operator: &OperatorName) -> Result<InboxCounts, Error> {
        let operator = operator.clone();
        self.readers
            .read(move |connection| inbox::counts(connection, &operator))
            .await
    }

    async fn conversation(
        &self,
        id: ConversationId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<ConversationView>, Error> {
        let changes = self.memory.changes();
        let seen = changes.seen();
        let view = self
            .readers
            .read(move |connection| conversation::view(connection, id, before, limit))
            .await?;
        Ok(view.map(|view| ConversationView {
            version: changes.version(id, seen),
            ..view
        }))
    }

    async fn mark_read(
        &self,
        id: ConversationId,
        operator: &OperatorName,
        seq: u64,
    ) -> Result<(), Error> {
        let operator = operator.clone();
        self.writer
            .step(move |work| conversation::mark_read(work, id, &operator, seq))
            .await
    }

    fn changes(&self) -> broadcast::Receiver<Changing> {
        self.memory.changes().listen()
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Option<Vec<Changing>>, Error> {
        Ok(self.memory.changes().from(at))
    }

    async fn full_deliveries(&self, filter: DeliveryFilter) -> Result<Page<OneDelivery>, Error> {
        self.readers
            .read(move |connection| delivery::page(connection, &filter))
            .await
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<OneDelivery>, Error> {
        self.readers
            .read(move |connection| delivery::find(connection, id))
            .await
    }

    async fn standings(&self) -> Result<Vec<Standing>, Error> {
        let owed = self.readers.read(standing::owed).await?;
        let now = self.clock.now();
        let known = Known {
            calls: self.memory.bells.calls(),
            closed: self.memory.conditions(now).closed,
            paused: self.memory.pauses(now),
        };
        Ok(known.standings(&owed))
    }

    async fn closed(&self, destination: &Destination) -> Result<Option<ClosedBecause>, Error> {
        let conditions = self.memory.conditions(self.clock.now());
        Ok(conditions.closed.get(destination).copied())
    }

    async fn retry_all(&self, destination: &Destination, by: &str) -> Result<usize, Error> {
        let (of, by) = (destination.clone(), by.to_owned());
        self.writer
            .step(move |work| operator::begin_to_retry(work, &of, &by))
            .await?;
        let of = destination.clone();
        let rows = self
            .readers
            .read(move |connection| operator::retryable(connection, &of))
            .await?;
        let mut retried = 0;
        for some in rows.chunks(RETRIED_AT_ONCE) {
            let some = some.to_vec();
            retried += self
                .writer
                .step(move |work| operator::retry_rows(work, &some))
                .await?;
        }
        Ok(retried)
    }

    async fn keep_audit(&self, entry: NewAudit) -> Result<(), Error> {
        self.writer
            .step(move |work| audit::write(work, &entry.actor, entry.action, &entry.subject))
            .await
    }

    async fn audit_trail(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<AuditEntry>, Error> {
        self.readers
            .read(move |connection| audit::trail(connection, before, limit))
            .await
    }

    async fn begin_session(&self, session: Session) -> Result<(), Error> {
        self.writer
            .step(move |work| sessions::begin(work, &session))
            .await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        self.readers
            .read(move |connection| sessions::find(connection, id))
            .await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), Error> {
        self.writer
            .step(move |work| sessions::touch(work, id, at))
            .await
    }

    async fn end_session(&self, id: SessionId) -> Result<(), Error> {
        self.writer.step(move |work| sessions::end(work, id)).await
    }

    async fn end_sessions(&self, of: Option<&OperatorName>) -> Result<usize, Error> {
        let of = of.cloned();
        self.writer
            .step(move |work| sessions::end_all(work, of.as_ref()))
            .await
    }

    async fn sessions_since(&self, seen: Timestamp) -> Result<Vec<Session>, Error> {
        self.readers
            .read(move |connection| sessions::since(connection, seen))
            .await
    }
}
