//! Whether one destination may be called now: its breaker, its pause, and what decisions are told of both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    domain::{
        breaker::{Breaker, Permit},
        delivery::Destination,
        policy::ClosedBecause,
        retry::RETRY_AFTER_MAX,
        time::Timestamp,
    },
    store::Store,
};

#[derive(Debug)]
pub(super) struct Health {
    destination: Destination,
    store: Arc<dyn Store>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    paused_until: Option<Timestamp>,
    /// A probe has been permitted and not been recorded.
    probing: bool,
    /// What the store was told last, so that it is told only what is new.
    told: Option<ClosedBecause>,
}

impl Health {
    pub(super) fn new(destination: Destination, store: Arc<dyn Store>) -> Self {
        Self {
            destination,
            store,
            state: Mutex::default(),
        }
    }

    /// Asks to call. What comes of it must be recorded.
    pub(super) fn permit(&self, now: Timestamp) -> Permit {
        let mut state = self.lock();
        let permit = match state.pause_ends(now) {
            Some(until) => Permit::Wait(until),
            None => state.breaker.permit(now),
        };
        state.probing |= permit == Permit::Probe;
        self.tell(&mut state, now);
        permit
    }

    /// A call has ended; `failed` if that says that the destination is unwell. Answers whether calls may be made at
    /// another time than a permit has said before.
    pub(super) fn record(&self, now: Timestamp, failed: bool) -> bool {
        let mut state = self.lock();
        let turned = state.breaker.record(now, failed);
        if turned {
            let destination = &self.destination;
            if failed {
                tracing::warn!(%destination, "destination does not answer, calls wait until a probe succeeds");
            } else {
                tracing::info!(%destination, "destination answers again");
            }
        }
        self.tell(&mut state, now);
        std::mem::take(&mut state.probing) || turned
    }

    pub(super) fn pause(&self, now: Timestamp, until: Timestamp) {
        let mut state = self.lock();
        state.paused_until = state.paused_until.max(Some(until));
        self.tell(&mut state, now);
    }

    /// Decisions ask desks only; a bot is called whatever its health, since nobody could stand in for it.
    fn tell(&self, state: &mut State, now: Timestamp) {
        let Destination::Desk(desk) = &self.destination else {
            return;
        };
        let condition = if state.pause_ends(now).is_some() {
            Some(ClosedBecause::Paused)
        } else if state.breaker.is_open(now) {
            Some(ClosedBecause::BreakerOpen)
        } else {
            None
        };
        if state.told != condition {
            state.told = condition;
            self.store.set_condition(desk, condition);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The end of the present pause. One that is further off than any pause is a clock that was set back.
    fn pause_ends(&self, now: Timestamp) -> Option<Timestamp> {
        self.paused_until
            .filter(|until| *until > now && until.since(now) <= RETRY_AFTER_MAX)
    }
}
