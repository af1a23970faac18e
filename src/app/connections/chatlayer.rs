//! A bot on Chatlayer.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    bots::{
        BotPlatform, SettingsError,
        chatlayer::{Chatlayer, Settings},
    },
    config::{self, Fault},
    domain::ids::BotName,
    http,
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Chatlayer,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = Table::of_bot(name);
    let settings =
        Settings::compile(bot).map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    let access_token = Holder::Presented(settings.access_token().clone());
    secrets.hold(&bot.access_token, access_token);
    let hook = http::ChatlayerHook {
        verify_token: secrets.accept(&bot.verify_token),
        hook_key: secrets.accept(&bot.hook_key),
        channel_verify_token: secrets.accept(&bot.channel_verify_token),
        turns: http::Turns::default(),
        in_doubt: http::InDoubt::default(),
    };
    Ok(Connection {
        adapter: Arc::new(Chatlayer::new(settings, context.outbound.clone())),
        hook: http::BotHook::Chatlayer(hook),
        secrets,
        address: Some(table.address("api_url", "access_token", &bot.api_url)),
    })
}
