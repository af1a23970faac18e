//! What becomes of a delivery after a call that went wrong.
//!
//! Adapters name the class of a failure, `delivery` asks [`verdict`] and settles the row accordingly. The whole policy
//! stands in this file; nothing else decides whether a message is sent again.

use std::time::Duration;

use super::{time::Timestamp, words::words};

words! {
    /// The kinds of failure that are handled differently, and nothing more about them.
    pub enum ErrorClass {
        /// The request did not leave: name lookup, connection refused, handshake cut.
        NotSent = "not_sent",
        /// The other side's certificate is not valid.
        Certificate = "certificate",
        /// Time-out or reset after request bytes went out: it may have been taken.
        Ambiguous = "ambiguous",
        /// 408, 425, 500, 502, 503, 504.
        Busy = "busy",
        /// 429.
        RateLimited = "rate_limited",
        /// 401, 403.
        Unauthorized = "unauthorized",
        /// 404 or 410: the conversation is not there any more.
        Gone = "gone",
        /// 409, or an answer that says it has this already.
        Duplicate = "duplicate",
        /// 400, 413, 415, 422 and the like: this message will never be taken.
        Rejected = "rejected",
        /// 3xx, which is never followed.
        Redirected = "redirected",
        /// 2xx with an answer that cannot be read: it was probably taken.
        Unreadable = "unreadable",
        /// 501, 505 and every status that nobody foresaw.
        Unsupported = "unsupported",
    }
}

/// One failed attempt, as much of it as the decision needs.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    pub class: ErrorClass,
    /// 1 for the first call. Calls that ended in a pause are not counted.
    pub attempt: u32,
    /// How long the delivery has been owed.
    pub age: Duration,
    /// What the answer asked for, unclamped.
    pub retry_after: Option<Duration>,
}

/// How long a delivery may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// A pause step is given up at this age: the agent's messages wait behind it.
    pub pause_limit: Duration,
    /// From this age on nothing is tried any more.
    pub limit: Duration,
}

/// What to do with the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this long; the attempt counts.
    Retry { after: Duration },
    /// Nothing goes to this destination for so long; the attempt does not count.
    PauseDestination { after: Duration },
    /// Open the conversation anew and replay, once; the second time end the handover.
    ReopenOrEnd,
    /// It has arrived, or probably has: it is not sent again in either case.
    Delivered,
    /// Dead letter: the lane goes on without it.
    Dead,
}

/// A `Retry-After` is believed between these two, whatever it says.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
pub const RETRY_AFTER_MAX: Duration = Duration::from_mins(5);

/// Nothing waits for longer than this for its next attempt, nor a destination for its next call. What seems to was put off
/// by a clock that was ahead and has been set right since. The embedded store asks, which goes by its machine's clock; where
/// replicas go by their database's, each moment waits for its time, as deadlines do.
const PUT_OFF_MAX: Duration = Duration::from_mins(6);

/// A rate limit that does not say when it ends.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(10);
/// A refused credential or certificate waits for a person; looking once a minute notices the repair soon enough.
const REPAIR_PAUSE: Duration = Duration::from_mins(1);

impl ErrorClass {
    /// Whether the failure says that the destination is unwell, rather than that it disliked this call.
    pub const fn trips_breaker(self) -> bool {
        matches!(self, Self::NotSent | Self::Ambiguous | Self::Busy)
    }
}

/// Decides. `jitter` is a random number in 0..1, the only randomness there is.
pub fn verdict(failure: &Failure, window: &Window, jitter: f64) -> Verdict {
    let expired = failure.age >= window.limit;
    match failure.class {
        ErrorClass::Duplicate | ErrorClass::Unreadable => Verdict::Delivered,
        ErrorClass::Gone => Verdict::ReopenOrEnd,
        ErrorClass::Rejected | ErrorClass::Redirected | ErrorClass::Unsupported => Verdict::Dead,
        _ if expired => Verdict::Dead,
        ErrorClass::NotSent | ErrorClass::Ambiguous => Verdict::Retry {
            after: spread(step(failure.attempt), jitter),
        },
        ErrorClass::Busy => {
            let asked = failure.retry_after.map_or(Duration::ZERO, clamp);
            Verdict::Retry {
                after: spread(step(failure.attempt), jitter).max(asked),
            }
        }
        ErrorClass::RateLimited => {
            let after = failure
                .retry_after
                .map_or_else(|| spread(RATE_LIMIT_PAUSE, jitter), clamp);
            Verdict::PauseDestination {
                after: clamp(after),
            }
        }
        ErrorClass::Unauthorized | ErrorClass::Certificate => Verdict::PauseDestination {
            after: REPAIR_PAUSE,
        },
    }
}

/// The longest wait after the given attempt: 0.5, 1, 2, 4, 8, 15, 30 and then 15 s each time, so that a desk that comes
/// back is noticed within a quarter of a minute.
fn step(attempt: u32) -> Duration {
    Duration::from_millis(match attempt {
        0 | 1 => 500,
        2 => 1_000,
        3 => 2_000,
        4 => 4_000,
        5 => 8_000,
        7 => 30_000,
        _ => 15_000,
    })
}

/// Full jitter over the upper three quarters of the step. The lowest quarter is left out so that an unlucky draw of
/// nothing cannot hammer a destination that is already unwell.
fn spread(step: Duration, jitter: f64) -> Duration {
    let share = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        1.0
    };
    step.mul_f64(0.25 + 0.75 * share)
}

/// Whether what was put off until then may go out.
pub fn is_due(until: Timestamp, now: Timestamp) -> bool {
    until <= now || is_too_far(until, now)
}

/// Whether nobody can have meant to wait so long.
pub fn is_too_far(until: Timestamp, now: Timestamp) -> bool {
    until > now.plus(PUT_OFF_MAX)
}

/// As long as a vendor is believed that asks to be left alone.
pub fn clamp(asked: Duration) -> Duration {
    asked.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Window = Window {
        pause_limit: Duration::from_mins(5),
        limit: Duration::from_hours(4),
    };

    fn failed(class: ErrorClass) -> Failure {
        Failure {
            class,
            attempt: 1,
            age: Duration::ZERO,
            retry_after: None,
        }
    }

    #[test]
    fn the_whole_table() {
        let retry = Verdict::Retry {
            after: Duration::from_millis(500),
        };
        let repair = Verdict::PauseDestination {
            after: Duration::from_mins(1),
        };
        let table = [
            (ErrorClass::NotSent, retry),
            (ErrorClass::Certificate, repair),
            (ErrorClass::Ambiguous, retry),
            (ErrorClass::Busy, retry),
            (
                ErrorClass::RateLimited,
                Verdict::PauseDestination {
                    after: Duration::from_secs(10),
                },
            ),
            (ErrorClass::Unauthorized, repair),
            (ErrorClass::Gone, Verdict::ReopenOrEnd),
            (ErrorClass::Duplicate, Verdict::Delivered),
            (ErrorClass::Rejected, Verdict::Dead),
            (ErrorClass::Redirected, Verdict::Dead),
            (ErrorClass::Unreadable, Verdict::Delivered),
            (ErrorClass::Unsupported, Verdict::Dead),
        ];
        assert_eq!(
            table.map(|(class, _)| class),
            ErrorClass::ALL,
            "every class has its row"
        );
        for (class, expected) in table {
            assert_eq!(
                verdict(&failed(class), &WINDOW, 1.0),
                expected,
                "{}",
                class.label()
            );
        }
    }

    #[test]
    fn the_schedule_is_half_1_2_4_8_15_30_and_then_every_15_seconds() {
        let after = |attempt, jitter| {
            let failure = Failure {
                attempt,
                ..failed(ErrorClass::NotSent)
            };
            let Verdict::Retry { after } = verdict(&failure, &WINDOW, jitter) else {
                panic!("retried")
            };
            after.as_millis()
        };
        let longest: Vec<_> = (1..=10).map(|attempt| after(attempt, 1.0)).collect();
        assert_eq!(
            longest,
            [
                500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 15_000, 15_000, 15_000
            ]
        );
        let shortest: Vec<_> = (1..=10).map(|attempt| after(attempt, 0.0)).collect();
        assert_eq!(
            shortest,
            [
                125, 250, 500, 1_000, 2_000, 3_750, 7_500, 3_750, 3_750, 3_750
            ]
        );
    }

    #[test]
    fn a_retry_after_is_believed_between_one_second_and_five_minutes() {
        let seconds = [
            (0, 1),
            (1, 1),
            (7, 7),
            (300, 300),
            (301, 300),
            (1_000_000_000, 300),
        ];
        for (asked, granted) in seconds {
            let asked = Some(Duration::from_secs(asked));
            let granted = Duration::from_secs(granted);
            let limited = Failure {
                retry_after: asked,
                ..failed(ErrorClass::RateLimited)
            };
            assert_eq!(
                verdict(&limited, &WINDOW, 0.0),
                Verdict::PauseDestination { after: granted }
            );
            let busy = Failure {
                retry_after: asked,
                ..failed(ErrorClass::Busy)
            };
            assert_eq!(
                verdict(&busy, &WINDOW, 0.0),
                Verdict::Retry { after: granted }
            );
        }
    }

    #[test]
    fn past_the_limit_it_is_over() {
        for class in ErrorClass::ALL {
            let late = Failure {
                age: WINDOW.limit,
                ..failed(class)
            };
            let late = verdict(&late, &WINDOW, 1.0);
            let goes_on = matches!(
                late,
                Verdict::Retry { .. } | Verdict::PauseDestination { .. }
            );
            assert!(!goes_on, "{} is still tried after the limit", class.label());
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_nothing_or_over_five_minutes(
            class in proptest::sample::select(ErrorClass::ALL.to_vec()),
            attempt: u32,
            age in 0_u64..200_000,
            asked in proptest::option::of(any::<u64>()),
            jitter in proptest::num::f64::ANY,
        ) {
            let failure = Failure {
                class,
                attempt,
                age: Duration::from_secs(age),
                retry_after: asked.map(Duration::from_secs),
            };
            if let Verdict::Retry { after } | Verdict::PauseDestination { after } = verdict(&failure, &WINDOW, jitter) {
                prop_assert!(after >= Duration::from_millis(125) && after <= RETRY_AFTER_MAX);
            }
        }
    }
}
