//! A bot on Certainly.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    bots::{
        BotPlatform, SettingsError,
        certainly::{Certainly, Reader, Settings},
    },
    config::{self, Fault, HookAuth},
    domain::ids::BotName,
    http::{self, Credentials},
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Certainly,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = Table::of_bot(name);
    let settings =
        Settings::compile(bot).map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    let presented = [
        (&bot.access_token, settings.access_token()),
        (&bot.api_token, settings.api_token()),
    ];
    for (token, held) in presented {
        if let (Some(token), Some(held)) = (token, held) {
            secrets.hold(token, Holder::Presented(held.clone()));
        }
    }
    let hook = http::CertainlyHook {
        hook_key: secrets.accept(&bot.hook_key),
        credentials: credentials(&bot.hook_auth, &mut secrets),
        reader: Arc::new(Reader::new(name, bot)),
    };
    Ok(Connection {
        address: Some(table.address("api_url", "access_token", &bot.api_url)),
        adapter: Arc::new(Certainly::new(settings, context.outbound.clone())),
        hook: http::BotHook::Certainly(hook),
        secrets,
    })
}

fn credentials(configured: &HookAuth, secrets: &mut Holders) -> Credentials {
    match configured {
        HookAuth::None => Credentials::None,
        HookAuth::Basic { user, password } => Credentials::Basic {
            user: user.clone(),
            password: secrets.accept(password),
        },
        HookAuth::Bearer(token) => Credentials::Bearer(secrets.accept(token)),
    }
}
