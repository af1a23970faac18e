//! What the console asks.

use super::{fault::Fault, work::Ground};
use crate::{
    domain::{
        ids::{ConversationId, OperatorName},
        time::Timestamp,
    },
    store::{
        Changing, ConversationView, InboxCounts, InboxQuery, InboxRow, Page, Session, SessionId,
        Standing,
    },
};

pub(super) async fn inbox(_ground: &Ground, _wanted: InboxQuery) -> Result<Page<InboxRow>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn inbox_row(
    _ground: &Ground,
    _id: ConversationId,
    _operator: &OperatorName,
) -> Result<Option<InboxRow>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn inbox_counts(
    _ground: &Ground,
    _operator: &OperatorName,
) -> Result<InboxCounts, Fault> {
    Err(Fault::Late)
}

pub(super) async fn conversation(
    _ground: &Ground,
    _id: ConversationId,
    _before: Option<u64>,
    _limit: usize,
) -> Result<Option<ConversationView>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn mark_read(
    _ground: &Ground,
    _id: ConversationId,
    _operator: &OperatorName,
    _seq: u64,
) -> Result<(), Fault> {
    Err(Fault::Late)
}

pub(super) async fn changed_since(
    _ground: &Ground,
    _at: Timestamp,
) -> Result<Option<Vec<Changing>>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn standings(_ground: &Ground) -> Result<Vec<Standing>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn begin_session(_ground: &Ground, _session: Session) -> Result<(), Fault> {
    Err(Fault::Late)
}

pub(super) async fn session(_ground: &Ground, _id: SessionId) -> Result<Option<Session>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn touch_session(
    _ground: &Ground,
    _id: SessionId,
    _at: Timestamp,
) -> Result<(), Fault> {
    Err(Fault::Late)
}

pub(super) async fn end_session(_ground: &Ground, _id: SessionId) -> Result<(), Fault> {
    Err(Fault::Late)
}

pub(super) async fn end_sessions(
    _ground: &Ground,
    _of: Option<&OperatorName>,
) -> Result<usize, Fault> {
    Err(Fault::Late)
}

pub(super) async fn sessions_since(
    _ground: &Ground,
    _seen: Timestamp,
) -> Result<Vec<Session>, Fault> {
    Err(Fault::Late)
}
