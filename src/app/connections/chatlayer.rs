//! A bot on Chatlayer.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    bots::{
        BotPlatform, SettingsError,
        chatlayer::{Chatlayer, Settings},
    },
    config::{self, Fault, KeyPath},
    domain::ids::BotName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Chatlayer,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = KeyPath::default().key("bots").key(name.as_str());
    let settings = Settings::compile(bot)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let access_token = settings.access_token().clone();
    let hook = http::ChatlayerHook {
        verify_token: Accepted::from(&bot.verify_token),
        hook_key: accepted(bot.hook_key.as_ref()),
        channel_verify_token: accepted(bot.channel_verify_token.as_ref()),
        turns: http::Turns::default(),
    };
    let secrets = vec![
        (
            format!("{table}.access_token"),
            Holder::Presented(access_token),
        ),
        (
            format!("{table}.verify_token"),
            Holder::Accepted(hook.verify_token.clone()),
        ),
        (
            format!("{table}.hook_key"),
            Holder::Accepted(hook.hook_key.clone()),
        ),
        (
            format!("{table}.channel_verify_token"),
            Holder::Accepted(hook.channel_verify_token.clone()),
        ),
    ];
    Ok(Connection {
        adapter: Arc::new(Chatlayer::new(settings, context.outbound.clone())),
        hook: http::BotHook::Chatlayer(hook),
        secrets,
        address: Some(Address::new(
            &table,
            "api_url",
            "access_token",
            bot.api_url.as_url(),
        )),
    })
}

/// None of them accepts nobody.
fn accepted(secrets: Option<&config::Secrets>) -> Accepted {
    secrets.map(Accepted::from).unwrap_or_default()
}
