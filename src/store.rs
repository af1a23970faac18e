//! What the bridge keeps. One call is one atomic step; nothing of it is seen, and nobody is answered, before it is
//! durable.
//!
//! Its traits build on each other: [`Store`] is what calls and deliveries need, [`OperatorStore`] adds what operators see and
//! change, and [`ConsoleStore`] what the console shows of it all. Every implementation passes the contract of `tests/store`,
//! which is written once against them.

mod addressee;
mod audit;
mod bells;
mod census;
mod changes;
mod claim;
mod columns;
mod console;
pub mod copy;
mod erasure;
mod given_up;
mod hashing;
mod job;
mod keyed;
mod listed;
mod migrations;
mod observed;
mod operator;
mod page;
pub mod postgres;
mod settled;
pub mod sqlite;
mod tally;
mod turn;
mod unmatched;
mod unpaused;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::Notify;

use self::claim::Proof;
pub use self::{
    census::{Census, Owed},
    claim::{Claim, Claimed, Ticket},
    console::{
        AuditEntry, Changing, ConsoleStore, ConversationView, DEAD_AT_MOST, InboxCounts,
        InboxCursor, InboxHandover, InboxList, InboxQuery, InboxRow, MessageView, NewAudit,
        OneDelivery, Session, SessionId, Standing, UserOf,
    },
    erasure::{Erased, Erasure, Named, Whose},
    listed::{ListedClass, ListedKind},
    operator::{
        Changed, DeliveryFilter, DeliveryState, DeliveryView, HandoverSummary, OperatorStore,
        WarningView,
    },
    page::Page,
};
use crate::domain::{
    conversation::{Answer, Phase, Profile},
    delivery::{Destination, HandoverFacts, StepResult},
    effect::Warning,
    event::Step,
    handover::Outcome,
    ids::{BotName, ConversationId, DeskName, HandoverId},
    message::Message,
    policy::{ClosedBecause, PausedBecause},
    retry::ErrorClass,
    time::Timestamp,
};

/// A deadline that `decide` leaves standing is looked at again after this, not at once for ever.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// One that cannot be looked at stands in nobody's way for so long.
const PUT_OFF_FOR: Duration = Duration::from_mins(5);

/// The state rows are the truth. Implementations call `decide` inside their transaction.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Drops repeats, loads the conversation, decides each event in order, and writes all of it or nothing.
    ///
    /// What was kept of a reference goes before the event that shows whose it is, or follows the settlement that does, in
    /// the order in which it came and in the same step. A repeat of it is one while it is kept as well as afterwards.
    ///
    /// Where a desk has a `max_open`, [`Conditions::open`](crate::domain::policy::Conditions) says how many handovers it
    /// has ([`Conversation::desk`](crate::domain::conversation::Conversation::desk)), steps that are not committed yet
    /// but will be before this one included: no two requests get the last place.
    async fn apply(&self, step: Step) -> Result<Applied, Error>;

    /// Waits until the answer to a request is no longer pending, at most for `within`; then says what is stored. A
    /// handover that closes or is over is declined, whatever was answered before.
    async fn answer(&self, handover: HandoverId, within: Duration) -> Result<Answer, Error>;

    /// A handover with the first part of its transcript (without the bridge's notices), if it has or had a leg at this desk.
    async fn handover(
        &self,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<HandoverView>, Error>;

    /// The part of its transcript that follows a message, by its `seq`. Nothing, if it has gone on to another desk.
    async fn transcript(
        &self,
        id: HandoverId,
        desk: &DeskName,
        after: u64,
    ) -> Result<Page<Message>, Error>;

    /// Takes up to `limit` lanes of this destination whose head is due. A claimed lane is nobody else's until its
    /// head is settled or the claim is released.
    async fn claim(&self, destination: &Destination, limit: usize) -> Result<Claimed, Error>;

    /// Rings when a lane of this destination may have become due.
    fn bell(&self, destination: &Destination) -> Arc<Notify>;

    /// Writes what came of an attempt and lets `decide` draw the consequences, in one step. What a look-up found is
    /// recorded under its keys as a request's transcript is. Gives the lane's next head, still claimed, if one is due; else
    /// the lane is free. Waits for as long as there is no space to write: a call that was made must not be made again for
    /// having been forgotten.
    async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<Option<Claim>, Error>;

    /// Makes sure of a claimed lane for so long from now. `false`: by then it may be somebody else's, so nothing is to be
    /// sent in it.
    async fn hold(&self, claim: &Claim, span: Duration) -> Result<bool, Error>;

    /// Gives a lane back unattempted, and rings its bell.
    async fn release(&self, claim: Claim) -> Result<(), Error>;

    /// Fires the timers that are due, at most `limit`, and says when the next one is. Those of a bot that the policy does not
    /// name are left to a process that knows it: nobody here could resume that bot.
    async fn fire_timers(&self, limit: usize) -> Result<Fired, Error>;

    /// Rings when a timer earlier than the ones before may have been set.
    fn timer_bell(&self) -> Arc<Notify>;

    /// Nobody claims this destination until then; a pause that lasts longer stays. None lifts it. Either rings the bell.
    /// Decisions know of it. Survives a restart.
    async fn pause(&self, destination: &Destination, pause: Option<Pause>) -> Result<(), Error>;

    /// Tells this process's decisions that a bot or desk cannot be called (its breaker is open), or that it can again.
    fn set_condition(&self, destination: &Destination, condition: Option<ClosedBecause>);

    /// Names with open handovers or unsettled deliveries, for upkeep to hold against the configuration.
    async fn names_in_use(&self) -> Result<Names, Error>;

    /// Names that other living processes on this store have in their configurations: what is owed to these is theirs. None:
    /// this process was cut off from the store itself a moment ago, and cannot say yet who lives.
    async fn names_of_others(&self) -> Result<Option<Names>, Error>;

    /// Ends every open leg of a desk that is gone, or every handover of a bot that is gone. At most `limit` a call;
    /// says how many it ended.
    async fn remove(&self, gone: &Gone, limit: usize) -> Result<usize, Error>;

    async fn warn(&self, warning: Warning) -> Result<(), Error>;

    /// Removes what has been kept for as long as the operator wants, at most `limit` rows of each kind. Says how many.
    async fn purge(&self, keep: Retention, limit: usize) -> Result<usize, Error>;

    /// Goes on with what is to be erased, at most `limit` rows in one step. An erasure is finished when nothing of it is
    /// left in the store's files either, where they are its own; docs/operations.md tells of those that are a database's.
    async fn go_on_erasing(&self, limit: usize) -> Result<Erased, Error>;

    /// Rings when there is something to erase.
    fn erasure_bell(&self) -> Arc<Notify>;

    /// Tries the write path.
    async fn probe(&self) -> Result<(), Error>;

    /// Finishes what is queued and closes. Later calls fail with [`Error::Closed`].
    async fn close(&self);
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was written, or nobody can say whether it was; the caller may come again, and is known by its keys.
    #[error("the store cannot write at the moment")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// More steps wait than the store takes.
    #[error("the store has too much to do")]
    Busy,
    #[error("the store is closed")]
    Closed,
    /// What is stored cannot be read: a fault of the program or of the file.
    #[error("the store holds something unreadable")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// As a field of a log line, which has what lies under it as well.
    pub fn told(&self) -> &(dyn std::error::Error + 'static) {
        self
    }
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// One outcome for each event, in order.
    Done {
        conversation: ConversationId,
        outcomes: Vec<Outcome>,
    },
    /// The target does not exist, or is another desk's.
    NotFound,
    /// The target does not exist yet: what was said of it waits until it does, or until its time is over.
    Kept,
    /// Reference and leg are of two handovers. Nobody was told.
    Contradiction,
    /// The bot has no such user.
    NoSuchUser,
    /// The bot has such a user in several realms. Nobody was told.
    SeveralUsers,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// What `decide` is told.
    pub result: StepResult,
    pub row: RowOutcome,
}

/// What becomes of the delivery's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    Delivered,
    /// Due again then. `counts` is false where the attempt is not held against the delivery.
    Retry {
        at: Timestamp,
        class: ErrorClass,
        counts: bool,
    },
    Dead {
        class: ErrorClass,
    },
}

/// How long a destination is not called, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub until: Timestamp,
    pub because: PausedBecause,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    pub count: usize,
    pub next: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct HandoverView {
    pub facts: HandoverFacts,
    pub bot: BotName,
    pub user: String,
    pub profile: Arc<Profile>,
    /// None: it is over.
    pub phase: Option<Phase>,
    pub answer: Answer,
    pub transcript: Page<Message>,
}

/// Of bots and desks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub bots: Vec<BotName>,
    pub desks: Vec<DeskName>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gone {
    Bot(BotName),
    Desk(DeskName),
}

/// How long each class is kept, `[retention]`.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub observed: Duration,
    pub transcripts: Duration,
    pub delivered: Duration,
    pub dead_letters: Duration,
    pub keys: Duration,
    pub audit: Duration,
}

/// What opening a store has made of its tables: how many migrations they had been through, and have been by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// 0: there was no store.
    pub found: usize,
    pub now: usize,
}

/// How many messages of a transcript `handover.opened` carries, by desk.
pub type TranscriptLimits = BTreeMap<DeskName, usize>;

impl Retention {
    /// For as long a text of ours is known when a platform's transcript tells of it, which may be as old as any message.
    fn echoes(&self) -> Duration {
        self.keys.max(self.transcripts)
    }

    /// A copy that no transcript brings is of no use once its time is over. What a purge did not come to within this goes
    /// with the rest: so no purge looks at all that is kept for long.
    const COPIES: Duration = Duration::from_hours(1);
}

impl RowOutcome {
    /// Why the attempt has failed, if it has.
    pub const fn failed(self) -> Option<ErrorClass> {
        match self {
            Self::Delivered => None,
            Self::Retry { class, .. } | Self::Dead { class } => Some(class),
        }
    }
}
