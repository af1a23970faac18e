//! What can happen to a conversation: said by a platform or a desk, settled by delivery, or due by the clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    conversation::{Agent, ConversationKey, Profile},
    dedupe::DedupeKey,
    delivery::{Destination, Lane, StepResult, Task},
    effect::LegName,
    ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId, LegId},
    message::{Actor, Content},
    operator::OperatorAction,
    time::Timestamp,
};

/// An event with the keys under which it is known; if any of them is known already, it is a repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    pub event: Event,
    pub keys: Vec<DedupeKey>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The user wrote.
    UserSaid(PlatformMessage),
    /// The bot wrote, or the platform repeated to us what we had it say.
    BotSaid(PlatformMessage),
    /// The bot asks for an agent.
    HandoverRequested(Request),
    /// The platform sent something that the bridge does not know; kept, nothing else.
    PlatformUnknown { raw: String },
    /// A desk said something about a handover that it has, or had.
    FromDesk {
        handover: HandoverId,
        desk: DeskName,
        event: DeskEvent,
    },
    /// The same, from a desk that does not know the handover's id.
    FromLeg {
        event: DeskEvent,
        /// Filled in by the store, which finds it by the step's target.
        leg: Option<NamedLeg>,
    },
    /// The platform has been told `declined` for want of an answer in time, whatever was or will be decided. The handover is
    /// filled in by the store where nobody knows whether the request was taken: it is what came of the call's own key. Where
    /// nothing came of that yet, nothing will from then on.
    ToldDeclined { handover: Option<HandoverId> },
    /// The same, where the call may have repeated one before it, which is found by what both have told. What was requested
    /// since the call was made is for others to be told of.
    RepeatToldDeclined {
        handover: Option<HandoverId>,
        ago: Duration,
    },
    /// A delivery was attempted, or given up.
    Settled(Settled),
    /// A timer looks at the conversation.
    TimerFired,
    /// This desk is gone from the configuration.
    DeskRemoved { desk: DeskName },
    /// The bot is gone from the configuration: it cannot be spoken to.
    BotRemoved,
    /// Everything that is kept of the user is to go: here, and at the platform too if so wanted.
    EraseRequested { at_platform: bool },
    /// Somebody at the console did something.
    OperatorActed(OperatorAction),
}

/// A platform's message.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformMessage {
    /// The message's own time; none if the platform gave none.
    pub at: Option<Timestamp>,
    pub content: Content,
    /// The vendor's JSON of this message, byte for byte.
    pub raw: Option<String>,
    pub feed: Feed,
}

/// By which of its feeds a platform has told of a message, where it may tell of each one twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Feed {
    /// There is no other.
    #[default]
    Only,
    /// Which brings transcripts as well.
    First,
    Second,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub payload: Option<Value>,
    /// Everything said so far, as the platform tells it, oldest first.
    pub transcript: Vec<TranscriptItem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptItem {
    pub actor: Actor,
    pub said: PlatformMessage,
    pub keys: Vec<DedupeKey>,
    /// Filled in by the store: one of the keys is known, so this message has come before.
    pub seen: Option<Seen>,
}

/// A message that has come before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It has been recorded, with this `seq`.
    At(u64),
    /// It is one of ours that came back, or stands earlier in the same transcript.
    Apart,
}

/// A leg that was found by what its desk calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLeg {
    pub id: LegId,
    pub handover: HandoverId,
    pub desk: DeskName,
    pub reference: Option<String>,
    /// Nobody has called it by this reference before.
    pub is_new: bool,
}

/// It is known by its name from then on.
impl From<&LegName> for NamedLeg {
    fn from(name: &LegName) -> Self {
        Self {
            id: name.leg,
            handover: name.handover,
            desk: name.desk.clone(),
            reference: Some(name.reference.clone()),
            is_new: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeskEvent {
    Joined(Agent),
    Said(AgentSaid),
    /// Transient: never enters a lane.
    Typing,
    /// The desk moved the conversation to another of its queues.
    Transferred {
        to: Option<String>,
    },
    Closed {
        reason: Option<String>,
        /// The agent who closed it, as far as the desk names one: it is sure that somebody had it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Agent>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSaid {
    pub content: Content,
    pub agent: Option<Agent>,
    /// Sent by the desk itself; no sign of an agent.
    pub automatic: bool,
    /// The desk has been answered already and cannot be refused: record what comes too late.
    pub keep_if_late: bool,
    /// Then the agent is told that nobody has got it: the desk takes that also where its part is over.
    #[serde(default)]
    pub tell_if_late: bool,
    pub raw: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub handover: HandoverId,
    pub lane: Lane,
    pub destination: Destination,
    pub task: Task,
    pub result: StepResult,
    /// The lane is a leg's, and a `Close` has been queued for it before.
    pub leg_closed: bool,
}

impl Feed {
    /// The one by which the same message may come as well.
    pub const fn other(self) -> Option<Self> {
        match self {
            Self::Only => None,
            Self::First => Some(Self::Second),
            Self::Second => Some(Self::First),
        }
    }
}

/// One atomic change: events of one conversation, applied in order, all or none.
#[derive(Clone, Debug)]
pub struct Step {
    pub target: Target,
    pub profile: Option<Profile>,
    pub events: Vec<Incoming>,
}

/// Which conversation a step is for, in the words of whoever calls.
#[derive(Clone, Debug)]
pub enum Target {
    /// Made if it does not exist.
    Conversation(ConversationKey),
    /// The one that this user of the bot has, in whichever realm. Never made.
    User { bot: BotName, user: ExternalId },
    /// As the console knows it. Never made.
    Id(ConversationId),
    /// As a desk names it. A handover of another desk is as unknown as one that does not exist.
    Handover { id: HandoverId, desk: DeskName },
    /// As a desk names it that does not know our id. The events are [`Event::FromLeg`].
    Leg(LegTarget),
}

/// Found by the reference, else by the leg. Of a desk's leg that is closed the events are late; they never reach a newer
/// one that is called otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegTarget {
    pub desk: DeskName,
    /// The desk's own id of the conversation.
    pub reference: Option<String>,
    /// Where the desk gives back what it was given as the user's id, which the vendor's folder made of the leg's.
    pub leg: Option<LegId>,
    /// What names no leg that is known is kept for so long, in case its reference becomes known.
    pub keep_unmatched: Option<Duration>,
}
