//! The addresses that are given to vendors. Those with a key in them are secrets: they are shown to whoever asked for
//! them, and logged by nobody.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    AivoLive, Bot, Certainly, Chatlayer, Chatwoot, Desk, Kind, Platform, Server, TemplateDesk,
};
use crate::domain::ids::{BotName, DeskName};

/// Of a bot on Chatlayer.
#[derive(Debug)]
pub struct ChatlayerHooks {
    pub offloading: SecretString,
    /// Of the webhook channel, if there is one.
    pub channel: Option<SecretString>,
}

/// Of a bot on Certainly.
#[derive(Debug)]
pub struct CertainlyHooks {
    pub claim: SecretString,
    pub messages: SecretString,
}

/// An address that has a key in it, and what it is for.
pub type HookUrl = (String, SecretString);

/// Every address that vendors call, bots first.
pub fn all(
    server: &Server,
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
) -> Vec<HookUrl> {
    let base = base(server);
    let mut urls = Vec::new();
    let mut add = |name: String, url: SecretString| urls.push((name, url));
    for (name, bot) in bots {
        match &bot.platform {
            Platform::Chatlayer(bot) => {
                let hooks = chatlayer(&base, name, bot);
                add(format!("{name}: offloading"), hooks.offloading);
                if let Some(channel) = hooks.channel {
                    add(format!("{name}: webhook channel"), channel);
                }
            }
            Platform::Certainly(bot) => {
                let hooks = certainly(&base, name, bot);
                add(format!("{name}: claim"), hooks.claim);
                add(format!("{name}: messages"), hooks.messages);
            }
        }
    }
    for (name, desk) in desks {
        match &desk.kind {
            Kind::AivoLive(desk) => add(format!("{name}: webhook"), aivo_live(&base, name, desk)),
            Kind::Chatwoot(desk) => add(format!("{name}: webhook"), chatwoot(&base, name, desk)),
            // Agents sign in; nobody outside calls it.
            Kind::Console(_) => {}
            Kind::Webhook(_) => add(format!("{name}: desk API"), desk_api(&base).into()),
            Kind::Template(desk) => {
                if let Some(hook) = template(&base, name, desk) {
                    add(format!("{name}: webhook"), hook);
                }
                if desk.token.is_some() {
                    add(format!("{name}: desk API"), desk_api(&base).into());
                }
            }
        }
    }
    urls
}

/// What stands before each path: as the world sees the bridge, or this machine where that is not configured.
pub fn base(server: &Server) -> String {
    server.public_url.as_ref().map_or_else(
        || format!("http://{}", local(server.listen)),
        |url| url.as_str().trim_end_matches('/').to_owned(),
    )
}

/// Where a listener on `listen` is reached from this machine.
pub fn local(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Without a key, the address takes only what shows the verify token.
pub fn chatlayer(base: &str, name: &BotName, bot: &Chatlayer) -> ChatlayerHooks {
    let hook = format!("{base}/hooks/chatlayer/{name}");
    let Some(key) = &bot.hook_key else {
        return ChatlayerHooks {
            offloading: hook.into(),
            channel: None,
        };
    };
    let keyed = format!("{hook}/{}", key.first().expose_secret());
    let has_channel = bot.channel_verify_token.is_some();
    ChatlayerHooks {
        channel: has_channel.then(|| format!("{keyed}/channel").into()),
        offloading: keyed.into(),
    }
}

pub fn certainly(base: &str, name: &BotName, bot: &Certainly) -> CertainlyHooks {
    let key = bot.hook_key.first().expose_secret();
    let hook = format!("{base}/hooks/certainly/{name}/{key}");
    CertainlyHooks {
        claim: format!("{hook}/claim").into(),
        messages: format!("{hook}/messages").into(),
    }
}

pub fn aivo_live(base: &str, name: &DeskName, desk: &AivoLive) -> SecretString {
    let key = desk.hook_key.first().expose_secret();
    format!("{base}/hooks/aivo-live/{name}/{key}").into()
}

/// Without a key, the address takes only what is signed.
pub fn chatwoot(base: &str, name: &DeskName, desk: &Chatwoot) -> SecretString {
    let hook = format!("{base}/hooks/chatwoot/{name}");
    match &desk.hook_key {
        Some(key) => format!("{hook}/{}", key.first().expose_secret()).into(),
        None => hook.into(),
    }
}

pub fn template(base: &str, name: &DeskName, desk: &TemplateDesk) -> Option<SecretString> {
    let key = desk.hook_key.as_ref().filter(|_| desk.hook.is_some())?;
    let key = key.first().expose_secret();
    Some(format!("{base}/hooks/template/{name}/{key}").into())
}

/// Where a desk tells its events.
pub fn desk_api(base: &str) -> String {
    format!("{}/events", handover(base))
}

/// Where a desk reads a handover and what was said in it.
pub fn handover(base: &str) -> String {
    format!("{base}/api/v1/handovers/{{id}}")
}
