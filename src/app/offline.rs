//! What the command line asks while no bridge need run: the store's upkeep, and what a configuration comes to.

use std::{path::Path, sync::Arc};

use super::{
    Error,
    connections::{Connections, Draft},
    policy::{self, Sections},
    store,
};
use crate::{
    clock::SystemClock,
    config::{self, Config, StoreUrl},
    domain::{policy::Policy, time::Clock},
    store::{
        Migrated, TranscriptLimits,
        copy::{Copied, Copy},
        sqlite,
    },
    telemetry::Instruments,
};

/// Brings the store's tables up to date and ends. Says what there was to do.
pub async fn migrate(store: config::Store) -> Result<Migrated, Error> {
    let config = config::Store {
        migrate: true,
        listen: config::Listen::Off,
        ..store
    };
    let (policy, limits) = (Policy::default(), TranscriptLimits::new());
    let opened = store::open(config, policy, limits, &Instruments::default()).await?;
    opened.store.close().await;
    Ok(opened.migrated)
}

/// Copies the store into one file, whether or not a bridge works with it. Says how large the copy is.
pub fn backup(store: &config::Store, to: &Path) -> Result<u64, Error> {
    match &store.url {
        StoreUrl::Sqlite(path) => Ok(sqlite::backup(path, to, SystemClock.now())?),
        StoreUrl::Postgres(_) => Err(Error::NotAFile),
    }
}

/// Moves a store that nobody works with into a database that holds none. Says how many rows there are of each kind.
pub async fn copy(copy: Copy) -> Result<Vec<Copied>, Error> {
    Ok(copy.run(SystemClock.now()).await?)
}

/// Finds what is wrong with the configuration's templates: what a start would find, and what only shows when they are
/// filled in with examples. Opens and calls nothing.
pub fn check(config: &Config) -> Result<(), Error> {
    let networks = config.outbound.allow_networks.clone();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let faults = Draft::new(&config.bots, &config.desks, networks, clock)?.faults();
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::Faults(faults))
}

/// What `decide` would go by with this configuration.
pub fn policy_of(config: &Config) -> Result<Policy, Error> {
    let networks = config.outbound.allow_networks.clone();
    let (bots, desks) = (&config.bots, &config.desks);
    let connections = Connections::build(bots, desks, networks, Arc::new(SystemClock))?;
    let sections = Sections {
        limits: config.handover,
        hours: config.hours.clone(),
        routes: config.routes.clone(),
        texts: config.texts.clone(),
        observed: config.retention.observed,
    };
    Ok(policy::policy(bots, desks, &connections, sections))
}
