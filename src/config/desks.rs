//! `[desks.*]`: the connections to where agents work, and `[kinds.*]`: what a desk of a kind starts from.

use std::collections::BTreeMap;

use config::Value;
use ipnet::IpNet;

use super::{
    fault::Problem,
    networks::CallUrl,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};
use crate::domain::ids::DeskName;

/// One connection to where agents work.
#[derive(Clone, Debug)]
pub struct Desk {
    /// `false`: takes no new handovers; open ones finish.
    pub enabled: bool,
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
    transcript_limit: usize,
}

/// Every desk that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<(DeskName, Section<'_>)>,
    defaults: &Defaults,
    networks: &[IpNet],
) -> BTreeMap<DeskName, Desk> {
    let mut desks: BTreeMap<DeskName, Desk> = BTreeMap::new();
    for (name, mut section) in tables {
        let Some(desk) = Desk::read(&mut section, defaults, networks) else {
            continue;
        };
        let Kind::Webhook(webhook) = &desk.kind;
        if let Some(other) = holder_of(&webhook.token, &desks) {
            section.fault(
                "token",
                Problem::SharedToken {
                    other: other.clone(),
                },
            );
        }
        desks.insert(name, desk);
    }
    desks
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
        let transcript_limit = section.defaulted("transcript_limit", read_transcript_limit);
        section.finish();
        Some(Self {
            enabled: enabled?,
            transcript_limit: transcript_limit?,
        })
    }
}

impl Desk {
    fn read(section: &mut Section<'_>, defaults: &Defaults, networks: &[IpNet]) -> Option<Self> {
        section.required("kind", read_kind, "add kind = \"webhook\"")?;
        section.not_yet(&["max_open", "hours", "require_agent"]);
        let enabled = section.optional("enabled", value::switch);
        let webhook = WebhookDesk::read(section, &defaults.webhook, networks);
        section.finish();
        Some(Self {
            enabled: enabled.unwrap_or(defaults.webhook.enabled),
            kind: Kind::Webhook(webhook?),
        })
    }
}

impl WebhookDesk {
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

    fn read(
        section: &mut Section<'_>,
        defaults: &WebhookDefaults,
        networks: &[IpNet],
    ) -> Option<Self> {
        let url = section.required(
            "url",
            |value| CallUrl::read(value, networks),
            "add the URL that takes the bridge's calls",
        );
        let secret = secrets::required(section, Self::SECRET, Rule::Signing);
        let token = secrets::required(section, Self::TOKEN, Rule::Unguessable { least: 20 });
        let transcript_limit = section.optional("transcript_limit", read_transcript_limit);
        Some(Self {
            url: url?,
            secret: secret?,
            token: token?,
            transcript_limit: transcript_limit.unwrap_or(defaults.transcript_limit),
        })
    }
}

/// The desk that already uses one of these tokens: its events could not be told from this one's.
fn holder_of<'d>(token: &Secrets, desks: &'d BTreeMap<DeskName, Desk>) -> Option<&'d DeskName> {
    desks
        .iter()
        .find(|(_, desk)| match &desk.kind {
            Kind::Webhook(other) => other.token.overlap(token),
        })
        .map(|(name, _)| name)
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

fn read_transcript_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 0, 10_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
