//! The store that the configuration names.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Error;
use crate::{
    clock::new_id,
    config::{self, StoreUrl},
    domain::{policy::Policy, time::Clock},
    store::{
        ConsoleStore, TranscriptLimits,
        postgres::{self, Listen},
        sqlite,
    },
    telemetry::Instruments,
};

/// A store that is open.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ConsoleStore>,
    /// Cancelled when it may have lost what it had taken, and the process has to end.
    pub(super) fatal: CancellationToken,
}

pub(super) async fn open(
    config: config::Store,
    (policy, transcript_limits): (Policy, TranscriptLimits),
    (clock, instruments): (&Arc<dyn Clock>, &Instruments),
) -> Result<Opened, Error> {
    let config::Store {
        url,
        password,
        migrate,
        pool,
        listen,
    } = config;
    let (policy, clock, instruments) = (Arc::new(policy), Arc::clone(clock), instruments.clone());
    match url {
        StoreUrl::Sqlite(path) => {
            let options = sqlite::Options {
                path,
                migrate,
                policy,
                clock,
                new_id,
                transcript_limits,
                instruments,
            };
            let store = options.open()?;
            let fatal = store.fatal();
            let store = Arc::new(store);
            Ok(Opened { store, fatal })
        }
        StoreUrl::Postgres(url) => {
            let options = postgres::Options {
                url: url.0,
                password,
                listen: match listen {
                    config::Listen::Here => Listen::Here,
                    config::Listen::At(url) => Listen::At(url.0),
                    config::Listen::Off => Listen::Off,
                },
                migrate,
                pool,
                policy,
                clock,
                new_id,
                transcript_limits,
                instruments,
            };
            let store = Arc::new(options.open().await?);
            // What the database has taken it has; what becomes of its disk is its own affair.
            let fatal = CancellationToken::new();
            Ok(Opened { store, fatal })
        }
    }
}
