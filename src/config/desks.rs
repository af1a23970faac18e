//! `[desks.*]`: the connections to where agents work, one file a kind, and `[kinds.*]`: what a desk of a kind starts
//! from.

mod aivo_live;
mod chatwoot;
mod console;
mod template;
mod webhook;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use config::Value;
use ipnet::IpNet;

pub use self::{
    aivo_live::{AgentName, AivoLive, Extra, Files},
    chatwoot::Chatwoot,
    console::ConsoleDesk,
    template::{Contents, DeskRequests, TemplateDesk, TemplateHook},
    webhook::WebhookDesk,
};
use super::{fault::Problem, names, networks::CallUrl, secrets::Secrets, section::Section, value};
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
    AivoLive(Box<AivoLive>),
    Chatwoot(Box<Chatwoot>),
    Console(ConsoleDesk),
    Template(Box<TemplateDesk>),
    Webhook(Box<WebhookDesk>),
}

/// What desks start from.
#[derive(Debug)]
pub(super) struct Defaults {
    aivo_live: aivo_live::Defaults,
    chatwoot: chatwoot::Defaults,
    console: console::Defaults,
    webhook: webhook::Defaults,
    template: template::Defaults,
}

/// What every kind has a default of.
#[derive(Clone, Copy, Debug)]
struct Common {
    enabled: bool,
    max_open: Option<NonZeroU64>,
}

/// What else of the configuration a desk refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) networks: &'a [IpNet],
    /// Those of faulty tables included: one fault is enough.
    pub(super) hours: &'a BTreeSet<HoursName>,
}

/// What the reading of one desk needs to know of the others.
struct Reader<'a> {
    defaults: &'a Defaults,
    surroundings: Surroundings<'a>,
    /// Those of desks with other faults included, so that one more fault is not found only when they are mended.
    tokens: Vec<(DeskName, Secrets)>,
}

#[derive(Clone, Copy, Debug)]
enum Named {
    AivoLive,
    Chatwoot,
    Console,
    Webhook,
    Template,
}

/// Every desk that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<names::Named<'_, DeskName>>,
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
        .filter_map(|(name, section)| {
            let desk = reader.desk(name.as_ref(), section);
            Some((name?, desk?))
        })
        .collect()
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let aivo_live = section.table("aivo-live");
        let aivo_live = aivo_live.and_then(|table| aivo_live::Defaults::read(table, networks));
        let chatwoot = section.table("chatwoot");
        let chatwoot = chatwoot.and_then(chatwoot::Defaults::read);
        let console = section.table("console").and_then(console::Defaults::read);
        let webhook = section.table("webhook").and_then(webhook::Defaults::read);
        let template = section.table("template").and_then(template::Defaults::read);
        section.finish();
        Some(Self {
            aivo_live: aivo_live?,
            chatwoot: chatwoot?,
            console: console?,
            webhook: webhook?,
            template: template?,
        })
    }

    fn common(&self, named: Named) -> Common {
        match named {
            Named::AivoLive => self.aivo_live.common,
            Named::Chatwoot => self.chatwoot.common,
            Named::Console => self.console.common,
            Named::Webhook => self.webhook.common,
            Named::Template => self.template.common,
        }
    }
}

impl Common {
    /// The defaults of a kind.
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.defaulted("enabled", value::switch);
        let max_open = section.defaulted("max_open", read_max_open);
        Some(Self {
            enabled: enabled?,
            max_open: max_open?,
        })
    }

    /// What a desk says instead.
    fn overlaid(self, section: &mut Section<'_>) -> Self {
        let enabled = section.optional("enabled", value::switch);
        let max_open = section.optional("max_open", read_max_open);
        Self {
            enabled: enabled.unwrap_or(self.enabled),
            max_open: max_open.unwrap_or(self.max_open),
        }
    }
}

impl Kind {
    /// Whether its agents are in the bridge's own console, which takes a handover without being called.
    pub fn is_console(&self) -> bool {
        matches!(self, Self::Console(_))
    }

    /// Whether it takes new handovers only while an agent is there.
    pub fn requires_agent(&self) -> bool {
        matches!(self, Self::Console(desk) if desk.require_agent)
    }

    /// Where it is called. `None`: it is a part of the bridge, and not called.
    pub fn address(&self) -> Option<&CallUrl> {
        match self {
            Self::AivoLive(desk) => Some(&desk.api_url),
            Self::Chatwoot(desk) => Some(&desk.api_url),
            Self::Console(_) => None,
            Self::Template(desk) => Some(&desk.api_url),
            Self::Webhook(desk) => Some(&desk.url),
        }
    }

    /// Whether its agents' software may say at which place of its queue a user is.
    pub fn tells_position(&self) -> bool {
        match self {
            Self::Webhook(_) => true,
            Self::Template(desk) => {
                let mut taken = desk.requests.open.take.iter();
                taken.any(|(name, _)| name == "position")
            }
            Self::AivoLive(_) | Self::Chatwoot(_) | Self::Console(_) => false,
        }
    }

    /// Every secret that there can be.
    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        match self {
            Self::AivoLive(desk) => desk.secrets(),
            Self::Chatwoot(desk) => desk.secrets(),
            Self::Console(_) => Vec::new(),
            Self::Webhook(desk) => desk.secrets(),
            Self::Template(desk) => desk.secrets(),
        }
    }
}

impl Reader<'_> {
    /// `name` is missing where it has been found to be none.
    fn desk(&mut self, name: Option<&DeskName>, mut section: Section<'_>) -> Option<Desk> {
        let named = section.required(
            "kind",
            Named::read,
            "add kind = \"console\", \"webhook\", \"template\", \"aivo-live\" or \"chatwoot\"",
        );
        let hours = self.hours(&mut section);
        let Some(named) = named else {
            // Nobody can say which of the other keys are unknown.
            self.defaults.console.common.overlaid(&mut section);
            return None;
        };
        let common = self.defaults.common(named).overlaid(&mut section);
        let kind = self.kind(named, name, &mut section);
        if section.refuse("require_agent") {
            section.fault("require_agent", Problem::ConsoleOnly);
        }
        section.finish();
        Some(Desk {
            enabled: common.enabled,
            max_open: common.max_open,
            hours,
            kind: kind?,
        })
    }

    fn kind(
        &mut self,
        named: Named,
        name: Option<&DeskName>,
        section: &mut Section<'_>,
    ) -> Option<Kind> {
        let (defaults, around) = (self.defaults, self.surroundings);
        let claim = |section: &Section<'_>, token: &Secrets| {
            claim_token(&mut self.tokens, section, name, token);
        };
        match named {
            Named::AivoLive => {
                let desk = AivoLive::read(section, &defaults.aivo_live, around);
                desk.map(Box::new).map(Kind::AivoLive)
            }
            Named::Chatwoot => {
                let desk = Chatwoot::read(section, &defaults.chatwoot, around);
                desk.map(Box::new).map(Kind::Chatwoot)
            }
            Named::Console => {
                let desk = ConsoleDesk::read(section, &defaults.console);
                Some(Kind::Console(desk))
            }
            Named::Webhook => {
                let desk = WebhookDesk::read(section, &defaults.webhook, around, claim);
                desk.map(Box::new).map(Kind::Webhook)
            }
            Named::Template => {
                let desk = TemplateDesk::read(section, &defaults.template, around, claim);
                desk.map(Box::new).map(Kind::Template)
            }
        }
    }

    fn hours(&self, section: &mut Section<'_>) -> Option<HoursName> {
        let hours = section.optional("hours", names::read)?;
        if !self.surroundings.hours.contains(&hours) {
            section.fault("hours", Problem::UnknownReference { what: "hours" });
        }
        Some(hours)
    }
}

/// The events of two desks with one token could not be told apart.
fn claim_token(
    tokens: &mut Vec<(DeskName, Secrets)>,
    section: &Section<'_>,
    name: Option<&DeskName>,
    secrets: &Secrets,
) {
    if let Some((other, _)) = tokens.iter().find(|(_, other)| other.overlap(secrets)) {
        let other = other.clone();
        section.fault("token", Problem::SharedToken { other });
    }
    tokens.extend(name.map(|name| (name.clone(), secrets.clone())));
}

impl Named {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "aivo-live" => Ok(Self::AivoLive),
            "webhook" => Ok(Self::Webhook),
            "template" => Ok(Self::Template),
            "console" => Ok(Self::Console),
            "chatwoot" => Ok(Self::Chatwoot),
            _ => Err(Problem::NotOneOf(
                "\"console\", \"webhook\", \"template\", \"aivo-live\", \"chatwoot\"",
            )),
        }
    }
}

fn read_transcript_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 0, 10_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// 0 stands for no limit.
fn read_max_open(value: &Value) -> Result<Option<NonZeroU64>, Problem> {
    value::number(value, 0, 1_000_000).map(NonZeroU64::new)
}
