//! Deliveries: the calls that the bridge owes to a bot platform or a desk, and what came of them.

mod job;
mod kind;

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
    job::{About, BotJob, BotWork, DeskJob, DeskWork, Job, LegFacts, Past, Said, Standing},
    kind::TaskKind,
};
use super::{
    conversation::{Handover, ResumeContract},
    event::TranscriptItem,
    fallback::Part,
    ids::{BotName, ConversationId, DeliveryId, DeskName, HandoverId, LegId, MessageId},
    reason::Reason,
    retry::ErrorClass,
    taken::Taken,
    time::Timestamp,
};

/// The ordered queue a delivery waits in: one conversation's way to its bot, or to one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    Bot(ConversationId),
    Leg(LegId),
}

/// Whose system is called. Limits, breakers and pauses are kept per destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    Bot(BotName),
    Desk(DeskName),
}

/// A text that names no bot and no desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not bot:NAME or desk:NAME")]
pub struct NotADestination;

/// What is to be done. Stored with the delivery; an unknown one (written by a newer version) is left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Task {
    /// Bot: have the platform say this message to the user; a notice is the bridge's own.
    Say {
        message: MessageId,
        notice: bool,
        /// One part of it; none: all of it, in one call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
        /// Whose agent said it: told so if the user does not hear it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speaker: Option<Speaker>,
        /// The first message of the answer that it is a word of. None: a notice, an automaton's, or nobody had asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<MessageId>,
    },
    /// Bot: tell what the platform knows of the conversation; no desk has been asked yet. Never tried again.
    LookUp { history: bool, session: bool },
    /// Bot: the configured pause step of this index.
    Pause { index: usize },
    /// Bot: the configured resume step of this index.
    Resume {
        index: usize,
        contract: ResumeContract,
        /// Whoever owed it did not know the bot, nor how many steps there are: the others follow it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stands_for_all: bool,
    },
    /// Bot: delete what the platform keeps of the user in this conversation.
    Forget,
    /// Desk: take this handover, with the transcript up to and including `upto`.
    Open { upto: u64 },
    /// Desk: the user said this, or the bot slipped it through.
    Message {
        message: MessageId,
        /// One part of it; none: all of it, in one call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
    },
    /// Desk: a message that could not be shown; a line in its place.
    Placeholder { message: MessageId },
    /// Desk: one of your messages did not reach the user.
    Failed { message: MessageId, reason: String },
    /// Desk: your part has ended.
    Close { reason: Reason },
}

/// The desk's part in which something was said. It may be over when it turns out that nobody has heard it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    pub leg: LegId,
    pub desk: DeskName,
}

/// A delivery as `decide` asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub lane: Lane,
    pub destination: Destination,
    pub order: u64,
    /// Goes ahead of what waits in its lane: control that must not stand behind a message that cannot go out.
    pub urgent: bool,
    pub handover: HandoverId,
    pub task: Task,
}

/// What is known of a handover whether it is open or over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandoverFacts {
    pub id: HandoverId,
    pub language: String,
    pub payload: Option<Value>,
    pub options: Map<String, Value>,
}

/// What an agent said and the bot platform has not been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    pub message: MessageId,
    /// Not a part of it has been told either.
    pub whole: bool,
    pub speaker: Option<Speaker>,
}

/// The vendor took it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// The desk's own id of the conversation, where it gave one.
    pub reference: Option<String>,
    pub position: Option<u64>,
    /// What later calls of the same leg, or to the bot in the same handover, need.
    pub taken: Taken,
    /// The desk understood and said no.
    pub refused: Option<String>,
    /// What a look-up found.
    pub found: Found,
    /// The vendor has said that it takes no more calls for so long; unclamped.
    pub quiet_for: Option<Duration>,
    /// Another host was called, or nobody: it says nothing of the destination.
    pub unasked: bool,
}

/// What a bot platform knows of a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What was said, oldest first. Of more than [`Found::MOST`] the newest are taken.
    pub transcript: Vec<TranscriptItem>,
    /// The bot's session data.
    pub session: Option<Value>,
}

/// The vendor did not take it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", class.label(), status.map(|status| format!(", status {status}")).unwrap_or_default())]
pub struct Failure {
    pub class: ErrorClass,
    pub status: Option<u16>,
    /// How long the vendor asked us to stay away.
    pub retry_after: Option<Duration>,
    /// Another host was called: it says nothing of the destination.
    pub unasked: bool,
}

/// What came of a delivery, for `decide`.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one a call, never kept in numbers"
)]
pub enum StepResult {
    Done(Done),
    /// It will be tried again. `since` is when the delivery was stored, `ambiguous` that the vendor may have it.
    Delayed {
        since: Timestamp,
        class: ErrorClass,
        ambiguous: bool,
    },
    /// The vendor does not know the conversation (any more).
    Gone,
    /// It will not be tried again: a dead letter.
    Dead {
        class: ErrorClass,
    },
    /// It was given up without having failed: by an operator, or since it was not needed any more.
    Skipped,
}

impl Done {
    /// There was nothing to be called for.
    pub fn without_a_call() -> Self {
        Self {
            unasked: true,
            ..Self::default()
        }
    }

    /// Said by the destination's own host, or by another, whose limit is not the destination's.
    #[must_use]
    pub fn from_host(self, own: bool) -> Self {
        Self {
            quiet_for: self.quiet_for.filter(|_| own),
            unasked: !own,
            ..self
        }
    }
}

impl Failure {
    /// Of a call that was not answered, or never made.
    pub const fn of(class: ErrorClass) -> Self {
        Self {
            class,
            status: None,
            retry_after: None,
            unasked: false,
        }
    }

    /// A task that the vendor has no call for, or that lacks what it speaks of: trying again changes nothing.
    pub const fn unsupported() -> Self {
        Self::of(ErrorClass::Unsupported)
    }

    /// Said by the destination's own host, or by another.
    #[must_use]
    pub const fn from_host(self, own: bool) -> Self {
        Self {
            unasked: !own,
            ..self
        }
    }
}

impl HandoverFacts {
    pub fn of(handover: &Handover) -> Self {
        Self {
            id: handover.id,
            language: handover.language.clone(),
            payload: handover.payload.clone(),
            options: handover.options.clone(),
        }
    }
}

impl Found {
    /// As many messages of the past are taken into a transcript.
    pub const MOST: u64 = 1000;
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bot(name) => write!(f, "bot:{name}"),
            Self::Desk(name) => write!(f, "desk:{name}"),
        }
    }
}

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = match text.split_once(':') {
            Some(("bot", name)) => name.parse().ok().map(Self::Bot),
            Some(("desk", name)) => name.parse().ok().map(Self::Desk),
            _ => None,
        };
        found.ok_or(NotADestination)
    }
}

impl Task {
    /// One step of several, each of which is owed.
    pub fn resume(index: usize, contract: &ResumeContract) -> Self {
        Self::Resume {
            index,
            contract: contract.clone(),
            stands_for_all: false,
        }
    }

    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::Say { message, .. }
            | Self::Message { message, .. }
            | Self::Placeholder { message }
            | Self::Failed { message, .. } => Some(*message),
            Self::LookUp { .. }
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::Forget
            | Self::Open { .. }
            | Self::Close { .. } => None,
        }
    }

    /// What is not said if this is not done.
    pub fn unsaid(&self) -> Option<Unsaid> {
        match self {
            Self::Say {
                message,
                notice: false,
                part,
                speaker,
                answer: _,
            } => Some(Unsaid {
                message: *message,
                whole: part.is_none_or(|part| part.index == 0),
                speaker: speaker.clone(),
            }),
            _ => None,
        }
    }

    /// Which part of its message the task is for.
    pub fn part(&self) -> Option<Part> {
        match self {
            Self::Say { part, .. } | Self::Message { part, .. } => *part,
            _ => None,
        }
    }
}
