//! A bot on Chatlayer.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::Holder,
    bots::{
        BotPlatform, SettingsError,
        chatlayer::{Chatlayer, Settings},
    },
    config::{self, Fault},
    domain::ids::BotName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Chatlayer,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = Table::of_bot(name);
    let settings =
        Settings::compile(bot).map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let access_token = Holder::Presented(settings.access_token().clone());
    let hook = http::ChatlayerHook {
        verify_token: Accepted::from(&bot.verify_token),
        hook_key: accepted(bot.hook_key.as_ref()),
        channel_verify_token: accepted(bot.channel_verify_token.as_ref()),
        turns: http::Turns::default(),
        in_doubt: http::InDoubt::default(),
    };
    let verify_token = Holder::Accepted(hook.verify_token.clone());
    let hook_key = Holder::Accepted(hook.hook_key.clone());
    let channel_verify_token = Holder::Accepted(hook.channel_verify_token.clone());
    Ok(Connection {
        adapter: Arc::new(Chatlayer::new(settings, context.outbound.clone())),
        hook: http::BotHook::Chatlayer(hook),
        secrets: vec![
            table.secret("access_token", access_token),
            table.secret("verify_token", verify_token),
            table.secret("hook_key", hook_key),
            table.secret("channel_verify_token", channel_verify_token),
        ],
        address: Some(table.address("api_url", "access_token", &bot.api_url)),
    })
}

/// None of them accepts nobody.
fn accepted(secrets: Option<&config::Secrets>) -> Accepted {
    secrets.map(Accepted::from).unwrap_or_default()
}
