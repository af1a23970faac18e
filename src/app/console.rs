//! The console, put together from the configuration.

use std::{collections::BTreeMap, sync::Arc};

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::rotation::{Holder, Holders};
use crate::{
    bots::steps::go_where_chosen,
    config::{self, Admin, Answers, Bot, Config, Desk, Kind, Server, hooks},
    console::{self, Account, Console, Development, Endpoints, Presence},
    domain::{
        ids::{BotName, DeskName, OperatorName},
        policy::{Limits, Policy},
        time::Clock,
    },
    http::{secret::Accepted, source::Sources, tasks::Tasks},
    store::ConsoleStore,
};

/// Who may sign in, and from where.
pub(super) struct Access {
    users: BTreeMap<OperatorName, Account>,
    answers: Answers,
    pub(super) token: Accepted,
    trusted_proxies: Vec<IpNet>,
    development: Option<Development>,
}

/// What else the console is made of.
pub(super) struct Parts {
    pub(super) store: Arc<dyn ConsoleStore>,
    /// The store's.
    pub(super) clock: Arc<dyn Clock>,
    pub(super) endpoints: Endpoints,
    /// What of the configuration asks for a second look.
    pub(super) doubtful: Vec<config::Warning>,
    pub(super) limits: Limits,
    pub(super) stopping: CancellationToken,
    /// To be waited for before the store closes.
    pub(super) tasks: Tasks,
    pub(super) presence: Presence,
}

impl Access {
    /// `secrets` are exchanged while the bridge runs, and what opens the operators' side is added to them.
    pub(super) fn new(
        operators: Admin,
        trusted_proxies: Vec<IpNet>,
        development: Option<Development>,
        secrets: &mut Holders,
    ) -> Self {
        let Admin {
            listen: _,
            token,
            users,
            answers,
        } = operators;
        let users = users.into_iter().map(|(name, user)| {
            let account = Account::from(&user);
            let hash = Holder::Hash(account.password_hash.clone());
            secrets.hold(&user.password_hash, hash);
            (name, account)
        });
        Self {
            users: users.collect(),
            answers,
            token: secrets.accept(&token),
            trusted_proxies,
            development,
        }
    }

    pub(super) fn build(self, parts: Parts) -> Console {
        let Self {
            users,
            answers,
            token,
            trusted_proxies,
            development,
        } = self;
        let Parts {
            store,
            clock,
            endpoints,
            doubtful,
            limits,
            stopping,
            tasks,
            presence,
        } = parts;
        let options = console::Options {
            store,
            clock,
            users,
            token,
            sources: Sources::new(trusted_proxies),
            presence,
            development,
            endpoints,
            doubtful,
            answers,
            limits,
            stopping,
            tasks,
        };
        options.build()
    }
}

pub(super) fn endpoints(
    server: &Server,
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
    policy: &Policy,
) -> Endpoints {
    let paused = bots.iter().filter(|(_, bot)| bot.platform.can_be_paused());
    let told = bots
        .iter()
        .filter(|(_, bot)| go_where_chosen(bot.platform.resume()));
    let able = policy.bots.iter();
    let able = able.map(|(name, bot)| (name.clone(), bot.capabilities.clone()));
    Endpoints {
        bots: bots.keys().cloned().collect(),
        can_be_paused: paused.map(|(name, _)| name.clone()).collect(),
        go_where_chosen: told.map(|(name, _)| name.clone()).collect(),
        able: able.collect(),
        desks: desks.keys().cloned().collect(),
        of_console: names_of(desks, Kind::is_console),
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

/// Of the desks that take nobody while no agent is there.
pub(super) fn presence(
    desks: &BTreeMap<DeskName, Desk>,
    store: &Arc<dyn ConsoleStore>,
    clock: &Arc<dyn Clock>,
) -> Presence {
    let wanting = names_of(desks, Kind::requires_agent);
    Presence::new(Arc::clone(store), Arc::clone(clock), wanting)
}

fn names_of(desks: &BTreeMap<DeskName, Desk>, wanted: fn(&Kind) -> bool) -> Vec<DeskName> {
    let desks = desks.iter().filter(|(_, desk)| wanted(&desk.kind));
    desks.map(|(name, _)| name.clone()).collect()
}
