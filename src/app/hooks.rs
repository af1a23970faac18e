//! Who may call the bridge, as `http` needs it.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::{
    config::{self, Kind, Platform, Secrets},
    domain::ids::{BotName, DeskName},
    http::{self, secret::Accepted},
};

pub(super) fn bots(configured: &BTreeMap<BotName, config::Bot>) -> Vec<http::Bot> {
    let hook = |(name, bot): (&BotName, &config::Bot)| {
        let Platform::Chatlayer(chatlayer) = &bot.platform;
        http::Bot {
            name: name.clone(),
            verify_token: accepted(Some(&chatlayer.verify_token)),
            hook_key: accepted(chatlayer.hook_key.as_ref()),
        }
    };
    configured.iter().map(hook).collect()
}

pub(super) fn desks(configured: &BTreeMap<DeskName, config::Desk>) -> Vec<http::Desk> {
    let api = |(name, desk): (&DeskName, &config::Desk)| {
        let Kind::Webhook(webhook) = &desk.kind;
        http::Desk {
            name: name.clone(),
            token: accepted(Some(&webhook.token)),
        }
    };
    configured.iter().map(api).collect()
}

/// None of them accepts nobody.
pub(super) fn accepted(secrets: Option<&Secrets>) -> Accepted {
    secrets
        .into_iter()
        .flat_map(Secrets::iter)
        .map(ExposeSecret::expose_secret)
        .collect()
}
