//! Every adapter of this crate passes the suite, and the suite finds each rule that an adapter breaks.

#![cfg(test)]

mod aivo_live;
mod broken;
mod certainly;
mod chatlayer;
mod chatwoot;
mod template;
mod webhook;

use handover_bridge::{
    config::{Bot, Config, Desk, Source},
    outbound::BaseUrl,
};

/// What the file says of its one desk. `{vendor}` stands for the vendor's address.
fn desk(settings: &str, vendor: &BaseUrl) -> Desk {
    let config = config(settings, vendor);
    config.desks.into_values().next().unwrap()
}

/// The same of its one bot.
fn bot(settings: &str, vendor: &BaseUrl) -> Bot {
    let config = config(settings, vendor);
    config.bots.into_values().next().unwrap()
}

fn config(settings: &str, vendor: &BaseUrl) -> Config {
    let vendor = vendor.expose().trim_end_matches('/');
    let settings = settings.replace("{vendor}", vendor);
    let text = format!("outbound.allow_networks = [\"127.0.0.0/8\"]\n{settings}");
    Config::load(&Source::text("test.toml", text)).unwrap()
}
