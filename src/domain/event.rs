//! What can happen to a conversation: said by a platform or a desk, settled by delivery, or due by the clock.

use serde_json::Value;

use super::{
    conversation::{Agent, ConversationKey, Profile},
    dedupe::DedupeKey,
    delivery::{Destination, Lane, StepResult, Task},
    ids::{DeskName, HandoverId},
    message::{Actor, Content},
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
    UserSaid(Said),
    /// The bot wrote, or the platform repeated to us what we had it say.
    BotSaid(Said),
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
    /// The platform has been told `declined` for want of an answer in time, whatever was or will be decided.
    ToldDeclined { handover: HandoverId },
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
}

/// A platform's message.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The message's own time; none if the platform gave none.
    pub at: Option<Timestamp>,
    pub content: Content,
    /// The vendor's JSON of this message, byte for byte.
    pub raw: Option<String>,
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
    pub said: Said,
    pub keys: Vec<DedupeKey>,
    /// Filled in by the store: one of the keys is known, so this message has been recorded before.
    pub known: bool,
}

#[derive(Clone, Debug, PartialEq)]
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
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct AgentSaid {
    pub content: Content,
    pub agent: Option<Agent>,
    /// Sent by the desk itself; no sign of an agent.
    pub automatic: bool,
    /// The desk has been answered already and cannot be refused: record what comes too late.
    pub keep_if_late: bool,
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
    /// As a desk names it. A handover of another desk is as unknown as one that does not exist.
    Handover { id: HandoverId, desk: DeskName },
}
