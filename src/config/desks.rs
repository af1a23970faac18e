//! `[desks.*]`: the connections to where agents work, and `[kinds.*]`: what a desk of a kind starts from.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use config::Value;
use ipnet::IpNet;

use super::{
    fault::Problem,
    names,
    networks::CallUrl,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};
use crate::domain::ids::{DeskName, HoursName};

/// One connection to where agents work.
#[derive(Clone, Debug)]
pub struct Desk {
    /// `false`: takes no new handovers; open ones finish.
    pub enabled: bool,
    /// How many handovers it has at most. `None`: any number.
    pub max_open: Option<NonZeroU64>,
    /// When it takes new handovers. `None`: always.
    pub hours: Option<HoursName>,
    pub kind: Kind,
}

/// What differs from kind to kind.
#[derive(Clone, Debug)]
pub enum Kind {
    Webhook(WebhookDesk),
}

/// A desk that speaks the bridge's own protocol.
#[derive(Clone, Debug)]
pub struct WebhookDesk {
    pub url: CallUrl,
    /// Signs what the bridge sends; each one adds its signature.
    pub secret: Secrets,
    /// What the desk presents to the bridge.
    pub token: Secrets,
    /// How many messages of the past `handover.opened` carries at most.
    pub transcript_limit: usize,
}

/// What desks start from.
#[derive(Debug)]
pub(super) struct Defaults {
    webhook: WebhookDefaults,
}

#[derive(Debug)]
struct WebhookDefaults {
    enabled: bool,
    max_open: Option<NonZeroU64>,
    transcript_limit: usize,
}

/// What the reading of one desk needs to know of the others.
struct Reader<'a> {
    defaults: &'a Defaults,
    surroundings: Surroundings<'a>,
    /// Those of desks with other faults included, so that one more fault is not found only when they are mended.
    tokens: Vec<(DeskName, Secrets)>,
}

/// What else of the configuration a desk refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) networks: &'a [IpNet],
    /// Those of faulty tables included: one fault is enough.
    pub(super) hours: &'a BTreeSet<HoursName>,
}

/// Every desk that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<(DeskName, Section<'_>)>,
    defaults: &Defaults,
    surroundings: Surroundings<'_>,
) -> BTreeMap<DeskName, Desk> {
    let mut reader = Reader {
        defaults,
        surroundings,
        tokens: Vec::new(),
    };
    tables
        .into_iter()
        .filter_map(|(name, section)| Some((name.clone(), reader.desk(&name, section)?)))
        .collect()
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let webhook = section.table("webhook").and_then(WebhookDefaults::read);
        section.finish();
        Some(Self { webhook: webhook? })
    }
}

impl WebhookDefaults {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let enabled = section.defaulted("enabled", value::switch);
        let max_open = section.defaulted("max_open", read_max_open);
        let transcript_limit = section.defaulted("transcript_limit", read_transcript_limit);
        section.finish();
        Some(Self {
            enabled: enabled?,
            max_open: max_open?,
            transcript_limit: transcript_limit?,
        })
    }
}

impl Reader<'_> {
    const SECRET: Keys = Keys {
        key: "secret",
        file: "secret_file",
        hint: "add the secret that signs what the desk gets, or secret_file",
    };
    const TOKEN: Keys = Keys {
        key: "token",
        file: "token_file",
        hint: "add the desk's own token, or token_file",
    };

    fn desk(&mut self, name: &DeskName, mut section: Section<'_>) -> Option<Desk> {
        section.required("kind", read_kind, "add kind = \"webhook\"")?;
        section.not_yet(&["require_agent"]);
        let enabled = section.optional("enabled", value::switch);
        let max_open = section.optional("max_open", read_max_open);
        let hours = section.optional("hours", names::read);
        if hours
            .as_ref()
            .is_some_and(|hours| !self.surroundings.hours.contains(hours))
        {
            section.fault("hours", Problem::UnknownReference { what: "hours" });
        }
        let webhook = self.webhook(name, &mut section);
        section.finish();
        Some(Desk {
            enabled: enabled.unwrap_or(self.defaults.webhook.enabled),
            max_open: max_open.unwrap_or(self.defaults.webhook.max_open),
            hours,
            kind: Kind::Webhook(webhook?),
        })
    }

    fn webhook(&mut self, name: &DeskName, section: &mut Section<'_>) -> Option<WebhookDesk> {
        let url = section.required(
            "url",
            |value| CallUrl::read(value, self.surroundings.networks),
            "add the URL that takes the bridge's calls",
        );
        let secret = secrets::required(section, Self::SECRET, Rule::Signing);
        let token = secrets::required(section, Self::TOKEN, Rule::Unguessable { least: 20 });
        let transcript_limit = section.optional("transcript_limit", read_transcript_limit);
        if let Some(token) = &token {
            self.claim_token(name, section, token);
        }
        Some(WebhookDesk {
            url: url?,
            secret: secret?,
            token: token?,
            transcript_limit: transcript_limit.unwrap_or(self.defaults.webhook.transcript_limit),
        })
    }

    /// The events of two desks with one token could not be told apart.
    fn claim_token(&mut self, name: &DeskName, section: &Section<'_>, token: &Secrets) {
        if let Some((other, _)) = self.tokens.iter().find(|(_, taken)| taken.overlap(token)) {
            let other = other.clone();
            section.fault("token", Problem::SharedToken { other });
        }
        self.tokens.push((name.clone(), token.clone()));
    }
}

fn read_kind(value: &Value) -> Result<(), Problem> {
    match value::text(value)?.as_str() {
        "webhook" => Ok(()),
        "console" | "aivo-live" | "chatwoot" => Err(Problem::ValueNotYet {
            instead: "\"webhook\"",
        }),
        _ => Err(Problem::NotOneOf("\"webhook\"")),
    }
}

/// 0 stands for no limit.
fn read_max_open(value: &Value) -> Result<Option<NonZeroU64>, Problem> {
    value::number(value, 0, 1_000_000).map(NonZeroU64::new)
}

fn read_transcript_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 0, 10_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
