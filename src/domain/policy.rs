//! What the operator has decided, as `decide` needs it. Built from the configuration.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Map, Value};

use super::{
    delivery::Destination,
    fallback::Capabilities,
    guard::Guard,
    ids::{BotName, DeskName},
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

/// What a bot platform tells of a conversation when it is asked.
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
    /// What its agents can be shown.
    pub capabilities: Capabilities,
}

#[derive(Clone, Debug)]
pub struct Route {
    /// Empty: any bot.
    pub bots: BTreeSet<BotName>,
    pub desk: DeskName,
    pub fallback: Option<DeskName>,
    pub options: Map<String, Value>,
}

/// What the user is told, by language. An empty text is not sent.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub BTreeMap<String, BTreeMap<Notice, String>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    HandingOver,
    Waiting,
    Joined,
    Transferred,
    Away,
    Reconnecting,
    Nobody,
    Ended,
    EndedRepeat,
}

/// Which bots and desks cannot be called at this moment, and why. Known to the store, handed to `decide`.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub closed: BTreeMap<Destination, ClosedBecause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBecause {
    /// It does not answer.
    BreakerOpen,
    Paused(PausedBecause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausedBecause {
    /// It is called too often, and has said when it may be called again.
    RateLimited,
    /// Our credentials or its certificate are not good; a person has to see to it.
    Refused,
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

    /// The first route of this bot; without routes the only desk there is.
    pub fn route(&self, bot: &BotName) -> Option<Route> {
        let found = self
            .routes
            .iter()
            .find(|route| route.bots.is_empty() || route.bots.contains(bot));
        if let Some(route) = found {
            return Some(route.clone());
        }
        let mut desks = self.desks.keys();
        match (desks.next(), desks.next()) {
            (Some(only), None) => Some(Route {
                bots: BTreeSet::new(),
                desk: only.clone(),
                fallback: None,
                options: Map::new(),
            }),
            _ => None,
        }
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
