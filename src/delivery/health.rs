//! Whether one destination may be called now, and how often: its breaker and its pace. What decisions are told of the
//! breaker; of a pause they know from the store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::meter::Meter;
use crate::{
    domain::{
        breaker::{self, Breaker, Report},
        delivery::Destination,
        pace::{Pace, Refusal},
        policy::{ClosedBecause, PausedBecause},
        time::Timestamp,
    },
    store::{Pause, Store},
};

#[derive(Debug)]
pub(super) struct Health {
    destination: Destination,
    store: Arc<dyn Store>,
    meter: Arc<Meter>,
    state: Mutex<State>,
}

/// Whether calls may be made, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    Calls(usize),
    /// The one call that finds out whether the destination is back.
    Probe,
    /// Not before this time.
    Wait(Timestamp),
}

/// A call that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) at: Timestamp,
    /// It finds out whether the destination is back.
    pub(super) probes: bool,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    pace: Pace,
    /// A pause that the store does not keep yet; from then on the store alone says when it is over.
    pausing: Option<Timestamp>,
    /// How often a pause has begun, or has come to be kept.
    pauses: u64,
    /// A probe has been permitted and not been begun.
    may_probe: bool,
    /// What the store was told last, so that it is told only what is new.
    told: Option<ClosedBecause>,
}

impl Health {
    pub(super) fn new(destination: Destination, store: Arc<dyn Store>, meter: Arc<Meter>) -> Self {
        Self {
            destination,
            store,
            meter,
            state: Mutex::default(),
        }
    }

    /// Asks to make up to `most` calls. What is permitted is either begun or given back, and what comes of a call must
    /// be recorded.
    pub(super) fn permit(&self, now: Timestamp, most: usize) -> Permit {
        let mut state = self.lock();
        let permit = state.permit(now, most);
        state.may_probe |= permit == Permit::Probe;
        self.tell(&mut state, now);
        permit
    }

    pub(super) fn give_back(&self, calls: usize) {
        self.lock().pace.give_back(calls);
    }

    /// A call that was permitted is not made.
    pub(super) fn forgo(&self) {
        let mut state = self.lock();
        state.pace.give_back(1);
        if std::mem::take(&mut state.may_probe) {
            state.breaker.forgo_probe();
        }
    }

    pub(super) fn begin(&self, at: Timestamp) -> Begun {
        let mut state = self.lock();
        state.pace.started(at);
        let probes = std::mem::take(&mut state.may_probe);
        Begun { at, probes }
    }

    /// A call has ended. Answers whether calls may be made at another time than a permit has said before.
    pub(super) fn record(&self, call: Begun, now: Timestamp, report: Report) -> bool {
        let mut state = self.lock();
        let turned = if call.probes {
            state.breaker.record_probe(now, report)
        } else {
            state.breaker.record(now, report)
        };
        let destination = &self.destination;
        match report {
            Report::Well if turned => tracing::info!(%destination, "destination answers again"),
            Report::Unwell if turned => {
                tracing::warn!(%destination, "destination does not answer, calls wait until a probe succeeds");
            }
            _ => {}
        }
        // What was told holds until whoever asks next finds it out.
        if report != Report::Nothing {
            self.tell(&mut state, now);
        }
        call.probes || turned
    }

    /// The destination wants no calls, or less of them. Holds at once; the store is slower.
    pub(super) fn pause(&self, started_at: Timestamp, ended_at: Timestamp, pause: Pause) {
        let mut state = self.lock();
        let Pause { until, because } = pause;
        state.pausing = state.pausing.max(Some(until));
        state.pauses += 1;
        if because == PausedBecause::RateLimited {
            state.pace.refused(Refusal {
                started_at,
                ended_at,
                until,
            });
        }
    }

    /// Another number than before: a pause came in between that only the store may know of by now.
    pub(super) fn pauses(&self) -> u64 {
        self.lock().pauses
    }

    /// The destination has taken its last call for now. Known to this process alone: one call too many after a restart
    /// is refused, and pauses.
    pub(super) fn quiet_until(&self, until: Timestamp) {
        let mut state = self.lock();
        state.pausing = state.pausing.max(Some(until));
    }

    /// The store keeps this pause now. If it does not, this process does.
    pub(super) fn pause_is_kept(&self, pause: Pause) {
        let mut state = self.lock();
        state.pauses += 1;
        state.pausing = state.pausing.filter(|until| *until != pause.until);
    }

    fn tell(&self, state: &mut State, now: Timestamp) {
        let condition = state
            .breaker
            .is_open(now)
            .then_some(ClosedBecause::BreakerOpen);
        if state.told != condition {
            state.told = condition;
            self.meter.breaker(condition.is_some());
            self.store.set_condition(&self.destination, condition);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn permit(&mut self, now: Timestamp, most: usize) -> Permit {
        self.pausing = self.pausing.filter(|until| *until > now);
        if let Some(until) = self.pausing {
            return Permit::Wait(until);
        }
        let calls = match self.pace.take(now, most) {
            Ok(calls) => calls,
            Err(next) => return Permit::Wait(next),
        };
        match self.breaker.permit(now) {
            breaker::Permit::Call => Permit::Calls(calls),
            breaker::Permit::Probe => {
                self.pace.give_back(calls.saturating_sub(1));
                Permit::Probe
            }
            breaker::Permit::Wait(until) => {
                self.pace.give_back(calls);
                Permit::Wait(until)
            }
        }
    }
}
