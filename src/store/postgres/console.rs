//! What the console asks.

mod conversation;
mod inbox;
mod row;
mod sessions;

use std::collections::HashMap;

use super::{census, columns::values, fault::Fault, work::Ground};
use crate::{
    domain::{
        delivery::Destination,
        ids::{ConversationId, OperatorName},
        policy::ClosedBecause,
        time::Timestamp,
    },
    store::{
        Census, ConversationView, InboxCounts, InboxQuery, InboxRow, Page, Session, SessionId,
        Standing, console::standing::Known,
    },
};

pub(super) async fn inbox(ground: &Ground, wanted: InboxQuery) -> Result<Page<InboxRow>, Fault> {
    inbox::page(&ground.database, &wanted).await
}

pub(super) async fn inbox_row(
    ground: &Ground,
    id: ConversationId,
    operator: &OperatorName,
) -> Result<Option<InboxRow>, Fault> {
    inbox::one(&ground.database, id, operator).await
}

pub(super) async fn inbox_counts(
    ground: &Ground,
    operator: &OperatorName,
) -> Result<InboxCounts, Fault> {
    inbox::counts(&ground.database, operator).await
}

pub(super) async fn conversation(
    ground: &Ground,
    id: ConversationId,
    before: Option<u64>,
    limit: usize,
) -> Result<Option<ConversationView>, Fault> {
    conversation::view(&ground.database, id, (before, limit)).await
}

pub(super) async fn mark_read(
    ground: &Ground,
    id: ConversationId,
    operator: &OperatorName,
    seq: u64,
) -> Result<(), Fault> {
    conversation::mark_read(&ground.database, (id, operator), seq).await
}

pub(super) async fn standings(ground: &Ground) -> Result<Vec<Standing>, Fault> {
    let mut census = Census::default();
    census::count_owed(ground, &mut census).await?;
    Ok(known(ground).await?.standings(&census))
}

async fn known(ground: &Ground) -> Result<Known, Fault> {
    let mut known = Known {
        calls: ground.memory.calls(),
        closed: ground.memory.conditions().closed,
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

pub(super) async fn begin_session(ground: &Ground, session: Session) -> Result<(), Fault> {
    sessions::begin(&ground.database, &session).await
}

pub(super) async fn session(ground: &Ground, id: SessionId) -> Result<Option<Session>, Fault> {
    sessions::find(&ground.database, id).await
}

pub(super) async fn touch_session(
    ground: &Ground,
    id: SessionId,
    at: Timestamp,
) -> Result<(), Fault> {
    sessions::touch(&ground.database, id, at).await
}

pub(super) async fn end_session(ground: &Ground, id: SessionId) -> Result<(), Fault> {
    sessions::end(&ground.database, id).await
}

pub(super) async fn end_sessions(
    ground: &Ground,
    of: Option<&OperatorName>,
) -> Result<usize, Fault> {
    sessions::end_all(&ground.database, of).await
}

pub(super) async fn sessions_since(
    ground: &Ground,
    seen: Timestamp,
) -> Result<Vec<Session>, Fault> {
    sessions::since(&ground.database, seen).await
}
