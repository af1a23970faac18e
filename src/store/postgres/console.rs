//! What the operator's console asks of the database.

mod conversation;
mod inbox;
mod row;
mod sessions;
mod whose;

use std::collections::HashMap;

use async_trait::async_trait;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{
    PostgresStore, audit, census, columns::values, fault::Fault, listing, operator,
    patience::Patience, work::Ground,
};
use crate::{
    domain::{
        delivery::Destination,
        ids::{ConversationId, DeliveryId, OperatorName},
        policy::ClosedBecause,
        time::Timestamp,
    },
    store::{
        AuditEntry, Census, Changing, ConsoleStore, ConversationView, DeliveryFilter, Error,
        InboxCounts, InboxQuery, InboxRow, NewAudit, OneDelivery, Page, Session, SessionId,
        Standing, UserOf, console::standing::Known,
    },
};

#[async_trait]
impl ConsoleStore for PostgresStore {
    async fn inbox(&self, wanted: InboxQuery) -> Result<Page<InboxRow>, Error> {
        Ok(inbox::page(&self.ground.database, &wanted).await?)
    }

    async fn inbox_row(
        &self,
        id: ConversationId,
        operator: &OperatorName,
    ) -> Result<Option<InboxRow>, Error> {
        Ok(inbox::one(&self.ground.database, id, operator).await?)
    }

    async fn users_of(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, UserOf>, Error> {
        Ok(whose::users(&self.ground.database, ids).await?)
    }

    async fn inbox_counts(&self, operator: &OperatorName) -> Result<InboxCounts, Error> {
        Ok(inbox::counts(&self.ground.database, operator).await?)
    }

    async fn conversation(
        &self,
        id: ConversationId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<ConversationView>, Error> {
        Ok(conversation::view(&self.ground.database, id, before, limit).await?)
    }

    async fn mark_read(
        &self,
        id: ConversationId,
        operator: &OperatorName,
        seq: u64,
    ) -> Result<(), Error> {
        Ok(conversation::mark_read(&self.ground.database, id, operator, seq).await?)
    }

    fn changes(&self) -> broadcast::Receiver<Changing> {
        self.ground.memory.changes.listen()
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Option<Vec<Changing>>, Error> {
        Ok(self.ground.memory.changes.from(at))
    }

    async fn full_deliveries(&self, filter: DeliveryFilter) -> Result<Page<OneDelivery>, Error> {
        Ok(listing::full_deliveries(&self.ground, &filter).await?)
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<OneDelivery>, Error> {
        Ok(listing::delivery(&self.ground, id).await?)
    }

    async fn standings(&self) -> Result<Vec<Standing>, Error> {
        Ok(standings(&self.ground).await?)
    }

    async fn closed(&self, destination: &Destination) -> Result<Option<ClosedBecause>, Error> {
        let known = known(&self.ground).await?;
        Ok(known.closed.get(destination).copied())
    }

    async fn retry_all(&self, destination: &Destination, by: &str) -> Result<usize, Error> {
        operator::retry_all(&self.ground, destination, by).await
    }

    async fn keep_audit(&self, entry: NewAudit) -> Result<(), Error> {
        Ok(audit::keep(&self.ground, entry).await?)
    }

    async fn audit_trail(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<AuditEntry>, Error> {
        Ok(audit::trail(&self.ground, before, limit).await?)
    }

    async fn begin_session(&self, session: Session) -> Result<(), Error> {
        Ok(sessions::begin(&self.ground.database, &session).await?)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        Ok(sessions::find(&self.ground.database, id).await?)
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), Error> {
        Ok(sessions::touch(&self.ground.database, id, at).await?)
    }

    async fn end_session(&self, id: SessionId) -> Result<(), Error> {
        Ok(sessions::end(&self.ground.database, id).await?)
    }

    async fn end_sessions(&self, of: Option<&OperatorName>) -> Result<usize, Error> {
        Ok(sessions::end_all(&self.ground.database, of).await?)
    }

    async fn sessions_since(&self, seen: Timestamp) -> Result<Vec<Session>, Error> {
        Ok(sessions::since(&self.ground.database, seen).await?)
    }
}

async fn standings(ground: &Ground) -> Result<Vec<Standing>, Fault> {
    let mut census = Census::default();
    census::count_owed(&ground.database.spending(Patience::Reader), &mut census).await?;
    Ok(known(ground).await?.standings(&census))
}

async fn known(ground: &Ground) -> Result<Known, Fault> {
    let mut known = Known {
        calls: ground.memory.bells.calls(),
        closed: ground.memory.bells.conditions().closed,
        paused: HashMap::new(),
    };
    let sql = "SELECT destination, until, because FROM pauses WHERE until > $1";
    let now = ground.clock.now();
    for row in ground.database.rows(sql, values![now]).await? {
        let destination: Destination = row.try_get(0)?;
        let because = ClosedBecause::Paused(row.try_get(2)?);
        known.closed.entry(destination.clone()).or_insert(because);
        known.paused.insert(destination, row.try_get(1)?);
    }
    Ok(known)
}
