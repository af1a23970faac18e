//! Performs what the bridge owes: claims lanes, calls the bot platform or the desk, settles what came of it.
//!
//! One dispatcher a destination keeps at most 16 calls under way, each in a lane that is a task and goes from head to head;
//! so calls are in order within a lane and parallel across lanes, and a slow desk delays nobody else. No lock,
//! transaction or connection is held across a call. A row that is unsettled after a crash goes out once more under its
//! old id: at least once.
//!
//! Beside them run the timers of the handovers, the upkeep, and what is to be erased. `app` builds and runs all of it.

mod attempt;
mod dispatcher;
mod endpoint;
mod erasing;
mod health;
mod meter;
mod outlet;
mod slots;
mod timers;
mod upkeep;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, future::pending, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use self::{
    dispatcher::Dispatcher, endpoint::Endpoint, erasing::Erasing, outlet::Outlet, timers::Timers,
    upkeep::Upkeep,
};
use crate::{
    bots::BotPlatform,
    desks::Desk,
    domain::{
        delivery::Destination,
        ids::{BotName, DeskName},
        retry::Window,
        time::Clock,
    },
    store::{Retention, Store},
    telemetry::Instruments,
};

/// What an operator decides about deliveries.
#[derive(Clone, Debug)]
pub struct Options {
    pub retention: Retention,
    /// A delivery is given up at this age; the longest that a handover lasts.
    pub limit: Duration,
    /// How long calls that are under way at the stop may take.
    pub finish: Duration,
}

/// What deliveries are made with.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    /// A random number in 0..1 at each call.
    pub jitter: fn() -> f64,
    pub bots: BTreeMap<BotName, Arc<dyn BotPlatform>>,
    pub desks: BTreeMap<DeskName, Arc<dyn Desk>>,
    pub instruments: Instruments,
}

/// Everything that delivers, ready to run.
#[derive(Debug)]
pub struct Delivery {
    dispatchers: Vec<Dispatcher>,
    timers: Timers,
    upkeep: Upkeep,
    erasing: Erasing,
    stop: CancellationToken,
    finish: Duration,
}

/// What an agent says waits no longer than this for a bot that cannot be paused.
const PAUSE_LIMIT: Duration = Duration::from_mins(5);
/// How soon a store that could not be asked is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The shortest wait: a store that says that something was due already must not be asked in a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

impl Options {
    pub fn build(self, parts: Parts) -> Delivery {
        let stop = CancellationToken::new();
        let window = Window {
            pause_limit: PAUSE_LIMIT,
            limit: self.limit,
        };
        let bots = parts.bots.keys().cloned().collect();
        let desks = parts.desks.keys().cloned().collect();
        let upkeep = Upkeep::new(
            Arc::clone(&parts.store),
            self.retention,
            upkeep::Known { bots, desks },
        );
        let erasing = Erasing::new(Arc::clone(&parts.store));
        let timers = Timers::new(Arc::clone(&parts.store), Arc::clone(&parts.clock));
        let to_bots = parts
            .bots
            .into_iter()
            .map(|(name, bot)| (Destination::Bot(name), Endpoint::Bot(bot)));
        let to_desks = parts
            .desks
            .into_iter()
            .map(|(name, desk)| (Destination::Desk(name), Endpoint::Desk(desk)));
        let outlet = |(destination, endpoint)| {
            let shared = outlet::Shared {
                store: Arc::clone(&parts.store),
                clock: Arc::clone(&parts.clock),
                jitter: parts.jitter,
                window,
                instruments: parts.instruments.clone(),
                stop: stop.clone(),
            };
            Dispatcher::new(Outlet::new(destination, endpoint, shared))
        };
        let dispatchers = to_bots.chain(to_desks).map(outlet).collect();
        Delivery {
            dispatchers,
            timers,
            upkeep,
            erasing,
            stop,
            finish: self.finish,
        }
    }
}

impl Delivery {
    /// Delivers until `stop`, then finishes the calls that are under way and gives all lanes back. Ends before if any part
    /// of it does: without one the rest would look healthy, and somebody would wait for ever.
    pub async fn run(self, stop: CancellationToken) {
        let Self {
            dispatchers,
            timers,
            upkeep,
            erasing,
            stop: stopping,
            finish,
        } = self;
        let cut = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for dispatcher in dispatchers {
            let run = cut.clone().run_until_cancelled_owned(dispatcher.run());
            tasks.spawn(async move {
                run.await;
            });
        }
        let besides: [Part; 3] = [
            Box::pin(timers.run()),
            Box::pin(upkeep.run()),
            Box::pin(erasing.run()),
        ];
        for part in besides {
            let run = stopping.clone().run_until_cancelled_owned(part);
            tasks.spawn(async move {
                run.await;
            });
        }
        tokio::select! {
            () = stop.cancelled() => {}
            _ = tasks.join_next() => {
                tracing::error!("a part of what delivers has ended by itself, so all of it ends");
                return;
            }
        }
        stopping.cancel();
        if timeout(finish, all(&mut tasks)).await.is_err() {
            tracing::warn!(
                "calls under way did not end in time; they are made again after the next start"
            );
            cut.cancel();
            all(&mut tasks).await;
        }
    }
}

/// Something that goes on beside the calls.
type Part = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whichever way they end: whoever panicked has said so.
async fn all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// Without a time to wait for, only something else ends the wait.
async fn sleep_or_pend(wait: Option<Duration>) {
    match wait {
        Some(wait) => sleep(wait).await,
        None => pending().await,
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("bots", &self.bots)
            .field("desks", &self.desks)
            .finish_non_exhaustive()
    }
}
