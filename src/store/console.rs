//! What the operator's console asks of a store: lists, one conversation, what has changed, who is signed in, and the
//! audit trail.

pub(in crate::store) mod row;
pub(in crate::store) mod search;
pub(in crate::store) mod standing;

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{DeliveryFilter, DeliveryState, DeliveryView, Error, OperatorStore, Page};
use crate::domain::{
    conversation::{Conversation, Phase, Profile},
    delivery::Destination,
    effect::JournalEntry,
    ids::{BotName, ConversationId, DeliveryId, DeskName, HandoverId, OperatorName},
    message::Message,
    policy::ClosedBecause,
    reason::Reason,
    retry::ErrorClass,
    time::Timestamp,
};

#[async_trait]
pub trait ConsoleStore: OperatorStore {
    /// One page of a list. It costs as much as is looked at: a store may stop looking for what a filter or a text wants
    /// after some ten thousand rows of the list.
    async fn inbox(&self, wanted: InboxQuery) -> Result<Page<InboxRow>, Error>;

    /// The row of one conversation as `operator` sees it.
    async fn inbox_row(
        &self,
        id: ConversationId,
        operator: &OperatorName,
    ) -> Result<Option<InboxRow>, Error>;

    /// Whose these ids are, of conversations, handovers or messages, as far as they are kept.
    async fn users_of(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, UserOf>, Error>;

    async fn inbox_counts(&self, operator: &OperatorName) -> Result<InboxCounts, Error>;

    /// A conversation with the newest messages before `before` (none: the newest of all), at most `limit`, oldest first.
    async fn conversation(
        &self,
        id: ConversationId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<ConversationView>, Error>;

    /// This operator has seen the messages up to and including `seq`. Never goes back.
    async fn mark_read(
        &self,
        id: ConversationId,
        operator: &OperatorName,
        seq: u64,
    ) -> Result<(), Error>;

    /// What is committed from now on, and can be read when it is heard. Who lags is told so and asks [`Self::changed_since`].
    fn changes(&self) -> broadcast::Receiver<Changing>;

    /// Every conversation that has changed since, in the order of its last change, once each. None: too long ago to
    /// know; all has to be read anew.
    async fn changed_since(&self, at: Timestamp) -> Result<Option<Vec<Changing>>, Error>;

    /// A page of deliveries as [`OperatorStore::deliveries`] lists them, each with what it carries and whose it is.
    async fn full_deliveries(&self, filter: DeliveryFilter) -> Result<Page<OneDelivery>, Error>;

    /// One delivery, with what it carries and whose it is.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<OneDelivery>, Error>;

    /// How every bot and desk does that has been called since the start, or is owed a call.
    async fn standings(&self) -> Result<Vec<Standing>, Error>;

    /// Why nothing is sent to a destination at present.
    async fn closed(&self, destination: &Destination) -> Result<Option<ClosedBecause>, Error>;

    /// Makes every dead letter and every waiting retry of a destination due at once. Leaves a trace of who did it.
    async fn retry_all(&self, destination: &Destination, by: &str) -> Result<usize, Error>;

    async fn keep_audit(&self, entry: NewAudit) -> Result<(), Error>;

    /// The newest first; `before` is the last `row` of the page before.
    async fn audit_trail(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<AuditEntry>, Error>;

    async fn begin_session(&self, session: Session) -> Result<(), Error>;

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error>;

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), Error>;

    async fn end_session(&self, id: SessionId) -> Result<(), Error>;

    /// Every session of this operator; all there are if none is named. Says how many.
    async fn end_sessions(&self, of: Option<&OperatorName>) -> Result<usize, Error>;

    /// Those that were seen since, the newest first.
    async fn sessions_since(&self, seen: Timestamp) -> Result<Vec<Session>, Error>;
}

#[derive(Clone, Debug)]
pub struct InboxQuery {
    pub list: InboxList,
    /// Whose unread messages are counted, and whose `Mine` it is.
    pub operator: OperatorName,
    pub bot: Option<BotName>,
    pub desk: Option<DeskName>,
    /// Part of the user's id or name, in whatever case; or the whole id of a conversation, a handover or a message of
    /// theirs. What was said is not searched.
    pub text: Option<String>,
    /// The last row of the page before.
    pub after: Option<InboxCursor>,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxList {
    /// Nobody has it yet, the longest waiting first.
    Waiting,
    /// The operator's own, the oldest first.
    Mine,
    /// Every open handover at any desk, the oldest first.
    Open,
    /// The bot has the user, the newest first.
    WithBot,
    /// Handovers that are over, the last ended first.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxCursor {
    /// In [`InboxList::WithBot`] it only informs, of the last change: ids grow with time, and the order is theirs.
    pub at: Timestamp,
    pub conversation: ConversationId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InboxRow {
    pub conversation: ConversationId,
    /// Of the last change, see [`Changing::version`].
    pub version: u64,
    pub bot: BotName,
    pub user: String,
    pub profile: Profile,
    /// The open handover, or in [`InboxList::Closed`] the one that ended.
    pub handover: Option<InboxHandover>,
    pub last: Option<Message>,
    /// Of the agent who had the user when an agent said that, as the user was told it.
    pub agent: Option<String>,
    /// Where an agent said that, and it has not reached the user: what has become of it, or of what it waits behind.
    pub fate: Option<DeliveryState>,
    /// Of the user, at most 99.
    pub unread: u64,
    /// What the list is ordered by.
    pub cursor: InboxCursor,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InboxHandover {
    pub id: HandoverId,
    /// None: none has been asked.
    pub desk: Option<DeskName>,
    pub language: String,
    /// None: it is over.
    pub phase: Option<Phase>,
    pub operator: Option<OperatorName>,
    pub requested_at: Timestamp,
    pub phase_since: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub reason: Option<Reason>,
}

/// Whose an id is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserOf {
    pub conversation: ConversationId,
    /// The user's, where it is known.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxCounts {
    pub waiting: u64,
    pub mine: u64,
    pub open: u64,
    /// Dead letters to whichever destination, at most [`DEAD_AT_MOST`].
    pub dead: u64,
}

/// More dead letters than that are as many as that, so that a page costs no more where something has gone wrong for long.
pub const DEAD_AT_MOST: u64 = 100;

#[derive(Clone, Debug, PartialEq)]
pub struct ConversationView {
    pub state: Conversation,
    pub version: u64,
    pub messages: Vec<MessageView>,
    /// There are older ones.
    pub more: bool,
    /// Its handovers, the newest last.
    pub handovers: Vec<InboxHandover>,
    /// Of all its handovers, the oldest first.
    pub journal: Vec<JournalEntry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    pub message: Message,
    /// What is or was owed of it to the bot, in order, for as long as that is kept. What desks are owed is not shown: it
    /// would cost more to find, with every message of a user, than it tells.
    pub deliveries: Vec<DeliveryView>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OneDelivery {
    pub view: DeliveryView,
    pub conversation: ConversationId,
    /// The user's name, where it is known.
    pub user: Option<String>,
    /// None: it carries none, or none that is still kept.
    pub message: Option<Message>,
}

/// A conversation, and what it is at now: state, transcript, journal or a delivery to the bot. Versions grow with every
/// change that a person can see, and may grow without one. Whatever is read has a version that is not newer than it, so
/// that who passes over all that is not newer than what they have misses nothing. What retention removes is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changing {
    pub conversation: ConversationId,
    pub version: u64,
    pub at: Timestamp,
}

/// How calls to a bot or desk go.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub destination: Destination,
    pub last_success: Option<Timestamp>,
    pub last_error: Option<(ErrorClass, Timestamp)>,
    pub closed: Option<ClosedBecause>,
    /// Until when it is not called, if a pause says so.
    pub paused_until: Option<Timestamp>,
    pub owed: u64,
    pub oldest: Option<Timestamp>,
    pub dead: u64,
}

/// What is kept of a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub [u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub operator: OperatorName,
    pub begun_at: Timestamp,
    pub seen_at: Timestamp,
}

impl Session {
    /// Longer than any session is let live, whoever asks: what is older is of no use.
    pub(in crate::store) const KEPT: Duration = Duration::from_hours(30 * 24);
}

#[derive(Clone, Debug)]
pub struct NewAudit {
    pub actor: String,
    pub action: &'static str,
    /// An id or a name of the configuration: nothing here may tell of a user.
    pub subject: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub row: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
}
