//! The signals of a service manager and of a person at a terminal, as stops, and as the wish to have secrets read again.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
    time::{Instant, Interval, interval_at, sleep},
};

use super::rotation::Rotation;
use crate::{http::server::Shutdown, mutant};

/// How often somebody who has two values of a secret is reminded of it.
const REMIND_EVERY: Duration = Duration::from_hours(24);

/// Listened to from here on: before, each of them ends the process at once.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    remind: Interval,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            remind: interval_at(Instant::now() + REMIND_EVERY, REMIND_EVERY),
        })
    }

    /// What is to be done before anything can be stopped softly. None: the wish to stop came first. A SIGHUP that comes
    /// meanwhile is kept for later.
    pub(super) async fn until_stopped<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => None,
            _ = self.interrupt.recv() => None,
            done = work => Some(done),
        }
    }

    /// The first SIGTERM or SIGINT stops softly, SIGTERM with the drain; the second, or the end of `patience`, stops
    /// at once. Each SIGHUP has the secrets read again.
    pub(super) async fn obey(mut self, shutdown: Shutdown, patience: Duration, rotation: Rotation) {
        let rotation = Arc::new(rotation);
        rotation.remind();
        let drained = self.next(&rotation).await;
        if drained {
            tracing::info!("stopping, new calls are still taken for a while");
        } else {
            tracing::info!("stopping");
            shutdown.undrained.cancel();
        }
        shutdown.soft.cancel();
        if mutant::is("no_drain") {
            shutdown.hard.cancel();
        }
        tokio::select! {
            _ = self.next(&rotation) => tracing::warn!("stopping at once"),
            () = sleep(patience) => tracing::warn!("the stop takes too long, stopping at once"),
        }
        shutdown.hard.cancel();
    }

    /// Whether it is one that asks to drain.
    async fn next(&mut self, rotation: &Arc<Rotation>) -> bool {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return true,
                _ = self.interrupt.recv() => return false,
                _ = self.hangup.recv() => {
                    let rotation = Arc::clone(rotation);
                    // Not waited for: a disk that hangs must not keep a stop from being heard.
                    spawn_blocking(move || rotation.read_again());
                }
                _ = self.remind.tick() => rotation.remind(),
            }
        }
    }
}
