//! A call that has ended, and what it means for its delivery and its destination: pure functions from the vendor's answer to
//! what the store, the breaker and the metrics are told.

use std::time::Duration;

use super::health::Begun;
use crate::{
    domain::{
        breaker::Report,
        delivery::{Done, Failure, StepResult, Task},
        policy::PausedBecause,
        retry::{self, ErrorClass, Verdict, Window},
        taken::Taken,
        time::Timestamp,
    },
    store::{Claim, Pause, RowOutcome, Settlement},
};

/// One call that has ended.
#[derive(Debug)]
pub(super) struct Attempt<'c> {
    pub(super) claim: &'c Claim,
    pub(super) begun: Begun,
    pub(super) result: Result<Done, Failure>,
    pub(super) ended_at: Timestamp,
    pub(super) took: Duration,
}

/// What came of a call, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Delivered,
    /// A desk understood and said no.
    Declined,
    Failed(ErrorClass),
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) settlement: Settlement,
    /// Nothing goes to the destination for so long.
    pub(super) pause: Option<Pause>,
}

/// A bot that was paused must be resumed, and what is to be deleted must go, if there is a call for it: nothing else that
/// is answered ends the attempts sooner.
const RESUME_LIMIT: Duration = Duration::from_hours(24);
/// A resume that was refused outright is tried again after this, then after twice as long, up to the longest wait.
const REFUSED_RESUME_FIRST: Duration = Duration::from_secs(15);
const REFUSED_RESUME_LAST: Duration = Duration::from_mins(5);

impl Attempt<'_> {
    pub(super) fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(Done {
                refused: Some(_), ..
            }) => Outcome::Declined,
            Ok(_) => Outcome::Delivered,
            Err(failure) => Outcome::Failed(failure.class),
        }
    }

    /// What it says of its destination.
    pub(super) fn report(&self) -> Report {
        let failure = match &self.result {
            Ok(Done { unasked: true, .. }) | Err(Failure { unasked: true, .. }) => {
                return Report::Nothing;
            }
            Ok(_) => return Report::Well,
            Err(failure) => failure,
        };
        // A look-up that the platform cannot answer says little about the calls that carry a conversation. That it
        // cannot be reached, or has no answer to the call that finds out whether it is back, says all.
        let is_telling = !matches!(self.task(), Task::LookUp { .. })
            || failure.class == ErrorClass::NotSent
            || self.begun.probes;
        match (failure.class.trips_breaker(), failure.status) {
            (true, _) if is_telling => Report::Unwell,
            (false, Some(_)) => Report::Well,
            // Without an answer nobody was called, or nobody came to say how it is.
            (true, _) | (false, None) => Report::Nothing,
        }
    }

    /// `jitter` is a random number in 0..1.
    pub(super) fn plan(self, window: &Window, jitter: f64) -> Plan {
        match self.result {
            Ok(done) => Plan::over(StepResult::Done(done), RowOutcome::Delivered),
            Err(ref failure) => {
                let verdict = self.verdict(failure, window, jitter);
                self.follow(verdict, failure.class)
            }
        }
    }

    /// 1 for the first.
    pub(super) fn number(&self) -> u32 {
        self.claim.attempts.saturating_add(1)
    }

    /// How long the delivery has been owed. Zero if the clock has been set back since.
    pub(super) fn age(&self) -> Duration {
        self.ended_at.since(self.claim.job.about.created_at)
    }

    pub(super) fn task(&self) -> &Task {
        &self.claim.job.task
    }

    fn verdict(&self, failure: &Failure, window: &Window, jitter: f64) -> Verdict {
        let must_be_done = must_be_done(self.task(), failure);
        let limit = match self.task() {
            _ if must_be_done => RESUME_LIMIT,
            // What the agent says waits behind it, and a bot that speaks too is better than nobody. `decide` has it
            // tried again.
            Task::Pause { .. } => window.pause_limit,
            _ => window.limit,
        };
        let failed = retry::Failure {
            class: tried_as(failure),
            attempt: self.number(),
            age: self.age(),
            retry_after: failure.retry_after,
        };
        let verdict = retry::verdict(&failed, &Window { limit, ..*window }, jitter);
        match (self.task(), verdict) {
            (Task::LookUp { .. }, Verdict::PauseDestination { .. })
                if failure.class == ErrorClass::RateLimited =>
            {
                verdict
            }
            // Nobody waits for a second look-up: `decide` withdraws it. What is refused here says nothing about the calls
            // that carry a conversation.
            (Task::LookUp { .. }, _) => Verdict::Retry {
                after: Duration::ZERO,
            },
            (_, Verdict::Dead) if must_be_done && failed.age < limit => Verdict::Retry {
                after: refused_resume_wait(failed.attempt),
            },
            _ => verdict,
        }
    }

    fn follow(&self, verdict: Verdict, class: ErrorClass) -> Plan {
        match verdict {
            Verdict::PauseDestination { after } => {
                let until = self.ended_at.plus(after);
                let because = paused_because(class);
                Plan {
                    pause: Some(Pause { until, because }),
                    ..self.again(class, until, false)
                }
            }
            Verdict::Retry { after } => self.again(class, self.ended_at.plus(after), true),
            Verdict::Delivered => {
                let done = taken_without_a_word(self.task());
                Plan::over(StepResult::Done(done), RowOutcome::Delivered)
            }
            Verdict::ReopenOrEnd => Plan::gone(self.task()),
            Verdict::Dead => Plan::over(StepResult::Dead { class }, RowOutcome::Dead { class }),
        }
    }

    fn again(&self, class: ErrorClass, at: Timestamp, counts: bool) -> Plan {
        let result = StepResult::Delayed {
            since: self.claim.job.about.created_at,
            class,
            ambiguous: may_have_arrived(class),
        };
        Plan::over(result, RowOutcome::Retry { at, class, counts })
    }
}

impl Outcome {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Declined => "declined",
            Self::Failed(class) => class.label(),
        }
    }
}

impl Plan {
    fn over(result: StepResult, row: RowOutcome) -> Self {
        Self {
            settlement: Settlement { result, row },
            pause: None,
        }
    }

    /// The conversation is not there any more. What ends it has thereby succeeded; what says something in it has
    /// reached nobody; and what begins it has met an address that does not exist.
    fn gone(task: &Task) -> Self {
        let class = ErrorClass::Gone;
        match task {
            Task::Resume { .. } | Task::Forget | Task::Close { .. } => {
                Self::over(StepResult::Gone, RowOutcome::Delivered)
            }
            Task::Say { .. }
            | Task::Message { .. }
            | Task::Placeholder { .. }
            | Task::Failed { .. } => Self::over(StepResult::Gone, RowOutcome::Dead { class }),
            Task::LookUp { .. } | Task::Open { .. } | Task::Pause { .. } => {
                Self::over(StepResult::Dead { class }, RowOutcome::Dead { class })
            }
        }
    }
}

/// Of an offer it is kept that the desk has the leg: one that gives its conversations names has told none.
fn taken_without_a_word(task: &Task) -> Done {
    match task {
        Task::Open { .. } => Done {
            taken: Taken::nothing_told(),
            ..Done::default()
        },
        _ => Done::default(),
    }
}

/// The class by which it is tried again. That another host takes no calls is no reason to make none to the destination.
fn tried_as(failure: &Failure) -> ErrorClass {
    match failure.class {
        ErrorClass::RateLimited | ErrorClass::Unauthorized | ErrorClass::Certificate
            if failure.unasked =>
        {
            ErrorClass::Busy
        }
        class => class,
    }
}

/// Whether a refusal is no reason to stop.
fn must_be_done(task: &Task, failure: &Failure) -> bool {
    match task {
        Task::Resume { .. } => true,
        Task::Forget => !has_no_call(failure),
        _ => false,
    }
}

/// Nobody was asked, since the adapter has no call for the task: it will have none tomorrow either.
fn has_no_call(failure: &Failure) -> bool {
    failure.class == ErrorClass::Unsupported && failure.status.is_none()
}

/// What else pauses a destination than its rate of calls is for a person to see to.
fn paused_because(class: ErrorClass) -> PausedBecause {
    if class == ErrorClass::RateLimited {
        PausedBecause::RateLimited
    } else {
        PausedBecause::Refused
    }
}

fn may_have_arrived(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Ambiguous | ErrorClass::Busy)
}

fn refused_resume_wait(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(8);
    REFUSED_RESUME_FIRST
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(REFUSED_RESUME_LAST)
}

#[cfg(test)]
mod tests;
