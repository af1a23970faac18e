//! Which desk takes whose handovers: the routes in their order, the first match wins, and whether a desk can be asked
//! at this moment. `decide` and `handover route` ask the same functions.

mod condition;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use self::condition::{Condition, Fact, Path, Scalar};
use super::{
    conversation::UserProfile,
    delivery::Destination,
    ids::{BotName, DeskName},
    policy::{ClosedBecause, Conditions, Policy},
    time::Timestamp,
    words::words,
};

#[derive(Clone, Debug)]
pub struct Route {
    /// Empty: any bot.
    pub bots: BTreeSet<BotName>,
    /// All of them must hold.
    pub when: Vec<Condition>,
    pub desk: DeskName,
    /// Asked in this order where the desk cannot or will not take it.
    pub fallbacks: Vec<DeskName>,
    /// What the desk understands.
    pub options: Map<String, Value>,
}

/// What is known when a desk is to be chosen.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub bot: &'a BotName,
    pub version: Option<&'a str>,
    pub channel: Option<&'a str>,
    pub language: &'a str,
    pub payload: Option<&'a Value>,
    pub user: &'a UserProfile,
    /// The bot's session data, where it was looked up.
    pub session: Option<&'a Value>,
}

/// What a route is left out for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mismatch<'r> {
    Bot,
    Condition(&'r Condition),
}

/// Which desks are to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The place of the route that matched; none where there is only one desk and no route for it.
    pub route: Option<usize>,
    /// At least one, in the order in which they are asked.
    pub desks: Vec<DeskName>,
    pub options: Map<String, Value>,
}

words! {
    /// Why a desk is not asked.
    pub enum Unavailable {
        /// It is not in the configuration.
        Gone = "desk_removed",
        Disabled = "desk_disabled",
        OutsideHours = "outside_hours",
        /// None has signed in, and the desk wants one.
        NoAgent = "no_agent",
        Full = "desk_full",
        /// It does not answer.
        Down = "desk_down",
        /// It takes no calls for a while.
        Paused = "desk_paused",
    }
}

impl Route {
    /// Takes every handover of every bot to this desk.
    pub fn to(desk: DeskName) -> Self {
        Self {
            bots: BTreeSet::new(),
            when: Vec::new(),
            desk,
            fallbacks: Vec::new(),
            options: Map::new(),
        }
    }

    pub fn is_for(&self, bot: &BotName) -> bool {
        self.bots.is_empty() || self.bots.contains(bot)
    }

    /// The first thing that does not fit; none if the route matches.
    pub fn mismatch(&self, facts: &Facts<'_>) -> Option<Mismatch<'_>> {
        if !self.is_for(facts.bot) {
            return Some(Mismatch::Bot);
        }
        let missed = self.when.iter().find(|condition| !condition.holds(facts));
        missed.map(Mismatch::Condition)
    }

    /// It matches but for session data that is not known, and may match with it.
    fn waits_for_session(&self, facts: &Facts<'_>) -> bool {
        let of_session = |condition: &&Condition| condition.of.is_of_session();
        facts.session.is_none()
            && self.is_for(facts.bot)
            && self.when.iter().any(|condition| of_session(&condition))
            && self
                .when
                .iter()
                .filter(|condition| !of_session(condition))
                .all(|condition| condition.holds(facts))
    }
}

impl Policy {
    /// By the first route that matches, else to the only desk there is.
    pub fn choose(&self, facts: &Facts<'_>) -> Option<Choice> {
        let matching = |(_, route): &(usize, &Route)| route.mismatch(facts).is_none();
        if let Some((at, route)) = self.routes.iter().enumerate().find(matching) {
            let desks = std::iter::once(&route.desk).chain(&route.fallbacks);
            return Some(Choice {
                route: Some(at),
                desks: desks.cloned().collect(),
                options: route.options.clone(),
            });
        }
        let mut desks = self.desks.keys();
        match (desks.next(), desks.next()) {
            (Some(only), None) => Some(Choice {
                route: None,
                desks: vec![only.clone()],
                options: Map::new(),
            }),
            _ => None,
        }
    }

    /// Whether a route that comes before every certain match asks for session data that is not known.
    pub fn waits_for_session(&self, facts: &Facts<'_>) -> bool {
        self.routes
            .iter()
            .take_while(|route| route.mismatch(facts).is_some())
            .any(|route| route.waits_for_session(facts))
    }

    /// Why this desk cannot be asked at this moment; none if it can.
    pub fn unavailable(
        &self,
        name: &DeskName,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Option<Unavailable> {
        let Some(desk) = self.desks.get(name) else {
            return Some(Unavailable::Gone);
        };
        if !desk.enabled {
            return Some(Unavailable::Disabled);
        }
        if desk.hours.as_ref().is_some_and(|hours| !hours.is_open(now)) {
            return Some(Unavailable::OutsideHours);
        }
        let closed = conditions.closed.get(&Destination::Desk(name.clone()));
        let has = conditions.open.get(name).copied().unwrap_or(0);
        match closed {
            Some(ClosedBecause::NoAgent) if desk.require_agent => Some(Unavailable::NoAgent),
            _ if desk.max_open.is_some_and(|most| has >= most.get()) => Some(Unavailable::Full),
            Some(ClosedBecause::BreakerOpen) => Some(Unavailable::Down),
            Some(ClosedBecause::Paused(_)) => Some(Unavailable::Paused),
            Some(ClosedBecause::NoAgent) | None => None,
        }
    }
}

/// Whether a route with the conditions `wide` takes whatever one with `narrow` could take of the same bot, as far as can
/// be told by comparing the conditions one by one.
pub fn leaves_nothing(wide: &[Condition], narrow: &[Condition]) -> bool {
    wide.iter()
        .all(|wide| narrow.iter().any(|narrow| wide.follows_from(narrow)))
}

#[cfg(test)]
mod tests;
