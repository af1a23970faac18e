//! The signals of a service manager and of a person at a terminal, as stops.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::http::server::Shutdown;

/// Listened to from here on: before, each of them ends the process at once.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The first SIGTERM or SIGINT stops softly, SIGTERM with the drain; the second, or the end of `patience`, stops
    /// at once.
    pub(super) async fn obey(mut self, shutdown: Shutdown, patience: Duration) {
        let drained = self.next().await;
        if drained {
            tracing::info!("stopping, new calls are still taken for a while");
        } else {
            tracing::info!("stopping");
            shutdown.undrained.cancel();
        }
        shutdown.soft.cancel();
        tokio::select! {
            _ = self.next() => tracing::warn!("stopping at once"),
            () = sleep(patience) => tracing::warn!("the stop takes too long, stopping at once"),
        }
        shutdown.hard.cancel();
    }

    /// Whether it is one that asks to drain.
    async fn next(&mut self) -> bool {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return true,
                _ = self.interrupt.recv() => return false,
                _ = self.hangup.recv() => {
                    tracing::warn!("secrets are read at the start only: to change them, start again");
                }
            }
        }
    }
}
