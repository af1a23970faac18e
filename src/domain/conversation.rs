//! A conversation and the handover it may be in: the state that [`super::handover::decide`] turns over.

mod at;
mod leg;
mod profile;
mod progress;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
    at::{At, LookUp},
    leg::{Leg, Offer},
    profile::{Profile, UserProfile},
    progress::{Changed, Progress},
};
use super::{
    fallback::{Choices, Part},
    ids::{
        BotName, ConversationId, DeskName, ExternalId, HandoverId, LegId, MessageId, OperatorName,
    },
    reason::Reason,
    time::Timestamp,
    words::words,
};

/// What names a conversation to its bot platform. The vendor's folder says what realm and user are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationKey {
    pub bot: BotName,
    pub realm: String,
    pub user: ExternalId,
}

/// One user's thread with one bot, and its owner: an agent while `handover` is set, else the bot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub key: ConversationKey,
    /// Counts the steps that changed this state; a store writes only over the version it read.
    pub version: u64,
    /// The `seq` of the next message.
    pub next_seq: u64,
    /// The place of the next delivery within its lane; grows over all lanes of the conversation.
    pub next_order: u64,
    /// Shared with whatever was made of the state while it was the same.
    pub profile: Arc<Profile>,
    pub handover: Option<Handover>,
    /// Everything here goes as soon as nothing is owed any more: no agent is asked, and nothing new is observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasing: Option<Erasing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasing {
    /// The platform has been asked, or is to be asked, to delete what it keeps. Not while nobody knows its bot.
    pub at_platform: bool,
}

/// An open handover. It ends by being taken out of its conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    pub id: HandoverId,
    pub phase: Phase,
    pub answer: Answer,
    /// When the answer became `accepted`.
    pub answered_at: Option<Timestamp>,
    /// Since when the bot should be silent: the answer, or the last pause that succeeded. A bot message well after it
    /// proves that the bot is not paused.
    pub paused_at: Option<Timestamp>,
    pub requested_at: Timestamp,
    /// When the present phase began.
    pub phase_since: Timestamp,
    /// The next moment at which a timer must look at this handover. Every open handover has one.
    pub wake_at: Timestamp,
    /// The language that the user is spoken to in: the newest that the platform told.
    pub language: String,
    pub payload: Option<Value>,
    pub options: Map<String, Value>,
    #[serde(flatten)]
    pub at: At,
    /// Desks not tried yet, in order.
    pub fallbacks: Vec<DeskName>,
    pub agent: Option<Agent>,
    /// Who had it last, while nobody has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<Agent>,
    /// Whoever has claimed it, at the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorName>,
    /// When the user wrote what no agent has answered yet.
    pub unanswered_since: Option<Timestamp>,
    /// What an agent has answered last, until the user has read a word of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answering: Option<Answering>,
    /// The newest thing the user said that the desk has not taken yet; what was said before it may wait as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheard: Option<MessageId>,
    /// Its last part, if it goes there in parts: the desk has heard it with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheard_part: Option<Part>,
    /// The newest thing the user said, if the desk was told of it and did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<MessageId>,
    /// When a person last wrote: the user or an agent, not a desk's automaton.
    pub last_said_at: Timestamp,
    /// When a timer last told the user something; opens the window in which it tells nothing more.
    pub last_notice_at: Option<Timestamp>,
    /// What it told then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_notice: Option<MessageId>,
    /// Since when the desk has taken nothing although something is meant for it, or the user is promised an agent and no
    /// desk has taken the user yet.
    pub stalled_since: Option<Timestamp>,
    /// How far the bot's pause steps are.
    pub pause: PauseState,
    /// The numbered list that the user may answer by a number, until it is answered or an agent has said more.
    #[serde(default, skip_serializing_if = "Choices::is_empty")]
    pub choices: Choices,
    pub closing: Option<Closing>,
}

/// What an agent has answered, in one message or in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// The first message of it.
    pub message: MessageId,
    /// When the user wrote what it answers.
    pub since: Timestamp,
    /// How many messages of it are on their way. None: it was given up, and the user waits as before.
    #[serde(default)]
    pub owed: u32,
}

words! {
    pub enum Phase {
        /// A desk has been asked.
        Requested = "requested",
        /// A desk has taken it, no agent yet.
        Waiting = "waiting",
        /// An agent has it.
        Attended = "attended",
        /// It has ended; the bot is being resumed.
        Closing = "closing",
        /// A phase that a newer version wrote. Read as waiting, with its deadline now.
        Unknown = "unknown",
    }
    else Unknown
}

words! {
    /// What the bot platform is told when it asks for an agent. Decided once, then stored.
    pub enum Answer {
        Pending = "pending",
        Accepted = "accepted",
        Declined = "declined",
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub name: Option<String>,
    pub avatar_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseState {
    /// The answer pauses the bot, or its pause steps have succeeded.
    Paused,
    /// Pause steps are under way; until they have succeeded the operator sees "bot not paused".
    Pausing,
    /// A pause step was given up; they are tried again when the bot speaks over the agent.
    Failed,
    /// Nobody has owed the pause steps yet: whoever accepted does not know the bot, and whoever knows it does so.
    #[serde(rename = "left")]
    NotOwed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub reason: Reason,
    pub since: Timestamp,
    /// The user wrote after the close, or before it what the desk has not taken, and is asked to write again.
    pub user_wrote: bool,
    /// An operator has been told that the resume is late.
    pub alerted: bool,
    /// Resume steps that have not been settled yet.
    pub steps_left: usize,
    /// The others. An operator may have one that was given up tried again, and that one has been counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<usize>,
    /// One of them has reached the bot.
    #[serde(default)]
    pub reached: bool,
    /// The order of the first resume step: what was said before it is older than the close.
    pub first_order: u64,
    /// The resume, where the process that closed the handover did not know the bot: whoever knows it owes the steps.
    #[serde(rename = "left", default, skip_serializing_if = "Option::is_none")]
    pub not_owed: Option<ResumeContract>,
}

/// What the bot is told when it gets the user back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeContract {
    pub reason: Reason,
    pub agent: Option<String>,
    pub seconds: u64,
    /// The user wrote after the close, or before it what the desk has not taken: nobody has answered. What a store
    /// knows better when the bot is told is added.
    pub unanswered: bool,
    /// Where the bot is to go on instead of where the steps say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialog_state: Option<String>,
}

impl ResumeContract {
    /// Of a handover that ends for this reason, with what nobody has answered or without.
    pub fn of(handover: &Handover, reason: Reason, now: Timestamp, unanswered: bool) -> Self {
        Self {
            reason,
            agent: handover.newest_agent().and_then(|agent| agent.name.clone()),
            seconds: handover.lasted(now).as_secs(),
            unanswered,
            dialog_state: None,
        }
    }
}

impl Conversation {
    pub fn new(id: ConversationId, key: ConversationKey) -> Self {
        Self {
            id,
            key,
            version: 0,
            next_seq: 1,
            next_order: 1,
            profile: Arc::default(),
            handover: None,
            erasing: None,
        }
    }

    /// Takes over what the platform told. Says whether anything of it is new.
    pub fn learn(&mut self, told: &Profile) -> bool {
        let is_new = self.profile.lacks(told);
        if is_new {
            Arc::make_mut(&mut self.profile).merge(told);
            self.version += 1;
        }
        is_new
    }

    /// The user may have changed to another language since the request.
    pub fn follow_language(&mut self) {
        if let (Some(handover), Some(spoken)) = (&mut self.handover, &self.profile.language) {
            handover.language.clone_from(spoken);
        }
    }

    /// The desk that has the open handover, or is asked to take it. It is done with one that closes.
    pub fn desk(&self) -> Option<&DeskName> {
        let open = self.handover.as_ref();
        open.filter(|open| open.phase != Phase::Closing)?.desk()
    }

    /// What this handover waits to hear from its platform. What comes later, or was not asked for, is not heard.
    pub fn looks_up(&self, handover: HandoverId) -> Option<LookUp> {
        let open = self.handover.as_ref().filter(|open| open.id == handover);
        open.and_then(Handover::look_up)
    }

    /// The moment at which a timer must look; none while the bot has the user.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.handover.as_ref().map(|handover| handover.wake_at)
    }
}

impl Handover {
    /// The part of the desk that has it, is asked to take it or, if it closes, had it last.
    pub const fn leg(&self) -> Option<&Leg> {
        match &self.at {
            At::Desk(leg) => Some(leg),
            At::Nobody | At::Platform(_) => None,
        }
    }

    pub const fn leg_mut(&mut self) -> Option<&mut Leg> {
        match &mut self.at {
            At::Desk(leg) => Some(leg),
            At::Nobody | At::Platform(_) => None,
        }
    }

    /// Whose that part is. None: no desk has been asked.
    pub fn desk(&self) -> Option<&DeskName> {
        self.leg().map(|leg| &leg.desk)
    }

    pub fn is_in(&self, leg: LegId) -> bool {
        self.leg().is_some_and(|present| present.id == leg)
    }

    /// What the platform is asked, before any desk is.
    pub const fn look_up(&self) -> Option<LookUp> {
        match self.at {
            At::Platform(look_up) => Some(look_up),
            At::Nobody | At::Desk(_) => None,
        }
    }

    pub fn lasted(&self, now: Timestamp) -> Duration {
        now.since(self.requested_at)
    }

    /// Whether its desk has not taken it yet.
    pub fn is_asked(&self) -> bool {
        self.phase == Phase::Requested && !self.leg().is_some_and(|leg| leg.offer.is_taken())
    }

    /// Whether the bot is to be silent: the user has been promised an agent, and is not being given back yet.
    pub fn silences_bot(&self) -> bool {
        self.answer == Answer::Accepted && self.phase != Phase::Closing
    }

    /// Whoever has it gives it away, or has lost it.
    pub fn let_go(&mut self) {
        self.last_agent = self.agent.take().or(self.last_agent.take());
        self.operator = None;
    }

    /// Whoever has it, or had it last.
    pub fn newest_agent(&self) -> Option<&Agent> {
        self.agent.as_ref().or(self.last_agent.as_ref())
    }

    /// The newest thing the user said that no desk has heard, sent or offered.
    pub fn newest_unheard(&self) -> Option<MessageId> {
        let offered = self.leg().and_then(|leg| leg.offered);
        self.unheard.or(self.missed).or(offered)
    }

    /// From now on all of it counts as heard.
    pub fn take_unheard(&mut self) -> Option<MessageId> {
        let newest = self.newest_unheard();
        (self.unheard, self.unheard_part, self.missed) = (None, None, None);
        if let Some(leg) = self.leg_mut() {
            leg.offered = None;
        }
        newest
    }
}
