//! `handover check --probe`: one cheap call to everybody whom the configuration names. Opens no listener and no store.

use std::sync::Arc;

use futures_util::future::{join, join_all};

use super::{
    Error,
    connections::{Address, Connections},
};
use crate::{
    clock::SystemClock,
    config::Config,
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
    /// What to look at although it answers.
    pub remarks: Vec<String>,
}

/// Calls everybody who has an address at once, bots first, each once.
pub async fn probe(config: &Config) -> Result<Vec<Probed>, Error> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let networks = config.outbound.allow_networks.clone();
    let connections = Connections::build(&config.bots, &config.desks, networks, clock)?;
    let bots = connections.bots.iter().map(async |(name, bot)| {
        let address = bot.address.as_ref()?;
        let answer = bot.adapter.probe().await;
        let destination = Destination::Bot(name.clone());
        Some(Probed::new(destination, address, answer))
    });
    let desks = connections.desks.iter().map(async |(name, desk)| {
        let address = desk.address.as_ref()?;
        let answer = desk.adapter.probe().await;
        let destination = Destination::Desk(name.clone());
        Some(Probed::new(destination, address, answer))
    });
    let (bots, desks) = join(join_all(bots), join_all(desks)).await;
    Ok(bots.into_iter().chain(desks).flatten().collect())
}

impl Probed {
    fn new(
        destination: Destination,
        address: &Address,
        answer: Result<Vec<String>, CallError>,
    ) -> Self {
        let Address {
            key,
            secret_key,
            origin,
        } = address.clone();
        let (answer, remarks) = match answer {
            Ok(remarks) => (Ok(()), remarks),
            Err(error) => (Err(error), Vec::new()),
        };
        Self {
            destination,
            address_key: key,
            secret_key,
            origin,
            answer,
            remarks,
        }
    }
}
