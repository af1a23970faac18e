//! One connection for each configured bot and desk: who is called, who may call, and which of its secrets can be
//! exchanged. One file a vendor. Templates are compiled here, so that their faults come at the start.

mod aivo_live;
mod certainly;
mod chatlayer;
mod chatwoot;
mod console;
mod template;
mod webhook;

use std::{collections::BTreeMap, env, sync::Arc};

use ipnet::IpNet;

use super::{Error, rotation::Holders};
use crate::{
    bots::BotPlatform,
    config::{self, CallUrl, Fault, Faults, KeyPath, Kind, Platform},
    desks::Desk,
    domain::{
        ids::{BotName, DeskName},
        time::Clock,
    },
    http,
    outbound::{Outbound, OutboundOptions, ProxySettings},
};

/// Everybody who is configured.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) bots: BTreeMap<BotName, Connection<dyn BotPlatform, http::BotHook>>,
    pub(super) desks: BTreeMap<DeskName, Connection<dyn Desk, Option<http::DeskHook>>>,
}

/// Those that can be made, and what is wrong with the others.
#[derive(Debug)]
pub(super) struct Draft {
    connections: Connections,
    faults: Vec<Fault>,
}

#[derive(Debug)]
pub(super) struct Connection<A: ?Sized, H> {
    /// Who is called.
    pub(super) adapter: Arc<A>,
    /// Who may call.
    pub(super) hook: H,
    /// To be exchanged while the bridge runs.
    pub(super) secrets: Holders,
    /// `None`: it is a part of the bridge, and not called.
    pub(super) address: Option<Address>,
}

/// Where a call goes, for those who are told what to look at when nobody answers.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The key of the address in the configuration.
    pub(super) key: String,
    /// The key of the secret that a call presents or signs with.
    pub(super) secret_key: String,
    /// Scheme, host and port: the path may be a secret.
    pub(super) origin: String,
}

/// Connections, taken apart for those who use them.
pub(super) struct Parts {
    pub(super) to_bots: BTreeMap<BotName, Arc<dyn BotPlatform>>,
    pub(super) to_desks: BTreeMap<DeskName, Arc<dyn Desk>>,
    pub(super) from_bots: Vec<http::Bot>,
    pub(super) from_desks: Vec<http::Desk>,
    pub(super) secrets: Holders,
}

/// What connections are made with.
#[derive(Clone, Debug)]
struct Context {
    outbound: Outbound,
    clock: Arc<dyn Clock>,
}

/// The table of one bot or desk in the configuration.
#[derive(Debug)]
struct Table(KeyPath);

impl Draft {
    pub(super) fn new(
        bots: &BTreeMap<BotName, config::Bot>,
        desks: &BTreeMap<DeskName, config::Desk>,
        allow_networks: Vec<IpNet>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let proxy = ProxySettings::from_variables(|name| env::var(name).ok());
        let outbound = Outbound::new(
            OutboundOptions {
                allow_networks,
                proxy,
                needs_https: calls_https(bots, desks),
            },
            Arc::clone(&clock),
        )?;
        let context = Context { outbound, clock };
        let mut faults = Vec::new();
        let bots = bots.iter().filter_map(|(name, bot)| {
            let connection = match &bot.platform {
                Platform::Chatlayer(bot) => chatlayer::connect(name, bot, &context),
                Platform::Certainly(bot) => certainly::connect(name, bot, &context),
            };
            Some((name.clone(), keep_all(&mut faults, connection)?))
        });
        let bots = bots.collect();
        let desks = desks.iter().filter_map(|(name, desk)| {
            let connection = match &desk.kind {
                Kind::AivoLive(desk) => aivo_live::connect(name, desk, &context),
                Kind::Chatwoot(desk) => chatwoot::connect(name, desk, &context),
                Kind::Console(_) => Ok(console::connect()),
                Kind::Webhook(desk) => webhook::connect(name, desk, &context),
                Kind::Template(desk) => template::connect(name, desk, &context),
            };
            Some((name.clone(), keep_all(&mut faults, connection)?))
        });
        let desks = desks.collect();
        Ok(Self {
            connections: Connections { bots, desks },
            faults,
        })
    }

    /// What is wrong, also with templates when they are filled in with examples.
    pub(super) fn faults(self) -> Faults {
        let Connections { bots, desks } = &self.connections;
        let bots = bots.values().flat_map(|bot| bot.adapter.dry_run());
        let desks = desks.values().flat_map(|desk| desk.adapter.dry_run());
        let not_filled_in = bots.chain(desks).map(Fault::from);
        not_filled_in.chain(self.faults).collect()
    }

    fn finish(self) -> Result<Connections, Error> {
        if self.faults.is_empty() {
            return Ok(self.connections);
        }
        Err(Error::Faults(self.faults.into_iter().collect()))
    }
}

impl Connections {
    pub(super) fn build(
        bots: &BTreeMap<BotName, config::Bot>,
        desks: &BTreeMap<DeskName, config::Desk>,
        allow_networks: Vec<IpNet>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        Draft::new(bots, desks, allow_networks, clock)?.finish()
    }

    pub(super) fn take_apart(self) -> Parts {
        let mut all_secrets = Holders::default();
        let (mut to_bots, mut from_bots) = (BTreeMap::new(), Vec::new());
        for (name, connection) in self.bots {
            let Connection {
                adapter,
                hook,
                secrets,
                address: _,
            } = connection;
            all_secrets.take_over(secrets);
            to_bots.insert(name.clone(), adapter);
            from_bots.push(http::Bot { name, hook });
        }
        let (mut to_desks, mut from_desks) = (BTreeMap::new(), Vec::new());
        for (name, connection) in self.desks {
            let Connection {
                adapter,
                hook,
                secrets,
                address: _,
            } = connection;
            all_secrets.take_over(secrets);
            to_desks.insert(name.clone(), adapter);
            from_desks.extend(hook.map(|hook| http::Desk { name, hook }));
        }
        Parts {
            to_bots,
            to_desks,
            from_bots,
            from_desks,
            secrets: all_secrets,
        }
    }
}

impl Table {
    fn of_bot(name: &BotName) -> Self {
        Self(KeyPath::default().key("bots").key(name.as_str()))
    }

    fn of_desk(name: &DeskName) -> Self {
        Self(KeyPath::default().key("desks").key(name.as_str()))
    }

    /// What the vendor finds wrong with it.
    fn faults<E>(&self, faults: Vec<E>, into_fault: impl Fn(E, &KeyPath) -> Fault) -> Vec<Fault> {
        let faults = faults.into_iter();
        faults.map(|fault| into_fault(fault, &self.0)).collect()
    }

    /// By the last parts of the two keys.
    fn address(&self, address: &str, secret: &str, url: &CallUrl) -> Address {
        Address {
            key: self.key(address),
            secret_key: self.key(secret),
            origin: url.as_url().origin().ascii_serialization(),
        }
    }

    fn key(&self, last: &str) -> String {
        format!("{}.{last}", self.0)
    }
}

fn keep_all<T>(faults: &mut Vec<Fault>, connected: Result<T, Vec<Fault>>) -> Option<T> {
    connected.map_err(|found| faults.extend(found)).ok()
}

/// Only the addresses that are known now; that of a request template is not.
fn calls_https(
    bots: &BTreeMap<BotName, config::Bot>,
    desks: &BTreeMap<DeskName, config::Desk>,
) -> bool {
    let bots = bots.values().map(|bot| bot.platform.address());
    let desks = desks.values().filter_map(|desk| desk.kind.address());
    bots.chain(desks)
        .any(|url| url.as_url().scheme() == "https")
}
