//! `handover check --probe`: one cheap call to everybody whom the configuration names, and every template filled in with
//! an example. Opens no listener and no store.

use std::sync::Arc;

use futures_util::future::join_all;
use url::Url;

use super::{
    Error,
    adapters::{Adapters, bot_settings},
};
use crate::{
    bots::chatlayer::DryRunError,
    clock::SystemClock,
    config::{Config, Kind, Platform},
    domain::{delivery::Destination, time::Clock},
    outbound::CallError,
};

/// What came of the call to one bot platform or desk.
#[derive(Debug)]
pub struct Probed {
    pub destination: Destination,
    /// The key of its address in the configuration.
    pub address_key: String,
    /// The key of the secret that the call presents or signs with.
    pub secret_key: String,
    /// Scheme, host and port: the path may be a secret.
    pub origin: String,
    pub answer: Result<(), CallError>,
    /// What is wrong with its templates.
    pub steps: Vec<DryRunError>,
}

/// Calls everybody at once, bots first, each once.
pub async fn probe(config: &Config) -> Result<Vec<Probed>, Error> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let networks = config.outbound.allow_networks.clone();
    let adapters = Adapters::build(&config.bots, &config.desks, (networks, clock))?;
    let mut probed = Vec::new();
    let answers = adapters.bots.values().map(|bot| bot.probe());
    for ((name, bot), answer) in config.bots.iter().zip(join_all(answers).await) {
        let Platform::Chatlayer(chatlayer) = &bot.platform;
        probed.push(Probed {
            destination: Destination::Bot(name.clone()),
            address_key: format!("bots.{name}.api_url"),
            secret_key: format!("bots.{name}.access_token"),
            origin: origin(chatlayer.api_url.as_url()),
            answer,
            steps: bot_settings(name, bot)?.dry_run(),
        });
    }
    let answers = adapters.desks.values().map(|desk| desk.probe());
    for ((name, desk), answer) in config.desks.iter().zip(join_all(answers).await) {
        let Kind::Webhook(webhook) = &desk.kind;
        probed.push(Probed {
            destination: Destination::Desk(name.clone()),
            address_key: format!("desks.{name}.url"),
            secret_key: format!("desks.{name}.secret"),
            origin: origin(webhook.url.as_url()),
            answer,
            steps: Vec::new(),
        });
    }
    Ok(probed)
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
