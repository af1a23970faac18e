//! Why the bridge did not start, or ended early.

use std::{io, net::SocketAddr, path::PathBuf};

use super::demo;
use crate::{
    config::Faults,
    outbound::OutboundError,
    store::{copy::CopyError, postgres, sqlite},
    telemetry::{self, traces},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("cannot listen to signals")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("the configuration cannot be used")]
    Faults(#[source] Faults),
    #[error("the store at {} cannot be used", path.display())]
    Store {
        path: PathBuf,
        source: sqlite::OpenError,
    },
    #[error("the store cannot be opened")]
    Database(#[from] postgres::OpenError),
    #[error("the store is no file; back the database up with pg_dump")]
    NotAFile,
    #[error("there is no backup")]
    Backup(#[from] sqlite::BackupError),
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error(transparent)]
    Metrics(#[from] telemetry::SetupError),
    #[error("telemetry.otlp_endpoint cannot be used")]
    Traces(#[from] traces::SetupError),
    #[error("the store has failed, and was left at once")]
    StoreFailed,
    #[error("deliveries have ended before their time")]
    DeliveryEnded,
    #[error("nobody sees any more which agents are there")]
    PresenceEnded,
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
}
