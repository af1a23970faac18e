//! Whether a user is left with nobody: the promise that the bridge publishes, as an onlooker can check it.
//!
//! Kept apart from the timers that should see to it, and asked of what is stored. The store's census counts by it.

use std::time::Duration;

use super::{
    conversation::{Answer, Handover, Phase},
    policy::Limits,
    time::Timestamp,
};

/// What the rows beside the handover's own say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// When the user was last told something by the bridge, in this handover.
    pub told_at: Option<Timestamp>,
    /// Something that the user was to be told waits to be sent.
    pub notice_waits: bool,
    /// A resume step of the bot waits to be sent, or is on its way.
    pub resume_waits: bool,
    /// An operator has been told that the resume is late.
    pub operator_knows: bool,
}

/// How long a user may wait without a word, but for the configured patience with an agent.
pub const WINDOW: Duration = Duration::from_mins(5);
/// For a timer that has just fired and a notice that is being sent.
pub const GRACE: Duration = Duration::from_secs(30);

/// Whether the handover's own state leaves it open. If not, nobody needs to look further.
pub fn is_in_question(handover: &Handover, limits: &Limits, now: Timestamp) -> bool {
    match covered_until(handover, limits) {
        Some(until) => handover.phase == Phase::Closing || is_over(until, handover, now),
        None => false,
    }
}

/// Whether the user is left with nobody.
pub fn is_unattended(
    handover: &Handover,
    evidence: &Evidence,
    limits: &Limits,
    now: Timestamp,
) -> bool {
    let Some(until) = covered_until(handover, limits) else {
        return false;
    };
    let over = is_over(until, handover, now);
    if handover.phase == Phase::Closing {
        return !evidence.resume_waits || (over && !evidence.operator_knows);
    }
    let promised = handover.answer == Answer::Accepted;
    let told = evidence
        .told_at
        .filter(|_| promised && !evidence.notice_waits)
        .is_some_and(|told| told <= now.plus(GRACE) && now <= told.plus(WINDOW).plus(GRACE));
    over && !told
}

/// A moment that is still to come has been written by a clock that was wrong, and all deadlines go by it.
fn is_over(until: Timestamp, handover: &Handover, now: Timestamp) -> bool {
    now > until.plus(GRACE) || handover.phase_since > now.plus(GRACE)
}

/// Until when nobody has to tell the user anything. None: the user waits for nothing.
fn covered_until(handover: &Handover, limits: &Limits) -> Option<Timestamp> {
    match handover.phase {
        // The bot has the user until it is answered.
        Phase::Requested if handover.answer == Answer::Pending => {
            Some(handover.requested_at.plus(limits.decide_within))
        }
        Phase::Requested => {
            let since = handover.stalled_since.unwrap_or(handover.phase_since);
            Some(since.min(handover.phase_since).plus(WINDOW))
        }
        Phase::Waiting | Phase::Unknown => Some(handover.phase_since.plus(WINDOW)),
        Phase::Attended => handover
            .unanswered_since
            .map(|since| since.plus(limits.unanswered)),
        Phase::Closing => {
            let closing = handover.closing.as_ref();
            let since = closing.map_or(handover.phase_since, |closing| closing.since);
            Some(since.plus(limits.closing))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{conversation::Closing, reason::ClosedAs};

    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn handover(phase: &str) -> Handover {
        let at = START.to_string();
        let leg = json!({
            "id": "01930000-0000-7000-8000-000000000002", "desk": "live", "opened": true, "maybe_opened": false,
            "reopened": false, "reference": null, "position": null,
        });
        serde_json::from_value(json!({
            "id": "01930000-0000-7000-8000-000000000001", "phase": phase, "answer": "accepted",
            "answered_at": at, "paused_at": at, "requested_at": at, "phase_since": at, "wake_at": at,
            "language": "en", "payload": null, "options": {}, "leg": leg, "fallbacks": [], "agent": null,
            "unanswered_since": null, "last_said_at": at, "last_notice_at": null, "stalled_since": null,
            "pause": "paused", "closing": null,
        }))
        .unwrap()
    }

    fn closing() -> Handover {
        let closing = Closing {
            reason: ClosedAs::Solved.into(),
            since: START,
            user_wrote: false,
            alerted: false,
            steps_left: 1,
            settled: Vec::new(),
            reached: false,
            first_order: 1,
            not_owed: None,
        };
        Handover {
            closing: Some(closing),
            ..handover("closing")
        }
    }

    fn left(handover: &Handover, evidence: Evidence, seconds: u64) -> bool {
        let (limits, now) = (Limits::default(), START.plus(Duration::from_secs(seconds)));
        let left = is_unattended(handover, &evidence, &limits, now);
        assert!(
            !left || is_in_question(handover, &limits, now),
            "what is left must be in question"
        );
        left
    }

    fn told(seconds: u64) -> Evidence {
        Evidence {
            told_at: Some(START.plus(Duration::from_secs(seconds))),
            ..Evidence::default()
        }
    }

    #[test]
    fn a_user_in_line_hears_something_every_five_minutes() {
        for phase in ["requested", "waiting", "a phase of a newer version"] {
            let waiting = handover(phase);
            assert!(!left(&waiting, Evidence::default(), 330), "{phase}");
            assert!(left(&waiting, Evidence::default(), 331), "{phase}");
            assert!(!left(&waiting, told(120), 450), "{phase}");
            assert!(left(&waiting, told(120), 451), "{phase}");
        }
    }

    #[test]
    fn a_notice_that_has_not_been_sent_tells_nobody() {
        let waits = Evidence {
            notice_waits: true,
            ..told(330)
        };
        assert!(left(&handover("waiting"), waits, 340));
    }

    #[test]
    fn an_undecided_request_is_the_bots_until_it_should_have_been_decided() {
        let pending = Handover {
            answer: Answer::Pending,
            ..handover("requested")
        };
        assert!(!left(&pending, Evidence::default(), 32));
        assert!(left(&pending, told(30), 33), "a notice does not help");
    }

    #[test]
    fn an_agent_who_has_answered_may_be_silent_and_one_who_has_not_may_not() {
        let mut attended = handover("attended");
        assert!(!left(&attended, Evidence::default(), 3_600));
        attended.unanswered_since = Some(START);
        assert!(!left(&attended, Evidence::default(), 630));
        assert!(left(&attended, Evidence::default(), 631));
        assert!(!left(&attended, told(600), 930));
        assert!(left(&attended, told(600), 931));
    }

    #[test]
    fn a_bot_that_is_resumed_counts_as_long_as_somebody_sees_to_it() {
        let tried = Evidence {
            resume_waits: true,
            ..Evidence::default()
        };
        assert!(!left(&closing(), tried, 150));
        assert!(left(&closing(), tried, 151));
        let known = Evidence {
            operator_knows: true,
            ..tried
        };
        assert!(!left(&closing(), known, 10_000));
        let given_up = Evidence {
            resume_waits: false,
            ..known
        };
        assert!(left(&closing(), given_up, 1), "nothing is on its way");
    }
}
