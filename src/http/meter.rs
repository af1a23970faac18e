//! What is counted of calls: how long they took, what was wrong with them, and what became of what they brought.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Gauge, Histogram};

use super::problem::Kind;
use crate::{
    domain::ids::{BotName, DeskName},
    telemetry::{Family, Registry, catalog},
};

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Meter(Arc<Handles>);

#[derive(Debug)]
struct Handles {
    requests: Family<String, Arc<Family<Status, Histogram>>>,
    problems: Family<Kind, Counter>,
    intake: Family<(BotName, Sent, Outcome), Counter>,
    desks: Family<(DeskName, Outcome), Counter>,
}

/// How a request ended, as coarse as a rate over it can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Status {
    /// The first digit of the status.
    Class(u16),
    /// Its client hung up.
    Abandoned,
}

/// What a bot platform sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sent {
    Message,
    /// A request for an agent.
    Request,
    /// A health check.
    Check,
    /// An event that the bridge does not know.
    Other,
    /// It was refused before its name was read.
    Unread,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Accepted,
    Repeat,
    /// A request for an agent that was told no.
    Declined,
    /// It is about nobody whom the bridge knows, or whom it names.
    Unmatched,
    /// A desk's event of a handover that is over.
    Late,
    /// A desk's event of a conversation that is not known yet: it waits.
    Kept,
    /// A desk's event that names two handovers.
    Contradiction,
    /// A desk's event of a bot that is not this desk's.
    OtherBot,
    /// A desk's event that the bridge does not know.
    Unknown,
    Refused(Kind),
}

/// The connections of one listener.
#[derive(Clone, Debug)]
pub struct ConnectionMeter {
    accepted: Counter,
    open: Gauge,
}

/// A connection that is open for as long as this lives.
#[derive(Debug)]
pub(super) struct OpenConnection(Gauge);

const METRICS_ROUTE: &str = "/metrics";

impl Meter {
    /// What will happen shows with 0 before it does: the calls of these bots and desks, and every kind of problem.
    pub(super) fn new(registry: &Registry, bots: &[BotName], desks: &[DeskName]) -> Self {
        let handles = Handles {
            requests: requests(registry.clone()),
            problems: problems(registry.clone()),
            intake: intake(registry.clone()),
            desks: events_of_desks(registry.clone()),
        };
        handles
            .requests
            .get(METRICS_ROUTE)
            .expect(&Status::Class(2));
        for kind in Kind::ALL {
            handles.problems.expect(&kind);
        }
        for bot in bots {
            for (sent, outcome) in [
                (Sent::Message, Outcome::Accepted),
                (Sent::Message, Outcome::Repeat),
                (Sent::Request, Outcome::Accepted),
                (Sent::Request, Outcome::Declined),
            ] {
                handles.intake.expect(&(bot.clone(), sent, outcome));
            }
        }
        for desk in desks {
            handles.desks.expect(&(desk.clone(), Outcome::Accepted));
        }
        Self(Arc::new(handles))
    }

    pub(super) fn request(&self, route: &str, status: Status, took: Duration) {
        self.0
            .requests
            .get(route)
            .get(&status)
            .record(took.as_secs_f64());
    }

    pub(super) fn problem(&self, kind: Kind) {
        self.0.problems.get(&kind).increment(1);
    }

    pub(super) fn intake(&self, bot: &BotName, sent: Sent, outcome: Outcome) {
        self.0
            .intake
            .get(&(bot.clone(), sent, outcome))
            .increment(1);
    }

    pub(super) fn desk(&self, desk: &DeskName, outcome: Outcome) {
        self.0.desks.get(&(desk.clone(), outcome)).increment(1);
    }
}

impl ConnectionMeter {
    pub fn new(registry: &Registry, listener: &str) -> Self {
        Self {
            accepted: registry.counter(&catalog::HTTP_ACCEPTED, &[listener]),
            open: registry.gauge(&catalog::HTTP_CONNECTIONS, &[listener]),
        }
    }

    pub(super) fn opened(&self) -> OpenConnection {
        self.accepted.increment(1);
        self.open.increment(1.0);
        OpenConnection(self.open.clone())
    }
}

impl Default for ConnectionMeter {
    /// Counts nothing.
    fn default() -> Self {
        Self::new(&Registry::default(), "")
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Status {
    fn label(self) -> &'static str {
        match self {
            Self::Class(1) => "1xx",
            Self::Class(2) => "2xx",
            Self::Class(3) => "3xx",
            Self::Class(4) => "4xx",
            Self::Class(_) => "5xx",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Sent {
    fn label(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Request => "request",
            Self::Check => "check",
            Self::Other => "other",
            Self::Unread => "unread",
        }
    }
}

impl Outcome {
    fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Repeat => "repeat",
            Self::Declined => "declined",
            Self::Unmatched => "unmatched",
            Self::Late => "late",
            Self::Kept => "kept",
            Self::Contradiction => "contradiction",
            Self::OtherBot => "other_bot",
            Self::Unknown => "unknown",
            Self::Refused(kind) => kind.id(),
        }
    }
}

fn requests(registry: Registry) -> Family<String, Arc<Family<Status, Histogram>>> {
    Family::new(move |route: &String| {
        let (registry, route) = (registry.clone(), route.clone());
        Arc::new(Family::new(move |status: &Status| {
            registry.histogram(&catalog::HTTP_REQUEST_SECONDS, &[&route, status.label()])
        }))
    })
}

fn problems(registry: Registry) -> Family<Kind, Counter> {
    Family::new(move |kind: &Kind| registry.counter(&catalog::HTTP_PROBLEMS, &[kind.id()]))
}

fn intake(registry: Registry) -> Family<(BotName, Sent, Outcome), Counter> {
    Family::new(move |(bot, sent, outcome): &(BotName, Sent, Outcome)| {
        let values = [bot.as_str(), sent.label(), outcome.label()];
        registry.counter(&catalog::INTAKE, &values)
    })
}

fn events_of_desks(registry: Registry) -> Family<(DeskName, Outcome), Counter> {
    Family::new(move |(desk, outcome): &(DeskName, Outcome)| {
        registry.counter(&catalog::DESK_EVENTS, &[desk.as_str(), outcome.label()])
    })
}
