//! Of desks: who can answer there, and when.

use serde_json::Value;

use super::Warning;
use crate::{
    config::{AivoLive, Chatwoot, Config, Kind},
    domain::ids::DeskName,
};

pub(super) fn find(config: &Config, warnings: &mut Vec<Warning>) {
    if config.desks.is_empty() {
        warnings.push(Warning::NoDesks);
    }
    for (name, desk) in &config.desks {
        match &desk.kind {
            Kind::AivoLive(desk) => aivo_live(config, name, desk, warnings),
            Kind::Chatwoot(desk) => chatwoot(config, name, desk, warnings),
            Kind::Console(_) => console(config, name, warnings),
            Kind::Template(_) | Kind::Webhook(_) => {}
        }
    }
    let used = |name| {
        let mut desks = config.desks.values();
        desks.any(|desk| desk.hours.as_ref() == Some(name))
    };
    let unused = config.hours.keys().filter(|name| !used(*name));
    warnings.extend(unused.cloned().map(Warning::UnusedHours));
}

fn aivo_live(config: &Config, name: &DeskName, desk: &AivoLive, warnings: &mut Vec<Warning>) {
    if !desk.guessed.is_empty() {
        warnings.push(Warning::Guessed {
            desk: name.clone(),
            requests: desk.guessed.clone(),
        });
    }
    let are_groups = |groups: &Value| match groups {
        Value::Array(groups) => !groups.is_empty() && groups.iter().all(is_id),
        one => is_id(one),
    };
    if has_idle_option(config, name, "groups", are_groups) {
        warnings.push(Warning::NotGroups(name.clone()));
    }
}

fn chatwoot(config: &Config, name: &DeskName, desk: &Chatwoot, warnings: &mut Vec<Warning>) {
    if desk.hook_key.is_none() && config.server.trusted_proxies.is_empty() {
        warnings.push(Warning::Keyless(name.clone()));
    }
    let idle = ["team_id", "assignee_id"]
        .into_iter()
        .filter(|option| has_idle_option(config, name, option, is_id));
    warnings.extend(idle.map(|option| Warning::NotAnId {
        desk: name.clone(),
        option,
    }));
}

fn console(config: &Config, name: &DeskName, warnings: &mut Vec<Warning>) {
    if config.admin.users.is_empty() {
        warnings.push(Warning::NoUsers {
            desk: name.clone(),
            has_token: config.admin.token.is_some(),
        });
    }
}

/// Whether a route that leads to the desk has this option with a value of which the desk can make nothing.
fn has_idle_option(
    config: &Config,
    desk: &DeskName,
    option: &str,
    is_of_use: impl Fn(&Value) -> bool,
) -> bool {
    let mut routes = config.routes.iter();
    routes.any(|route| {
        let leads_there = route.desk == *desk || route.fallbacks.contains(desk);
        leads_there && !route.options.get(option).is_none_or(&is_of_use)
    })
}

fn is_id(value: &Value) -> bool {
    value.as_u64().is_some()
}
