//! Every metric there is: its name, what it counts, in which unit, by which labels.
//!
//! Components ask the [`super::Registry`] for handles by these constants and keep the handles. `docs/metrics.md` says
//! the same to operators; a test holds the two and a running bridge against each other. Labels are words of closed
//! lists and names from the configuration, never an id and never anything that came from outside.

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub unit: Unit,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    /// With the upper ends of its buckets.
    Histogram(&'static [f64]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things of the kind that the name says.
    Count,
    Seconds,
    Bytes,
}

/// From a call within the machine to the longest that a call may take.
const CALL_SECONDS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];
/// From a quick disk to one that is about to fail.
const DISK_SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0,
];
/// Up to what a batch of the store holds at most.
const STEPS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// From a delivery at once to one that is given up.
const AGE_SECONDS: &[f64] = &[
    0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 14_400.0,
];
/// What people take.
const PEOPLE_SECONDS: &[f64] = &[
    5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 14_400.0,
];

pub const HTTP_REQUEST_SECONDS: Metric = histogram(
    "handover_http_request_duration_seconds",
    &["route", "status"],
    CALL_SECONDS,
    "How long requests took, by matched route and class of status.",
);
pub const HTTP_PROBLEMS: Metric = counter(
    "handover_http_problems_total",
    &["type"],
    "Answers that were not a success, by type of problem: bad input, wrong secrets, shed load.",
);
pub const SHED: Metric = counter(
    "handover_http_shed_total",
    &["gate"],
    "Calls that were turned away since more was asked than can be taken.",
);
pub const HTTP_CONNECTIONS: Metric = gauge(
    "handover_http_connections",
    &["listener"],
    Unit::Count,
    "Connections that are open.",
);
pub const HTTP_ACCEPTED: Metric = counter(
    "handover_http_connections_total",
    &["listener"],
    "Connections that were accepted.",
);

pub const INTAKE: Metric = counter(
    "handover_intake_events_total",
    &["bot", "event", "outcome"],
    "What bot platforms sent, and what became of it.",
);
pub const DESK_EVENTS: Metric = counter(
    "handover_desk_events_total",
    &["desk", "outcome"],
    "What desks sent, and what became of it.",
);

pub const STORE_BATCH: Metric = Metric {
    unit: Unit::Count,
    ..histogram(
        "handover_store_batch_steps",
        &[],
        STEPS,
        "How many steps shared a commit.",
    )
};
pub const STORE_COMMIT_SECONDS: Metric = histogram(
    "handover_store_commit_duration_seconds",
    &[],
    DISK_SECONDS,
    "How long commits took until they were durable.",
);
pub const STORE_FAILED_BATCHES: Metric = counter(
    "handover_store_failed_batches_total",
    &[],
    "Batches of which nothing could be written.",
);
pub const STORE_QUEUE: Metric = gauge(
    "handover_store_queue_steps",
    &[],
    Unit::Count,
    "Steps that wait to be written.",
);
pub const STORE_READABLE: Metric = gauge(
    "handover_store_readable",
    &[],
    Unit::Count,
    "1 if the metrics that come from rows could be read, else 0 and they are NaN.",
);

pub const ATTEMPTS: Metric = counter(
    "handover_delivery_attempts_total",
    &["destination", "kind", "outcome"],
    "Calls to bot platforms and desks, and what came of them.",
);
pub const ATTEMPT_SECONDS: Metric = histogram(
    "handover_delivery_attempt_duration_seconds",
    &["destination"],
    CALL_SECONDS,
    "How long calls to bot platforms and desks took.",
);
pub const DELIVERY_AGE_SECONDS: Metric = histogram(
    "handover_delivery_age_seconds",
    &["destination"],
    AGE_SECONDS,
    "How long a delivery had been owed when it was taken.",
);
pub const RETRIES: Metric = counter(
    "handover_delivery_retries_total",
    &["destination"],
    "Calls that were not the first for their delivery.",
);
pub const DEAD_LETTERS: Metric = counter(
    "handover_dead_letters_total",
    &["destination"],
    "Deliveries that were given up.",
);
pub const DEAD_LETTERS_KEPT: Metric = gauge(
    "handover_dead_letters_kept",
    &["destination"],
    Unit::Count,
    "Deliveries that were given up and that an operator can still retry.",
);
pub const UNDELIVERED: Metric = gauge(
    "handover_undelivered",
    &["destination"],
    Unit::Count,
    "Deliveries that are owed.",
);
pub const OLDEST_TO_DESK: Metric = gauge(
    "handover_oldest_undelivered_seconds",
    &["desk"],
    Unit::Seconds,
    "How long the oldest delivery to a desk has been owed; 0 if none is.",
);
pub const OLDEST_TO_BOT: Metric = gauge(
    "handover_bot_oldest_undelivered_seconds",
    &["bot"],
    Unit::Seconds,
    "How long the oldest delivery to a bot platform has been owed; 0 if none is.",
);
pub const BREAKER_OPEN: Metric = gauge(
    "handover_breaker_open",
    &["destination"],
    Unit::Count,
    "1 while a destination is not called because it does not answer.",
);
pub const PAUSED: Metric = gauge(
    "handover_destination_paused",
    &["destination"],
    Unit::Count,
    "1 while a destination is not called because it refused us or limits the rate.",
);

pub const TRANSITIONS: Metric = counter(
    "handover_transitions_total",
    &["bot", "desk", "cause"],
    "Lines of the journal: handovers asked for, answered, joined, closed, resumed, and everything between.",
);
pub const ANSWER_SECONDS: Metric = histogram(
    "handover_answer_duration_seconds",
    &["bot", "answer"],
    CALL_SECONDS,
    "How long it took until a request for an agent was decided.",
);
pub const JOIN_SECONDS: Metric = histogram(
    "handover_join_duration_seconds",
    &["desk"],
    PEOPLE_SECONDS,
    "How long users waited for an agent, from the request.",
);
pub const HANDOVER_SECONDS: Metric = histogram(
    "handover_handover_duration_seconds",
    &["desk"],
    PEOPLE_SECONDS,
    "How long accepted handovers lasted, from the request until the bot had the user.",
);
pub const OPEN: Metric = gauge(
    "handover_open_handovers",
    &["desk", "phase"],
    Unit::Count,
    "Handovers that are open.",
);
pub const UNATTENDED: Metric = gauge(
    "handover_unattended_conversations",
    &[],
    Unit::Count,
    "Conversations whose user is left with nobody. Must be 0.",
);
pub const LATE_RESUMES: Metric = gauge(
    "handover_late_resumes",
    &["bot"],
    Unit::Count,
    "Conversations whose bot should speak again and has not been resumed within closing_limit.",
);
pub const WARNINGS: Metric = counter(
    "handover_warnings_total",
    &["kind"],
    "Warnings to operators.",
);

pub const BUILD_INFO: Metric = gauge(
    "handover_build_info",
    &["version"],
    Unit::Count,
    "1; the label says which version runs.",
);
pub const RESIDENT_BYTES: Metric = gauge(
    "process_resident_memory_bytes",
    &[],
    Unit::Bytes,
    "Memory of the process.",
);
pub const OPEN_FILES: Metric = gauge(
    "process_open_fds",
    &[],
    Unit::Count,
    "Files and sockets that the process has open.",
);
pub const START_TIME: Metric = gauge(
    "process_start_time_seconds",
    &[],
    Unit::Seconds,
    "When the bridge was started, in seconds since 1970.",
);

/// In the order of `docs/metrics.md`.
pub const ALL: &[Metric] = &[
    UNATTENDED,
    OLDEST_TO_DESK,
    OLDEST_TO_BOT,
    OPEN,
    LATE_RESUMES,
    TRANSITIONS,
    ANSWER_SECONDS,
    JOIN_SECONDS,
    HANDOVER_SECONDS,
    WARNINGS,
    INTAKE,
    DESK_EVENTS,
    HTTP_REQUEST_SECONDS,
    HTTP_PROBLEMS,
    SHED,
    HTTP_CONNECTIONS,
    HTTP_ACCEPTED,
    UNDELIVERED,
    ATTEMPTS,
    ATTEMPT_SECONDS,
    DELIVERY_AGE_SECONDS,
    RETRIES,
    DEAD_LETTERS,
    DEAD_LETTERS_KEPT,
    BREAKER_OPEN,
    PAUSED,
    STORE_BATCH,
    STORE_COMMIT_SECONDS,
    STORE_FAILED_BATCHES,
    STORE_QUEUE,
    STORE_READABLE,
    BUILD_INFO,
    RESIDENT_BYTES,
    OPEN_FILES,
    START_TIME,
];

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        unit: Unit::Count,
        labels,
        help,
    }
}

const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    unit: Unit,
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind: Kind::Gauge,
        unit,
        labels,
        help,
    }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    buckets: &'static [f64],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind: Kind::Histogram(buckets),
        unit: Unit::Seconds,
        labels,
        help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_end_in_their_unit() {
        for (at, metric) in ALL.iter().enumerate() {
            let name = metric.name;
            assert!(
                ALL[at + 1..].iter().all(|other| other.name != name),
                "{name} twice"
            );
            assert!(
                name.starts_with("handover_") || name.starts_with("process_"),
                "{name}"
            );
            let total = matches!(metric.kind, Kind::Counter);
            assert_eq!(name.ends_with("_total"), total, "{name}");
            let suffix = match metric.unit {
                Unit::Count => "",
                Unit::Seconds => "_seconds",
                Unit::Bytes => "_bytes",
            };
            assert!(name.ends_with(suffix), "{name}");
        }
    }

    #[test]
    fn buckets_grow() {
        for metric in ALL {
            if let Kind::Histogram(buckets) = metric.kind {
                assert!(
                    buckets.is_sorted() && !buckets.is_empty(),
                    "{}",
                    metric.name
                );
            }
        }
    }
}
