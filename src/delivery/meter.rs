//! What is counted of the calls to one destination.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use crate::{
    domain::{
        delivery::{Destination, Done, Failure},
        retry::ErrorClass,
    },
    telemetry::{Family, Registry, catalog},
};

#[derive(Debug)]
pub(super) struct Meter {
    attempts: Family<(&'static str, Outcome), Counter>,
    took: Histogram,
    age: Histogram,
    retries: Counter,
    breaker_open: Gauge,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Delivered,
    /// A desk understood and said no.
    Declined,
    Failed(ErrorClass),
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) kind: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
    /// How long the delivery has been owed.
    pub(super) age: Duration,
    pub(super) first: bool,
}

/// How a ping counts, which is no delivery.
pub(super) const PING: &str = "ping";

impl Meter {
    pub(super) fn new(registry: &Registry, destination: &Destination) -> Self {
        let name = destination.to_string();
        let attempts = attempts(registry.clone(), name.clone());
        let kinds: &[&'static str] = match destination {
            Destination::Bot(_) => &["say", "resume"],
            Destination::Desk(_) => &["open", "message", "close"],
        };
        for kind in kinds {
            attempts.expect(&(*kind, Outcome::Delivered));
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
        self.attempts.get(&(ended.kind, ended.outcome)).increment(1);
        self.took.record(ended.took.as_secs_f64());
        if ended.outcome == Outcome::Delivered && ended.kind != PING {
            self.age.record(ended.age.as_secs_f64());
        }
        if !ended.first {
            self.retries.increment(1);
        }
    }

    pub(super) fn breaker(&self, open: bool) {
        self.breaker_open.set(f64::from(u8::from(open)));
    }
}

impl Outcome {
    pub(super) fn of(result: Result<&Done, &Failure>) -> Self {
        match result {
            Ok(Done {
                refused: Some(_), ..
            }) => Self::Declined,
            Ok(_) => Self::Delivered,
            Err(failure) => Self::Failed(failure.class),
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Declined => "declined",
            Self::Failed(class) => class.label(),
        }
    }
}

fn attempts(registry: Registry, destination: String) -> Family<(&'static str, Outcome), Counter> {
    Family::new(move |(kind, outcome): &(&'static str, Outcome)| {
        let values = [destination.as_str(), *kind, outcome.label()];
        registry.counter(&catalog::ATTEMPTS, &values)
    })
}
