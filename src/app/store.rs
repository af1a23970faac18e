//! The store that the configuration names.

use std::{panic::resume_unwind, sync::Arc};

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::Error;
use crate::{
    clock::{ForwardClock, SteadyClock, SystemClock, new_id},
    config::{self, StoreUrl},
    domain::{policy::Policy, time::Clock},
    store::{
        ConsoleStore, Migrated, TranscriptLimits,
        postgres::{self, Listen, Time},
        sqlite,
    },
    telemetry::Instruments,
};

/// A store that is open.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ConsoleStore>,
    /// What its deadlines go by. Whoever sets one asks it too.
    pub(super) clock: Arc<dyn Clock>,
    /// Cancelled when a file may have lost what it had taken, or a replica has lost a part of itself: the process has to end.
    pub(super) fatal: CancellationToken,
    pub(super) migrated: Migrated,
}

pub(super) async fn open(
    config: config::Store,
    policy: Policy,
    transcript_limits: TranscriptLimits,
    instruments: &Instruments,
) -> Result<Opened, Error> {
    let config::Store {
        url,
        password,
        migrate,
        pool,
        listen,
        unused: _,
    } = config;
    let (policy, instruments) = (Arc::new(policy), instruments.clone());
    match url {
        StoreUrl::Sqlite(path) => {
            let clock: Arc<dyn Clock> = Arc::new(ForwardClock::start(Arc::new(SystemClock)));
            let options = sqlite::Options {
                path: path.clone(),
                migrate,
                policy,
                clock: Arc::clone(&clock),
                new_id,
                transcript_limits,
                instruments,
            };
            // A migration may take its time, and a stop is to be heard meanwhile.
            let opened = spawn_blocking(move || options.open()).await;
            let opened = opened.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
            let store = opened.map_err(|source| Error::Store { path, source })?;
            let fatal = store.fatal();
            Ok(Opened {
                migrated: store.migrated(),
                store: Arc::new(store),
                clock,
                fatal,
            })
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
                time: Time::Database(Arc::new(SteadyClock::start())),
                transcript_limits,
                instruments,
            };
            let store = options.open().await?;
            Ok(Opened {
                migrated: store.migrated(),
                clock: store.clock(),
                fatal: store.fatal(),
                store: Arc::new(store),
            })
        }
    }
}
