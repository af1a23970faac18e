//! What the operator has decided, as `decide` needs it. Built from the configuration.

use std::{collections::BTreeMap, num::NonZeroU64, sync::Arc, time::Duration};

use super::{
    delivery::Destination,
    fallback::Capabilities,
    guard::Guard,
    hours::Hours,
    ids::{BotName, DeskName},
    routing::Route,
    words::words,
};

#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub limits: Limits,
    pub bots: BTreeMap<BotName, BotPolicy>,
    pub desks: BTreeMap<DeskName, DeskPolicy>,
    /// First match wins.
    pub routes: Vec<Route>,
    pub texts: Texts,
    /// Conversations that were never handed over are recorded.
    pub observe: bool,
    #[cfg(any(test, feature = "mutants"))]
    pub without: Option<Guard>,
}

/// How long the bridge waits for what, `[handover]`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub decide_within: Duration,
    pub when_unsure: WhenUnsure,
    pub request: Duration,
    pub waiting: Duration,
    pub unanswered: Duration,
    pub idle: Duration,
    pub closing: Duration,
    pub max_duration: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenUnsure {
    #[default]
    Decline,
    Accept,
}

#[derive(Clone, Debug)]
pub struct BotPolicy {
    /// False: no new handovers, open ones finish.
    pub enabled: bool,
    pub default_language: String,
    /// How many configured pause steps there are; none means that the answer alone pauses the bot.
    pub pause_steps: usize,
    pub resume_steps: usize,
    /// The platform pauses its bot by itself when the answer says so.
    pub answer_pauses: bool,
    /// What its users can be shown.
    pub capabilities: Capabilities,
    pub look_ups: LookUps,
}

/// What a bot platform can be asked to tell of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookUps {
    pub history: bool,
    pub session: bool,
}

#[derive(Clone, Debug)]
pub struct DeskPolicy {
    /// False: no new handovers, open ones finish.
    pub enabled: bool,
    /// The desk is this process (the console): it takes a handover without being called.
    pub takes_at_once: bool,
    /// None: always open.
    pub hours: Option<Arc<Hours>>,
    /// How many handovers the desk has at most. None: any number.
    pub max_open: Option<NonZeroU64>,
    /// Takes no new handovers while [`ClosedBecause::NoAgent`] is said of it.
    pub require_agent: bool,
    /// How long after an open call that may have arrived the next is made. Zero where the desk knows a call again by its
    /// key; else long enough for the desk to show by an event that it has the conversation.
    pub reopen_after: Duration,
    /// What its agents can be shown.
    pub capabilities: Capabilities,
}

/// What the user is told, by language. An empty text is not sent.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub BTreeMap<String, BTreeMap<Notice, String>>);

words! {
    pub enum Notice {
        HandingOver = "handing_over",
        Waiting = "waiting",
        Joined = "joined",
        Transferred = "transferred",
        Away = "away",
        Reconnecting = "reconnecting",
        Nobody = "nobody",
        Ended = "ended",
        EndedRepeat = "ended_repeat",
    }
}

impl Notice {
    /// Whether an agent may have the user when it is told, or have just had: else there is no name to be told with it.
    pub fn may_name_agent(self) -> bool {
        match self {
            Self::HandingOver | Self::Waiting | Self::Transferred | Self::Nobody => false,
            Self::Joined | Self::Away | Self::Reconnecting | Self::Ended | Self::EndedRepeat => {
                true
            }
        }
    }
}

/// What bots and desks are like at this moment. Known to the store, handed to `decide`.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Those that cannot be called.
    pub closed: BTreeMap<Destination, ClosedBecause>,
    /// How many handovers each desk with a `max_open` has, as the very transaction sees it that the decision is part of:
    /// two requests must not both find the last place free.
    pub open: BTreeMap<DeskName, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBecause {
    /// It does not answer.
    BreakerOpen,
    Paused(PausedBecause),
    /// No agent has signed in. Counts only where the desk requires one, and hinders no call.
    NoAgent,
}

words! {
    pub enum PausedBecause {
        /// It is called too often, and has said when it may be called again.
        RateLimited = "rate_limited",
        /// Our credentials or its certificate are not good; a person has to see to it.
        Refused = "refused",
    }
    else Refused
}

impl Default for Limits {
    fn default() -> Self {
        let minutes = Duration::from_mins;
        Self {
            decide_within: Duration::from_secs(2),
            when_unsure: WhenUnsure::Decline,
            request: Duration::from_mins(1),
            waiting: minutes(15),
            unanswered: minutes(10),
            idle: minutes(60),
            closing: minutes(2),
            max_duration: minutes(240),
        }
    }
}

impl Policy {
    /// Always, but for the tests that take a guard away.
    pub(crate) fn keeps(&self, guard: Guard) -> bool {
        #[cfg(any(test, feature = "mutants"))]
        return self.without != Some(guard);
        #[cfg(not(any(test, feature = "mutants")))]
        {
            let _ = (self, guard);
            true
        }
    }

    /// Whether any desk counts its handovers.
    pub fn counts_open(&self) -> bool {
        self.desks.values().any(|desk| desk.max_open.is_some())
    }
}

impl Default for BotPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            default_language: "en".to_owned(),
            pause_steps: 0,
            resume_steps: 0,
            answer_pauses: true,
            look_ups: LookUps::default(),
            capabilities: Capabilities::EVERY_USER,
        }
    }
}

impl DeskPolicy {
    /// A desk that is called, always open and never full.
    pub const fn new() -> Self {
        Self {
            enabled: true,
            takes_at_once: false,
            hours: None,
            max_open: None,
            require_agent: false,
            reopen_after: Duration::ZERO,
            capabilities: Capabilities::EVERY_AGENT,
        }
    }
}

impl Default for DeskPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl Texts {
    /// The text in this language, else in the language without its region, else in English; none if it is empty.
    pub fn get(&self, language: &str, notice: Notice) -> Option<&str> {
        let short = language.split(['-', '_']).next().unwrap_or(language);
        let text = [language, short, "en"].iter().find_map(|language| {
            self.0
                .get(&language.to_ascii_lowercase())
                .and_then(|texts| texts.get(&notice))
        })?;
        (!text.is_empty()).then_some(text.as_str())
    }
}
