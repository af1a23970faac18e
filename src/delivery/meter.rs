//! What is counted of the calls to one destination.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use super::attempt::Outcome;
use crate::{
    domain::delivery::{Destination, TaskKind},
    telemetry::{Family, Registry, catalog},
};

#[derive(Debug)]
pub(super) struct Meter {
    attempts: Family<Attempts, Counter>,
    took: Histogram,
    age: Histogram,
    retries: Counter,
    breaker_open: Gauge,
}

/// What a call was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Delivery(TaskKind),
    Ping,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) call: Call,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
    /// How long the delivery has been owed; a ping is owed to nobody.
    pub(super) age: Option<Duration>,
    pub(super) first: bool,
}

/// Calls that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Attempts {
    call: Call,
    outcome: Outcome,
}

impl Meter {
    pub(super) fn new(registry: &Registry, destination: &Destination) -> Self {
        let name = destination.to_string();
        let attempts = attempts(registry.clone(), name.clone());
        let usual: &[TaskKind] = match destination {
            Destination::Bot(_) => &[TaskKind::Say, TaskKind::Resume],
            Destination::Desk(_) => &[TaskKind::Open, TaskKind::Message, TaskKind::Close],
        };
        for kind in usual {
            attempts.expect(&Attempts {
                call: Call::Delivery(*kind),
                outcome: Outcome::Delivered,
            });
        }
        drop(registry.counter(&catalog::DEAD_LETTERS, &[&name]));
        Self {
            attempts,
            took: registry.histogram(&catalog::ATTEMPT_SECONDS, &[&name]),
            age: registry.histogram(&catalog::DELIVERY_AGE_SECONDS, &[&name]),
            retries: registry.counter(&catalog::RETRIES, &[&name]),
            breaker_open: registry.gauge(&catalog::BREAKER_OPEN, &[&name]),
        }
    }

    pub(super) fn ended(&self, ended: Ended) {
        let Ended {
            call,
            outcome,
            took,
            age,
            first,
        } = ended;
        self.attempts.get(&Attempts { call, outcome }).increment(1);
        self.took.record(took.as_secs_f64());
        if let (Outcome::Delivered, Some(age)) = (outcome, age) {
            self.age.record(age.as_secs_f64());
        }
        if !first {
            self.retries.increment(1);
        }
    }

    pub(super) fn breaker(&self, open: bool) {
        self.breaker_open.set(f64::from(u8::from(open)));
    }
}

impl Call {
    const fn label(self) -> &'static str {
        match self {
            Self::Delivery(kind) => kind.label(),
            Self::Ping => "ping",
        }
    }
}

fn attempts(registry: Registry, destination: String) -> Family<Attempts, Counter> {
    Family::new(move |Attempts { call, outcome }: &Attempts| {
        let values = [destination.as_str(), call.label(), outcome.label()];
        registry.counter(&catalog::ATTEMPTS, &values)
    })
}
