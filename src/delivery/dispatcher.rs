//! Hands the lanes of one destination out to tasks, no more at a time than the destination is to be called with.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    task::{JoinSet, yield_now},
    time::sleep,
};

use super::{health::Permit, outlet::Outlet};
use crate::{domain::time::Timestamp, store::Claimed};

#[derive(Debug)]
pub(super) struct Dispatcher {
    outlet: Arc<Outlet>,
    /// Each makes one call at a time. They end with the dispatcher.
    lanes: JoinSet<()>,
}

/// What the next round waits for.
enum Wait {
    /// The bell alone: nothing is owed.
    Bell,
    Until(Timestamp),
    /// A lane to end: there are as many as there may be.
    Lane,
}

/// More would not be faster for a desk and could be too much for it.
const CALLS_IN_FLIGHT: usize = 16;
/// The destination's health is found out by one call alone.
const ONE_PROBE: usize = 1;
/// How soon a store that could not be read is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The shortest wait: a store that says that something was due already must not be asked in a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

impl Dispatcher {
    pub(super) fn new(outlet: Outlet) -> Self {
        Self {
            outlet: Arc::new(outlet),
            lanes: JoinSet::new(),
        }
    }

    /// Runs until the stop, and then until the last lane has been given back.
    pub(super) async fn run(mut self) {
        let outlet = Arc::clone(&self.outlet);
        let (shared, bell) = (
            &outlet.shared,
            outlet.shared.store.bell(&outlet.destination),
        );
        while !shared.stop.is_cancelled() {
            // Both are listened to before the store is asked, so that nothing falls between asking and waiting.
            let mut rung = pin!(bell.notified());
            rung.as_mut().enable();
            let mut stirred = pin!(outlet.stirred.notified());
            stirred.as_mut().enable();
            let wait = self.round().await;
            let full = matches!(wait, Wait::Lane);
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = rung, if !full => {}
                () = stirred => {}
                _ = self.lanes.join_next(), if full => {
                    // Those that were answered by the same commit end with it, and are followed by as many at once.
                    yield_now().await;
                }
                () = elapsed(&wait, shared.clock.now()) => {}
            }
        }
        while self.lanes.join_next().await.is_some() {}
    }

    async fn round(&mut self) -> Wait {
        while self.lanes.try_join_next().is_some() {}
        // Asked before the permit, since a probe that is permitted and not made would keep the next one waiting.
        let free = CALLS_IN_FLIGHT.saturating_sub(self.lanes.len());
        if free == 0 {
            return Wait::Lane;
        }
        match self.outlet.permit(free) {
            Permit::Wait(until) => Wait::Until(until),
            Permit::Calls(calls) => {
                let (started, wait) = self.start_lanes(calls).await;
                self.outlet.give_back(calls.saturating_sub(started));
                wait
            }
            Permit::Probe => self.start_probe().await,
        }
    }

    /// An open breaker's interval is over. The first delivery that is due is the probe; without one, a ping is, so that
    /// a destination that is back is known to be back before somebody needs it.
    async fn start_probe(&mut self) -> Wait {
        let (started, wait) = self.start_lanes(ONE_PROBE).await;
        if started == 0 {
            let outlet = Arc::clone(&self.outlet);
            self.lanes.spawn(async move { outlet.ping().await });
        }
        wait
    }

    /// Starts lanes that are due, at most `limit`; says how many, and when to look again.
    async fn start_lanes(&mut self, limit: usize) -> (usize, Wait) {
        let shared = &self.outlet.shared;
        match shared.store.claim(&self.outlet.destination, limit).await {
            Ok(Claimed { claims, next_due }) => {
                let started = claims.len();
                for claim in claims {
                    let outlet = Arc::clone(&self.outlet);
                    self.lanes.spawn(async move { outlet.work(claim).await });
                }
                let wait = match next_due {
                    _ if self.lanes.len() >= CALLS_IN_FLIGHT => Wait::Lane,
                    Some(due) => Wait::Until(due),
                    None => Wait::Bell,
                };
                (started, wait)
            }
            Err(error) => {
                tracing::warn!(destination = %self.outlet.destination, error = %error, "cannot ask the store for deliveries");
                (0, Wait::Until(shared.clock.now().plus(STORE_PAUSE)))
            }
        }
    }
}

async fn elapsed(wait: &Wait, now: Timestamp) {
    match wait {
        Wait::Bell | Wait::Lane => std::future::pending().await,
        Wait::Until(at) => sleep(at.since(now).max(SHORTEST_WAIT)).await,
    }
}
