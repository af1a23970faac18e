//! What operators ask of a store and change in it, through the admin API or the console.

use async_trait::async_trait;

use super::{Census, Erasure, Error, ListedClass, ListedKind, Page, Store, Whose};
use crate::domain::{
    conversation::Phase,
    delivery::Destination,
    effect::WarningKind,
    ids::{BotName, DeliveryId, DeskName, ErasureId, HandoverId, MessageId},
    retry::ErrorClass,
    time::Timestamp,
    words::words,
};

#[async_trait]
pub trait OperatorStore: Store {
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<DeliveryView>, Error>;

    /// Makes a dead letter, or one that waits for its next attempt, due at once, under its old id. Leaves a trace of who
    /// did it.
    async fn retry_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error>;

    /// Gives a delivery up that has not been delivered. Leaves a trace of who did it.
    async fn skip_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error>;

    async fn open_handovers(
        &self,
        after: Option<HandoverId>,
        limit: usize,
    ) -> Result<Page<HandoverSummary>, Error>;

    /// The newest first. For as long as a bot that should be silent is not known to be, one says so of its handover.
    async fn warnings(&self) -> Result<Vec<WarningView>, Error>;

    /// Has everything erased that is kept of a user: ends what is open, and owes the platform its part if it is to
    /// delete it too. The rows go when nothing is owed any more, see [`Store::go_on_erasing`]; what stays is the keyed
    /// hashes by which a repeat is known. Survives a restart, and leaves a trace of who did it that names nobody.
    async fn erase(&self, whose: Whose, at_platform: bool, by: &str) -> Result<Erasure, Error>;

    /// Whether a conversation of this bot is kept.
    async fn is_kept_of(&self, bot: &BotName) -> Result<bool, Error>;

    /// How far an erasure has come, for as long as operators' changes are kept.
    async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Error>;

    /// Counts what an operator watches, from the rows, so that it does not rest on whoever should have seen to them.
    async fn census(&self) -> Result<Census, Error>;
}

#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub destination: Option<Destination>,
    /// The last call failed so.
    pub error_class: Option<ErrorClass>,
    pub created_before: Option<Timestamp>,
    /// The last id of the page before.
    pub after: Option<DeliveryId>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryView {
    pub id: DeliveryId,
    pub handover: HandoverId,
    pub destination: Destination,
    pub kind: ListedKind,
    pub state: DeliveryState,
    pub attempts: u32,
    pub error_class: Option<ListedClass>,
    pub created_at: Timestamp,
    pub next_at: Option<Timestamp>,
    /// The message that it carries or tells of.
    pub message: Option<MessageId>,
    pub settled_at: Option<Timestamp>,
}

words! {
    pub enum DeliveryState {
        /// Waits for its first attempt.
        Pending = "pending",
        /// Has failed, will be tried again.
        Retrying = "retrying",
        Delivered = "delivered",
        Dead = "dead",
        Cancelled = "cancelled",
    }
}

/// Whether an operator's change took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Yes,
    /// It is delivered, cancelled or on its way.
    NotNow,
    /// It would give the bot a user whom an agent has been promised to since.
    Overtaken,
    NotFound,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverSummary {
    pub id: HandoverId,
    pub bot: BotName,
    /// None: none has been asked yet.
    pub desk: Option<DeskName>,
    pub phase: Phase,
    pub requested_at: Timestamp,
    pub phase_since: Timestamp,
    pub wake_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningView {
    pub kind: WarningKind,
    pub subject: String,
    pub count: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
