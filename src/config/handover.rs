//! `[handover]`: how long each state may last, and what is answered in doubt.

use std::time::Duration;

use config::Value;

use super::{fault::Problem, section::Section, value};
use crate::domain::policy::{Limits, WhenUnsure};

pub(super) fn read(mut section: Section<'_>) -> Option<Limits> {
    let decide_within = section.defaulted("decide_within", read_decide_within);
    let when_unsure = section.defaulted("when_unsure", read_when_unsure);
    let request = section.defaulted("request_limit", value::some_duration);
    let waiting = section.defaulted("waiting_limit", value::some_duration);
    let unanswered = section.defaulted("unanswered_limit", value::some_duration);
    let idle = section.defaulted("idle_limit", value::some_duration);
    let closing = section.defaulted("closing_limit", value::some_duration);
    let max_duration = section.defaulted("max_duration", value::some_duration);
    section.finish();
    Some(Limits {
        decide_within: decide_within?,
        when_unsure: when_unsure?,
        request: request?,
        waiting: waiting?,
        unanswered: unanswered?,
        idle: idle?,
        closing: closing?,
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

fn read_when_unsure(value: &Value) -> Result<WhenUnsure, Problem> {
    match value::text(value)?.as_str() {
        "decline" => Ok(WhenUnsure::Decline),
        "accept" => Ok(WhenUnsure::Accept),
        _ => Err(Problem::NotOneOf("\"decline\", \"accept\"")),
    }
}
