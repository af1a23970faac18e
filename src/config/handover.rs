//! `[handover]`: how long each state may last, and what is answered in doubt.

use std::time::Duration;

use config::Value;

use super::{fault::Problem, section::Section, value};

/// The limits of a handover.
#[derive(Clone, Debug)]
pub struct Handover {
    /// How long a desk has before the platform is answered.
    pub decide_within: Duration,
    /// What the platform is told when the desk has not answered by then.
    pub when_unsure: WhenUnsure,
    /// REQUESTED, once the platform has been answered.
    pub request_limit: Duration,
    /// WAITING for an agent.
    pub waiting_limit: Duration,
    /// ATTENDED, and the user's text has no answer: the user is told.
    pub unanswered_limit: Duration,
    /// ATTENDED, and nobody wrote: the handover ends.
    pub idle_limit: Duration,
    /// CLOSING: an operator is alerted; the resume goes on.
    pub closing_limit: Duration,
    /// The longest a handover may last in all.
    pub max_duration: Duration,
}

/// The answer to a platform that cannot wait for the desk any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnsure {
    /// The bot goes on.
    Decline,
    /// The bot pauses; if the desk then refuses, it has to be resumed.
    Accept,
}

impl Handover {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let decide_within = section.defaulted("decide_within", Self::read_decide_within);
        let when_unsure = section.defaulted("when_unsure", WhenUnsure::read);
        let request_limit = section.defaulted("request_limit", value::some_duration);
        let waiting_limit = section.defaulted("waiting_limit", value::some_duration);
        let unanswered_limit = section.defaulted("unanswered_limit", value::some_duration);
        let idle_limit = section.defaulted("idle_limit", value::some_duration);
        let closing_limit = section.defaulted("closing_limit", value::some_duration);
        let max_duration = section.defaulted("max_duration", value::some_duration);
        section.finish();
        Some(Self {
            decide_within: decide_within?,
            when_unsure: when_unsure?,
            request_limit: request_limit?,
            waiting_limit: waiting_limit?,
            unanswered_limit: unanswered_limit?,
            idle_limit: idle_limit?,
            closing_limit: closing_limit?,
            max_duration: max_duration?,
        })
    }

    /// The whole answer has to be out within 2.5 s, and the rest of the way takes its share.
    fn read_decide_within(value: &Value) -> Result<Duration, Problem> {
        let duration = value::some_duration(value)?;
        if duration > Duration::from_secs(2) {
            Err(Problem::LongerThan { limit: "2s" })
        } else {
            Ok(duration)
        }
    }
}

impl WhenUnsure {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "decline" => Ok(Self::Decline),
            "accept" => Ok(Self::Accept),
            _ => Err(Problem::NotOneOf("\"decline\", \"accept\"")),
        }
    }
}
