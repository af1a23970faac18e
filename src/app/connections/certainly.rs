//! A bot on Certainly.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::Holder,
    bots::{
        BotPlatform, SettingsError,
        certainly::{Certainly, Reader, Settings},
    },
    config::{self, Fault, HookAuth},
    domain::ids::BotName,
    http::{self, Credentials, secret::Accepted},
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Certainly,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = Table::of_bot(name);
    let settings =
        Settings::compile(bot).map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let hook = http::CertainlyHook {
        hook_key: Accepted::from(&bot.hook_key),
        credentials: credentials(&bot.hook_auth),
        reader: Arc::new(Reader::new(name, bot)),
    };
    let secrets = secrets(&table, &settings, &hook);
    Ok(Connection {
        address: Some(table.address("api_url", "access_token", &bot.api_url)),
        adapter: Arc::new(Certainly::new(settings, context.outbound.clone())),
        hook: http::BotHook::Certainly(hook),
        secrets,
    })
}

fn credentials(configured: &HookAuth) -> Credentials {
    match configured {
        HookAuth::None => Credentials::None,
        HookAuth::Basic { user, password } => Credentials::Basic {
            user: user.clone(),
            password: Accepted::from(password),
        },
        HookAuth::Bearer(token) => Credentials::Bearer(Accepted::from(token)),
    }
}

fn secrets(
    table: &Table,
    settings: &Settings,
    hook: &http::CertainlyHook,
) -> Vec<(String, Holder)> {
    let hook_key = Holder::Accepted(hook.hook_key.clone());
    let mut secrets = vec![table.secret("hook_key", hook_key)];
    let presented = [
        ("access_token", settings.access_token()),
        ("api_token", settings.api_token()),
    ];
    for (key, token) in presented {
        let token = token.map(|token| Holder::Presented(token.clone()));
        secrets.extend(token.map(|token| table.secret(key, token)));
    }
    let accepted = match &hook.credentials {
        Credentials::None => None,
        Credentials::Basic { user: _, password } => Some(("hook_password", password)),
        Credentials::Bearer(token) => Some(("hook_token", token)),
    };
    secrets.extend(accepted.map(|(key, it)| table.secret(key, Holder::Accepted(it.clone()))));
    secrets
}
