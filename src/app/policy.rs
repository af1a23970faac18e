//! What `decide` needs of the configuration.

use std::{collections::BTreeMap, time::Duration};

use super::connections::Connections;
use crate::{
    bots::BotFacts,
    config::{self, AllHours, Bot, Desk},
    desks::DeskFacts,
    domain::{
        ids::{BotName, DeskName},
        policy::{BotPolicy, DeskPolicy, Limits, Policy, Texts},
        routing::Route,
    },
    store::{self, TranscriptLimits},
};

/// The sections that go over as they are.
pub(super) struct Sections {
    pub(super) limits: Limits,
    pub(super) hours: AllHours,
    pub(super) routes: Vec<Route>,
    pub(super) texts: Texts,
    /// `retention.observed`.
    pub(super) observed: Duration,
}

/// `bots` and `desks` are those of the connections.
pub(super) fn policy(
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
    connections: &Connections,
    sections: Sections,
) -> Policy {
    let Sections {
        limits,
        hours,
        routes,
        texts,
        observed,
    } = sections;
    let bots = bots.iter().filter_map(|(name, bot)| {
        let facts = connections.bots.get(name)?.adapter.facts();
        Some((name.clone(), of_bot(bot, facts)))
    });
    let desks = desks.iter().filter_map(|(name, desk)| {
        let facts = connections.desks.get(name)?.adapter.facts();
        Some((name.clone(), of_desk(desk, facts, &hours)))
    });
    Policy {
        limits,
        bots: bots.collect(),
        desks: desks.collect(),
        routes,
        texts,
        observe: !observed.is_zero(),
        #[cfg(any(test, feature = "mutants"))]
        without: None,
    }
}

/// How much of a transcript each desk is sent with a handover.
pub(super) fn transcript_limits(connections: &Connections) -> TranscriptLimits {
    let desks = connections.desks.iter();
    desks
        .map(|(name, desk)| (name.clone(), desk.adapter.facts().transcript_limit))
        .collect()
}

pub(super) fn retention(configured: &config::Retention) -> store::Retention {
    let config::Retention {
        observed,
        transcripts,
        delivered,
        dead_letters,
        keys,
        audit,
    } = *configured;
    store::Retention {
        observed,
        transcripts,
        delivered,
        dead_letters,
        keys,
        audit,
    }
}

fn of_bot(bot: &Bot, facts: BotFacts) -> BotPolicy {
    let Bot {
        enabled,
        default_language,
        platform: _,
    } = bot;
    let BotFacts {
        answer_pauses,
        pause_steps,
        resume_steps,
        capabilities,
        look_ups,
    } = facts;
    BotPolicy {
        enabled: *enabled,
        default_language: default_language.to_string(),
        pause_steps,
        resume_steps,
        answer_pauses,
        capabilities,
        look_ups,
    }
}

fn of_desk(desk: &Desk, facts: DeskFacts, all_hours: &AllHours) -> DeskPolicy {
    let Desk {
        enabled,
        max_open,
        hours,
        kind,
    } = desk;
    let DeskFacts {
        capabilities,
        reopen_after,
        transcript_limit: _,
    } = facts;
    DeskPolicy {
        enabled: *enabled,
        takes_at_once: kind.is_console(),
        hours: hours.as_ref().and_then(|name| all_hours.get(name)).cloned(),
        max_open: *max_open,
        require_agent: kind.requires_agent(),
        reopen_after,
        capabilities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app,
        config::{Config, Source},
        domain::{
            delivery::Destination,
            policy::{ClosedBecause, Conditions},
            routing::Unavailable,
            time::Timestamp,
        },
    };

    /// Whether the desk `team` takes a handover with nobody signed in.
    fn without_agents(settings: &str) -> (bool, Option<Unavailable>) {
        let settings = format!("[desks.team]\n{settings}");
        let config = Config::load(&Source::text("handover.toml", settings)).unwrap();
        let policy = app::policy_of(&config).unwrap();
        let team: DeskName = "team".parse().unwrap();
        let mut conditions = Conditions::default();
        let desk = Destination::Desk(team.clone());
        conditions.closed.insert(desk, ClosedBecause::NoAgent);
        let at_once = policy.desks[&team].takes_at_once;
        let now = Timestamp::from_millis(0);
        (at_once, policy.unavailable(&team, &conditions, now))
    }

    #[test]
    fn a_console_desk_takes_at_once_and_requires_an_agent_where_it_is_told_to() {
        let requires = "kind = \"console\"\nrequire_agent = true";
        assert_eq!(without_agents(requires), (true, Some(Unavailable::NoAgent)));
        assert_eq!(without_agents("kind = \"console\""), (true, None));
        let called = "kind = \"webhook\"\nurl = \"https://desk.example.com\"\n\
                      secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\ntoken = \"token-of-the-desk-team\"";
        assert_eq!(without_agents(called), (false, None));
    }
}
