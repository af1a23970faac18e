//! The console, put together from the configuration.

use std::{collections::BTreeMap, sync::Arc};

use axum::Router;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Bot, Desk, Kind, Server, User, hooks},
    console::{self, Development, Ends},
    domain::{
        ids::{BotName, DeskName, OperatorName},
        time::Clock,
    },
    http::{self, secret::Accepted, source::Sources},
    store::ConsoleStore,
};

/// Who may come in, and from where.
pub(super) struct Entrance {
    users: BTreeMap<OperatorName, User>,
    token: Accepted,
    trusted_proxies: Vec<IpNet>,
    development: Option<Development>,
}

/// Whom the bridge is between.
pub(super) struct Between {
    /// Where a conversation goes that is taken from the bot.
    desk: Option<DeskName>,
    ends: Ends,
}

impl Entrance {
    pub(super) fn new(
        users: BTreeMap<OperatorName, User>,
        token: Accepted,
        (trusted_proxies, development): (Vec<IpNet>, Option<Development>),
    ) -> Self {
        Self {
            users,
            token,
            trusted_proxies,
            development,
        }
    }
}

pub(super) fn router(
    (store, clock): (Arc<dyn ConsoleStore>, Arc<dyn Clock>),
    entrance: Entrance,
    (Between { desk, ends }, stopping): (Between, CancellationToken),
) -> Router<http::State> {
    let Entrance {
        users,
        token,
        trusted_proxies,
        development,
    } = entrance;
    console::router(console::Options {
        store,
        clock,
        users,
        token,
        development,
        sources: Sources::new(trusted_proxies),
        desk,
        ends,
        stopping,
    })
}

pub(super) fn between(
    server: &Server,
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
) -> Between {
    let ends = Ends {
        bots: bots.keys().cloned().collect(),
        desks: desks.keys().cloned().collect(),
        hook_urls: hooks::all(server, bots, desks),
    };
    Between {
        desk: desks_of_console(desks, |_| true).into_iter().next(),
        ends,
    }
}

/// Console desks that take nobody while no agent is there.
pub(super) fn wanting_agents(desks: &BTreeMap<DeskName, Desk>) -> Vec<DeskName> {
    desks_of_console(desks, |requires_agent| requires_agent)
}

fn desks_of_console(
    desks: &BTreeMap<DeskName, Desk>,
    wanted: impl Fn(bool) -> bool,
) -> Vec<DeskName> {
    let desks = desks.iter();
    let of_console = desks.filter(
        |(_, desk)| matches!(&desk.kind, Kind::Console(console) if wanted(console.require_agent)),
    );
    of_console.map(|(name, _)| name.clone()).collect()
}
