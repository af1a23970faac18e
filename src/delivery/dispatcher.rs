//! Hands the lanes of one destination out to tasks, as there are slots for calls.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::task::{JoinSet, yield_now};

use super::{
    SHORTEST_WAIT, STORE_PAUSE, health::Permit, outlet::Outlet, sleep_or_pend, slots::Slot,
};
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
    /// A call to end: there are as many as there may be.
    Slot,
    /// A lane to end: what came of too many calls is not written yet.
    Lane,
}

/// What came of asking the store for lanes.
struct Started {
    lanes: usize,
    paused_until: Option<Timestamp>,
    wait: Wait,
}

/// A lane ends later than its call, whose outcome is written first. While the store is slow or away no more than so many
/// calls are made of which nothing is kept yet, and which may have to be made again.
const LANES: usize = 64;
/// The destination's health is found out by one call alone.
const ONE_PROBE: usize = 1;

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
        let mut slot = None;
        while !shared.stop.is_cancelled() {
            // Both are listened to before the store is asked, so that nothing falls between asking and waiting.
            let mut rung = pin!(bell.notified());
            rung.as_mut().enable();
            let mut stirred = pin!(outlet.stirred.notified());
            stirred.as_mut().enable();
            let wait = self.round(slot.take()).await;
            let full = matches!(wait, Wait::Slot | Wait::Lane);
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = rung, if !full => {}
                () = stirred => {}
                free = outlet.slots.wait(), if matches!(wait, Wait::Slot) => slot = free,
                _ = self.lanes.join_next(), if matches!(wait, Wait::Lane) => {}
                () = sleep_or_pend(wait.longest(shared.clock.now())) => {}
            }
            if full {
                // What ends together is followed by as many at once.
                yield_now().await;
            }
        }
        while self.lanes.join_next().await.is_some() {}
    }

    async fn round(&mut self, slot: Option<Slot>) -> Wait {
        while self.lanes.try_join_next().is_some() {}
        let room = LANES.saturating_sub(self.lanes.len());
        if room == 0 {
            return Wait::Lane;
        }
        // Asked before the permit, since a probe that is permitted and not made would keep the next one waiting.
        let mut slots = self.outlet.slots.take(slot, room);
        if slots.is_empty() {
            return Wait::Slot;
        }
        match self.outlet.permit(slots.len()) {
            Permit::Wait(until) => Wait::Until(until),
            Permit::Calls(calls) => {
                slots.truncate(calls);
                let started = self.start_lanes(slots).await;
                self.outlet.give_back(calls.saturating_sub(started.lanes));
                started.wait
            }
            Permit::Probe => {
                slots.truncate(ONE_PROBE);
                self.start_probe(slots).await
            }
        }
    }

    /// An open breaker's interval is over. The first delivery that is due is the probe; without one, a ping is, so that
    /// a destination that is back is known to be back before somebody needs it. A ping is a call as well: one that wants none
    /// for a while is probed after that, and counts as one that does not answer until then.
    async fn start_probe(&mut self, slot: Vec<Slot>) -> Wait {
        let started = self.start_lanes(slot).await;
        match started.paused_until {
            _ if started.lanes > 0 => started.wait,
            Some(until) => {
                self.outlet.forgo();
                Wait::Until(until)
            }
            None => {
                let outlet = Arc::clone(&self.outlet);
                let slot = self.outlet.slots.take(None, ONE_PROBE);
                self.lanes.spawn(async move {
                    outlet.ping().await;
                    drop(slot);
                });
                started.wait
            }
        }
    }

    /// Starts lanes that are due, each with one of these slots; says how many, and when to look again.
    async fn start_lanes(&mut self, slots: Vec<Slot>) -> Started {
        let shared = &self.outlet.shared;
        let limit = slots.len();
        match shared.store.claim(&self.outlet.destination, limit).await {
            Ok(Claimed {
                claims,
                next_due,
                paused_until,
            }) => {
                let started = claims.len();
                for (claim, slot) in claims.into_iter().zip(slots) {
                    let outlet = Arc::clone(&self.outlet);
                    self.lanes
                        .spawn(async move { outlet.work(claim, slot).await });
                }
                let wait = match next_due {
                    _ if self.outlet.slots.are_taken() => Wait::Slot,
                    // A call has ended while the store was asked.
                    Some(due) if started == limit && due <= shared.clock.now() => Wait::Slot,
                    Some(due) => Wait::Until(due),
                    None => Wait::Bell,
                };
                Started {
                    lanes: started,
                    paused_until,
                    wait,
                }
            }
            Err(error) => {
                tracing::warn!(destination = %self.outlet.destination, error = error.told(), "cannot ask the store for deliveries");
                Started {
                    lanes: 0,
                    paused_until: None,
                    wait: Wait::Until(shared.clock.now().plus(STORE_PAUSE)),
                }
            }
        }
    }
}

impl Wait {
    /// How long, should nothing else end it before.
    fn longest(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Bell | Self::Slot | Self::Lane => None,
            Self::Until(at) => Some(at.since(now).max(SHORTEST_WAIT)),
        }
    }
}
