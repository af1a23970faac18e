//! What `decide` needs of the configuration.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    bots::chatlayer,
    config::{self, AllHours, Bot, Desk, History, Kind, Platform},
    desks::webhook,
    domain::{
        ids::{BotName, DeskName},
        policy::{BotPolicy, DeskPolicy, Limits, LookUps, Policy, Texts},
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

pub(super) fn policy(
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
    sections: Sections,
) -> Policy {
    let Sections {
        limits,
        hours,
        routes,
        texts,
        observed,
    } = sections;
    Policy {
        limits,
        bots: bots
            .iter()
            .map(|(name, bot)| (name.clone(), of_bot(bot)))
            .collect(),
        desks: desks
            .iter()
            .map(|(name, desk)| (name.clone(), of_desk(desk, &hours)))
            .collect(),
        routes,
        texts,
        observe: !observed.is_zero(),
        #[cfg(any(test, feature = "mutants"))]
        without: None,
    }
}

/// How much of a transcript each desk is sent with a handover.
pub(super) fn transcript_limits(desks: &BTreeMap<DeskName, Desk>) -> TranscriptLimits {
    let limit = |desk: &Desk| {
        let Kind::Webhook(webhook) = &desk.kind;
        webhook.transcript_limit
    };
    desks
        .iter()
        .map(|(name, desk)| (name.clone(), limit(desk)))
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

fn of_bot(bot: &Bot) -> BotPolicy {
    let Bot {
        enabled,
        default_language,
        platform,
    } = bot;
    let Platform::Chatlayer(configured) = platform;
    BotPolicy {
        enabled: *enabled,
        default_language: default_language.to_string(),
        pause_steps: configured.pause.len(),
        resume_steps: configured.resume.len(),
        // `pauseBot` in the answer to the offload.
        answer_pauses: true,
        capabilities: chatlayer::capabilities(configured.text_limit),
        look_ups: LookUps {
            history: configured.history != History::Off,
            session: true,
        },
    }
}

fn of_desk(desk: &Desk, all_hours: &AllHours) -> DeskPolicy {
    let Desk {
        enabled,
        max_open,
        hours,
        kind,
    } = desk;
    let Kind::Webhook(_) = kind;
    DeskPolicy {
        enabled: *enabled,
        takes_at_once: false,
        hours: hours.as_ref().and_then(|name| all_hours.get(name)).cloned(),
        max_open: *max_open,
        require_agent: false,
        // It knows a call again by its `webhook-id`.
        reopen_after: Duration::ZERO,
        capabilities: webhook::CAPABILITIES,
    }
}
