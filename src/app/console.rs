//! The console, put together from the configuration.

use std::{collections::BTreeMap, sync::Arc};

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::rotation::Holder;
use crate::{
    config::{self, Admin, Answers, Bot, Config, Desk, Kind, Server, hooks},
    console::{self, Account, Console, Development, Ends},
    domain::{
        ids::{BotName, DeskName, OperatorName},
        time::Clock,
    },
    http::{secret::Accepted, source::Sources},
    store::ConsoleStore,
};

/// Who may come in, and from where.
pub(super) struct Entrance {
    users: BTreeMap<OperatorName, Account>,
    answers: Answers,
    token: Accepted,
    trusted_proxies: Vec<IpNet>,
    development: Option<Development>,
}

impl Entrance {
    pub(super) fn new(
        operators: Admin,
        token: Accepted,
        trusted_proxies: Vec<IpNet>,
        development: Option<Development>,
    ) -> Self {
        let Admin {
            listen: _,
            token: _,
            users,
            answers,
        } = operators;
        let users = users.iter();
        Self {
            users: users
                .map(|(name, user)| (name.clone(), Account::from(user)))
                .collect(),
            answers,
            token,
            trusted_proxies,
            development,
        }
    }

    /// What opens the operators' side, to be exchanged while the bridge runs.
    pub(super) fn secrets(&self) -> Vec<(String, Holder)> {
        let token = Holder::Accepted(self.token.clone());
        let users = self.users.iter().map(|(name, user)| {
            let hash = Holder::Hash(user.password_hash.clone());
            (format!("admin.users.{name}.password_hash"), hash)
        });
        [("admin.token".to_owned(), token)]
            .into_iter()
            .chain(users)
            .collect()
    }
}

pub(super) fn build(
    (store, clock): (Arc<dyn ConsoleStore>, Arc<dyn Clock>),
    entrance: Entrance,
    (ends, doubtful): (Ends, Vec<config::Warning>),
    stopping: CancellationToken,
) -> Console {
    let Entrance {
        users,
        answers,
        token,
        trusted_proxies,
        development,
    } = entrance;
    console::Options {
        store,
        clock,
        users,
        token,
        development,
        sources: Sources::new(trusted_proxies),
        ends,
        doubtful,
        answers,
        stopping,
    }
    .build()
}

pub(super) fn ends(
    server: &Server,
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
) -> Ends {
    let paused = bots.iter().filter(|(_, bot)| bot.platform.can_be_paused());
    Ends {
        bots: bots.keys().cloned().collect(),
        can_be_paused: paused.map(|(name, _)| name.clone()).collect(),
        desks: desks.keys().cloned().collect(),
        of_console: desks_of_console(desks, |_| true),
        hook_urls: hooks::all(server, bots, desks),
    }
}

/// What an operator should look at again. Nobody has written the configuration of a development bridge.
pub(super) fn doubtful(config: &Config, development: Option<&Development>) -> Vec<config::Warning> {
    match development {
        Some(_) => Vec::new(),
        None => config.warnings(),
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
