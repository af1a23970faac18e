//! What the operator has decided: read once at the start, checked as a whole, then never asked again.
//!
//! Three layers, each over the one before: `config/default.toml` (compiled in, and the documentation), one file, and
//! the environment. Every fault is found in one pass and told with its key and, where it can be had, file and line.
//! Nothing here reaches out: what needs the network is `handover check --probe`, what needs a compiled template is the
//! adapter. `cli` loads it, `app` takes it apart.

mod admin;
mod bots;
mod database_url;
mod desks;
mod fault;
mod handover;
pub mod hooks;
mod hours;
mod key;
mod lines;
mod names;
mod networks;
mod outbound;
mod requests;
mod retention;
mod rotating;
mod routes;
mod secret_file;
mod secrets;
mod section;
mod server;
mod source;
mod steps;
mod store;
mod telemetry;
mod texts;
mod value;
mod warning;

use std::collections::BTreeMap;

pub use self::{
    admin::{Admin, AdminListen, Answers, Role, User},
    bots::{Auth, Bot, Certainly, Chatlayer, History, HookAuth, Platform, Sender},
    database_url::{Database, DatabaseUrl, TlsMode, UrlFault},
    desks::{
        AgentName, AivoLive, Chatwoot, ConsoleDesk, Contents, Desk, DeskRequests, Extra, Files,
        Kind, TemplateDesk, TemplateHook, WebhookDesk,
    },
    fault::{Fault, Faults, Place, Problem, Written},
    hours::AllHours,
    key::KeyPath,
    names::Language,
    networks::CallUrl,
    outbound::Outbound,
    requests::{Method, Request},
    retention::Retention,
    rotating::Rotating,
    secrets::Secrets,
    server::Server,
    source::Source,
    steps::{DialogState, Step, Text},
    store::{Listen, Store, StoreUrl},
    telemetry::{LogFilter, LogFormat, Telemetry},
    warning::{Silence, Untold, Warning},
};

use self::section::{Report, Section};
use crate::domain::{
    ids::{BotName, DeskName, HoursName},
    policy::{Limits, Texts},
    routing::Route,
};

/// The whole configuration, every rule checked. Take it apart without `..`: a setting nobody uses must not compile.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub admin: Admin,
    pub store: Store,
    pub telemetry: Telemetry,
    pub outbound: Outbound,
    pub bots: BTreeMap<BotName, Bot>,
    pub desks: BTreeMap<DeskName, Desk>,
    pub hours: AllHours,
    pub routes: Vec<Route>,
    pub handover: Limits,
    pub texts: Texts,
    pub retention: Retention,
}

/// What works on the store alone goes by; what is wrong elsewhere does not concern it.
#[derive(Clone, Debug)]
pub struct Upkeep {
    pub store: Store,
    pub telemetry: Telemetry,
}

impl Upkeep {
    /// Its sections of `source`, or all that is wrong with them.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        read(source, |mut root| {
            let store = root.table("store").and_then(Store::read);
            let telemetry = root.table("telemetry").and_then(Telemetry::read);
            Some(Self {
                store: store?,
                telemetry: telemetry?,
            })
        })
    }
}

impl Server {
    /// This section alone of `source`, or all that is wrong with it.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        read(source, |mut root| root.table("server").and_then(Self::read))
    }
}

/// All of it that `part` looks at.
fn read<T>(source: &Source, part: impl FnOnce(Section<'_>) -> Option<T>) -> Result<T, Faults> {
    let layers = source.merge()?;
    let report = Report::new(layers.lines);
    let part = part(Section::root(layers.values, &report));
    let faults = report.into_faults();
    match part {
        Some(part) if faults.is_empty() => Ok(part),
        _ => Err(faults),
    }
}

impl Config {
    /// All layers of `source`, or all that is wrong with them.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        read(source, Self::read)
    }

    /// Settings that are allowed and yet ask for a second look.
    pub fn warnings(&self) -> Vec<Warning> {
        warning::find(self)
    }

    /// Every secret there is.
    pub fn secrets(&self) -> impl Iterator<Item = &Secrets> {
        let admin = self.admin.secrets();
        let bots = self.bots.values().flat_map(|bot| bot.platform.secrets());
        let desks = self.desks.values().flat_map(|desk| desk.kind.secrets());
        admin.chain(bots.chain(desks).flatten())
    }

    /// Reads every section before it gives up on any, so that all faults are in the report.
    fn read(mut root: Section<'_>) -> Option<Self> {
        let server = root.table("server").and_then(Server::read);
        let admin = root.table("admin");
        let admin = admin.and_then(|section| {
            let public = server.as_ref().map(|server| server.listen);
            Admin::read(section, public)
        });
        let store = root.table("store").and_then(Store::read);
        let telemetry = root.table("telemetry").and_then(Telemetry::read);
        let outbound = root.table("outbound").and_then(Outbound::read);
        let networks = outbound
            .as_ref()
            .map_or(&[][..], |outbound| &outbound.allow_networks);
        let around_bots = bots::Surroundings { networks };
        let platforms = root
            .table("platforms")
            .and_then(|section| bots::Defaults::read(section, around_bots));
        let kinds = root
            .table("kinds")
            .and_then(|section| desks::Defaults::read(section, networks));

        let bot_tables = names::named_tables::<BotName>(root.table("bots"));
        let desk_tables = names::named_tables::<DeskName>(root.table("desks"));
        let hour_tables = names::named_tables::<HoursName>(root.table("hours"));
        let hour_names = names::known(&hour_tables);
        let surroundings = desks::Surroundings {
            networks,
            hours: &hour_names,
        };
        let known = routes::Known {
            bots: names::known(&bot_tables),
            desks: names::known(&desk_tables),
        };
        let bots = platforms.map(|defaults| bots::read_all(bot_tables, &defaults, around_bots));
        let desks = kinds.map(|defaults| desks::read_all(desk_tables, &defaults, surroundings));
        let hours = hours::read_all(hour_tables);
        let routes = routes::read_all(root.tables("routes"), &known);

        let handover = root.table("handover").and_then(handover::read);
        let texts = root.table("texts").map(texts::read);
        let retention = root.table("retention").and_then(Retention::read);
        root.finish();
        Some(Self {
            server: server?,
            admin: admin?,
            store: store?,
            telemetry: telemetry?,
            outbound: outbound?,
            bots: bots?,
            desks: desks?,
            hours,
            routes,
            handover: handover?,
            texts: texts?,
            retention: retention?,
        })
    }
}
