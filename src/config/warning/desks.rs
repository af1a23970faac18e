//! Of desks: who can answer there, and when.

use serde_json::Value;

use super::Warning;
use crate::{
    config::{AivoLive, Config, Kind},
    domain::ids::DeskName,
};

pub(super) fn find(config: &Config, warnings: &mut Vec<Warning>) {
    if config.desks.is_empty() {
        warnings.push(Warning::NoDesks);
    }
    for (name, desk) in &config.desks {
        match &desk.kind {
            Kind::AivoLive(desk) => aivo_live(config, name, desk, warnings),
            Kind::Console(_) if config.admin.users.is_empty() => {
                warnings.push(if config.admin.token.is_some() {
                    Warning::NoUsers(name.clone())
                } else {
                    Warning::NobodySignsIn(name.clone())
                });
            }
            Kind::Chatwoot(_) | Kind::Console(_) | Kind::Template(_) | Kind::Webhook(_) => {}
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
    let is_id = |group: &Value| group.as_u64().is_some();
    let is_groups = |groups: &Value| match groups {
        Value::Array(groups) => !groups.is_empty() && groups.iter().all(is_id),
        one => is_id(one),
    };
    let mut routes = config.routes.iter();
    let wrong = routes.any(|route| {
        let leads_here = route.desk == *name || route.fallbacks.contains(name);
        leads_here && !route.options.get("groups").is_none_or(is_groups)
    });
    if wrong {
        warnings.push(Warning::NotGroups(name.clone()));
    }
}
