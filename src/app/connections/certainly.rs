//! A bot on Certainly.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    bots::{
        BotPlatform, SettingsError,
        certainly::{Certainly, Reader, Settings},
    },
    config::{self, Fault, HookAuth, KeyPath},
    domain::ids::BotName,
    http::{self, Credentials, secret::Accepted},
};

pub(super) fn connect(
    name: &BotName,
    bot: &config::Certainly,
    context: &Context,
) -> Result<Connection<dyn BotPlatform, http::BotHook>, Vec<Fault>> {
    let table = KeyPath::default().key("bots").key(name.as_str());
    let settings = Settings::compile(bot)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let hook = http::CertainlyHook {
        hook_key: Accepted::from(&bot.hook_key),
        credentials: credentials(&bot.hook_auth),
        reader: Arc::new(Reader::new(name, bot)),
    };
    let secrets = holders(&settings, &hook);
    Ok(Connection {
        address: Some(Address::new(
            &table,
            "api_url",
            "access_token",
            bot.api_url.as_url(),
        )),
        adapter: Arc::new(Certainly::new(settings, context.outbound.clone())),
        hook: http::BotHook::Certainly(hook),
        secrets: secrets
            .into_iter()
            .map(|(key, holder)| (format!("{table}.{key}"), holder))
            .collect(),
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

fn holders(settings: &Settings, hook: &http::CertainlyHook) -> Vec<(&'static str, Holder)> {
    let mut holders = vec![("hook_key", Holder::Accepted(hook.hook_key.clone()))];
    let presented = [
        ("access_token", settings.access_token()),
        ("api_token", settings.api_token()),
    ];
    for (key, token) in presented {
        holders.extend(token.map(|token| (key, Holder::Presented(token.clone()))));
    }
    match &hook.credentials {
        Credentials::None => {}
        Credentials::Basic { user: _, password } => {
            holders.push(("hook_password", Holder::Accepted(password.clone())));
        }
        Credentials::Bearer(token) => {
            holders.push(("hook_token", Holder::Accepted(token.clone())));
        }
    }
    holders
}
