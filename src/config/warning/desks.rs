//! Of desks: who can answer there, when, and what routes ask of them.

use serde_json::Value;

use super::Warning;
use crate::{
    config::{AivoLive, Chatwoot, Config, Kind},
    domain::ids::DeskName,
};

/// A route's option that a desk of some kind looks at.
struct Known {
    name: &'static str,
    /// What it has to be.
    wanted: &'static str,
    is_of_use: fn(&Value) -> bool,
}

const OF_AIVO_LIVE: [&str; 2] = ["groups", "group"];
const OF_CHATWOOT: [Known; 5] = [
    Known::id("team_id"),
    Known::id("team"),
    Known::id("assignee_id"),
    Known {
        name: "priority",
        wanted: "priority (urgent, high, medium, low)",
        is_of_use: is_priority,
    },
    Known {
        name: "labels",
        wanted: "list of labels",
        is_of_use: are_labels,
    },
];

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
    unknown_options(config, warnings);
}

/// Desks of all other kinds are given the options as they are.
fn unknown_options(config: &Config, warnings: &mut Vec<Warning>) {
    for route in &config.routes {
        let desks = std::iter::once(&route.desk).chain(&route.fallbacks);
        let kinds: Vec<_> = desks
            .filter_map(|desk| config.desks.get(desk))
            .map(|desk| &desk.kind)
            .collect();
        let is_unknown = |option: &&String| !kinds.iter().any(|kind| looks_at(kind, option));
        let unknown = route.options.keys().filter(is_unknown);
        warnings.extend(unknown.map(|option| Warning::UnknownOption {
            desk: route.desk.clone(),
            option: option.clone(),
        }));
    }
}

fn looks_at(kind: &Kind, option: &str) -> bool {
    match kind {
        Kind::AivoLive(_) => OF_AIVO_LIVE.contains(&option),
        Kind::Chatwoot(_) => OF_CHATWOOT.iter().any(|known| known.name == option),
        Kind::Console(_) => false,
        Kind::Template(_) | Kind::Webhook(_) => true,
    }
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
    let has_idle = |option: &&str| has_idle_option(config, name, option, are_groups);
    if OF_AIVO_LIVE.iter().any(has_idle) {
        warnings.push(Warning::NotGroups(name.clone()));
    }
}

fn chatwoot(config: &Config, name: &DeskName, desk: &Chatwoot, warnings: &mut Vec<Warning>) {
    if desk.hook_key.is_none() && config.server.trusted_proxies.is_empty() {
        warnings.push(Warning::Keyless(name.clone()));
    }
    let idle = OF_CHATWOOT
        .iter()
        .filter(|known| has_idle_option(config, name, known.name, known.is_of_use));
    warnings.extend(idle.map(|known| Warning::IdleOption {
        desk: name.clone(),
        option: known.name,
        wanted: known.wanted,
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

impl Known {
    const fn id(name: &'static str) -> Self {
        Self {
            name,
            wanted: "whole number",
            is_of_use: is_id,
        }
    }
}

fn is_id(value: &Value) -> bool {
    value.as_u64().is_some()
}

fn is_priority(value: &Value) -> bool {
    let priorities = ["urgent", "high", "medium", "low"];
    value.as_str().is_some_and(|one| priorities.contains(&one))
}

/// One, or a list of them.
fn are_labels(value: &Value) -> bool {
    let is_label = |label: &Value| label.as_str().is_some_and(|label| !label.is_empty());
    match value {
        Value::Array(labels) => !labels.is_empty() && labels.iter().all(is_label),
        one => is_label(one),
    }
}
