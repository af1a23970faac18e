//! What an attempt means for its delivery and its destination: pure functions from the vendor's answer to what the store and
//! the breaker are told.

use std::time::Duration;

use crate::{
    domain::{
        breaker::Report,
        delivery::{Done, Failure, Job, StepResult, Task},
        policy::PausedBecause,
        retry::{self, ErrorClass, Verdict, Window},
        taken::Taken,
        time::Timestamp,
    },
    store::{Pause, RowOutcome, Settlement},
};

/// One call that has ended.
#[derive(Clone, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) job: &'a Job,
    /// 1 for the first.
    pub(super) number: u32,
    pub(super) result: Result<Done, Failure>,
    pub(super) ended_at: Timestamp,
    /// A random number in 0..1.
    pub(super) jitter: f64,
}

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

/// What a call says of its destination. `probes`: it finds out whether the destination is back.
pub(super) fn report(task: &Task, result: &Result<Done, Failure>, probes: bool) -> Report {
    let failure = match result {
        Ok(Done { unasked: true, .. }) | Err(Failure { unasked: true, .. }) => {
            return Report::Nothing;
        }
        Ok(_) => return Report::Well,
        Err(failure) => failure,
    };
    // A look-up that the platform cannot answer says little about the calls that carry a conversation. That it cannot be
    // reached, or has no answer to the call that finds out whether it is back, says all.
    let is_telling =
        !matches!(task, Task::LookUp { .. }) || failure.class == ErrorClass::NotSent || probes;
    match (failure.class.trips_breaker(), failure.status) {
        (true, _) if is_telling => Report::Unwell,
        (false, Some(_)) => Report::Well,
        // Without an answer nobody was called, or nobody came to say how it is.
        (true, _) | (false, None) => Report::Nothing,
    }
}

impl Attempt<'_> {
    pub(super) fn plan(self, window: &Window) -> Plan {
        let failure = match self.result {
            Ok(done) => return Plan::over(StepResult::Done(done), RowOutcome::Delivered),
            Err(failure) => failure,
        };
        let class = failure.class;
        let looks_up = matches!(self.job.task, Task::LookUp { .. });
        let must_be_done = must_be_done(&self.job.task, &failure);
        let limit = match self.job.task {
            _ if must_be_done => RESUME_LIMIT,
            // What the agent says waits behind it, and a bot that speaks too is better than nobody. `decide` has it
            // tried again.
            Task::Pause { .. } => window.pause_limit,
            _ => window.limit,
        };
        // Zero if the clock has been set back since.
        let age = self.ended_at.since(self.job.created_at);
        let failed = retry::Failure {
            class: tried_as(&failure),
            attempt: self.number,
            age,
            retry_after: failure.retry_after,
        };
        let verdict = match retry::verdict(&failed, &Window { limit, ..*window }, self.jitter) {
            Verdict::Dead if must_be_done && age < limit => Verdict::Retry {
                after: refused_resume_wait(self.number),
            },
            verdict @ Verdict::PauseDestination { .. }
                if looks_up && class == ErrorClass::RateLimited =>
            {
                verdict
            }
            // Nobody waits for a second look-up: `decide` withdraws it. What is refused here says nothing about the calls
            // that carry a conversation.
            _ if looks_up => Verdict::Retry {
                after: Duration::ZERO,
            },
            verdict => verdict,
        };
        match verdict {
            Verdict::PauseDestination { after } => {
                let until = self.ended_at.plus(after);
                let because = paused_because(class);
                Plan {
                    pause: Some(Pause { until, because }),
                    ..Plan::again(self.job, class, until, false)
                }
            }
            Verdict::Retry { after } => {
                Plan::again(self.job, class, self.ended_at.plus(after), true)
            }
            Verdict::Delivered => {
                let done = taken_without_a_word(&self.job.task);
                Plan::over(StepResult::Done(done), RowOutcome::Delivered)
            }
            Verdict::ReopenOrEnd => Plan::gone(&self.job.task),
            Verdict::Dead => Plan::over(StepResult::Dead { class }, RowOutcome::Dead { class }),
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

    fn again(job: &Job, class: ErrorClass, at: Timestamp, counts: bool) -> Self {
        let result = StepResult::Delayed {
            since: job.created_at,
            class,
            ambiguous: may_have_arrived(class),
        };
        Self::over(result, RowOutcome::Retry { at, class, counts })
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
