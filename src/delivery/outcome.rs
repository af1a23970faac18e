//! What an attempt means for its delivery: a pure function from the vendor's answer to what the store is told.

use std::time::Duration;

use crate::{
    domain::{
        delivery::{Done, Failure, Job, StepResult, Task},
        policy::PausedBecause,
        retry::{self, ErrorClass, Verdict, Window},
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

/// A bot that was paused must be resumed, and what is to be deleted must go: nothing short of this ends the attempts.
const RESUME_LIMIT: Duration = Duration::from_hours(24);
/// A resume that was refused outright is tried again after this, then after twice as long, up to the longest wait.
const REFUSED_RESUME_FIRST: Duration = Duration::from_secs(15);
const REFUSED_RESUME_LAST: Duration = Duration::from_mins(5);

impl Attempt<'_> {
    pub(super) fn plan(self, window: &Window) -> Plan {
        let failure = match self.result {
            Ok(done) => return Plan::over(StepResult::Done(done), RowOutcome::Delivered),
            Err(failure) => failure,
        };
        let class = failure.class;
        let looks_up = matches!(self.job.task, Task::LookUp { .. });
        let must_be_done = matches!(self.job.task, Task::Resume { .. } | Task::Forget);
        let limit = match self.job.task {
            _ if must_be_done => RESUME_LIMIT,
            // What the agent says waits behind it, and a bot that speaks too is better than nobody. `decide` has it
            // tried again.
            Task::Pause { .. } => window.blocking,
            _ => window.limit,
        };
        // Zero if the clock has been set back since.
        let age = self.ended_at.since(self.job.created_at);
        let failed = retry::Failure {
            class,
            attempt: self.number,
            age,
            retry_after: failure.retry_after,
        };
        let verdict = match retry::verdict(&failed, &Window { limit, ..*window }, self.jitter) {
            Verdict::Dead if must_be_done && age < limit => Verdict::Retry {
                after: refused_resume_wait(self.number),
                degraded: false,
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
                degraded: false,
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
            // Degraded is what `decide` makes of the age that it is told.
            Verdict::Retry { after, degraded: _ } => {
                Plan::again(self.job, class, self.ended_at.plus(after), true)
            }
            Verdict::Delivered { confirmed: _ } => {
                Plan::over(StepResult::Done(Done::default()), RowOutcome::Delivered)
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
mod tests {
    use super::*;
    use crate::delivery::tests::job;
    use crate::domain::conversation::ResumeContract;

    const WINDOW: Window = Window {
        blocking: Duration::from_mins(5),
        limit: Duration::from_hours(4),
    };

    fn failed(job: &Job, class: ErrorClass, number: u32, age: Duration) -> Plan {
        let result = Err(Failure {
            class,
            status: None,
            retry_after: None,
        });
        Attempt {
            job,
            number,
            result,
            ended_at: job.created_at.plus(age),
            jitter: 1.0,
        }
        .plan(&WINDOW)
    }

    fn resume() -> Job {
        let contract = ResumeContract {
            reason: "solved".to_owned(),
            agent: None,
            seconds: 1,
            unanswered: false,
            dialog_state: None,
        };
        Job {
            task: Task::Resume { index: 0, contract },
            ..job(1, 1)
        }
    }

    fn wait(plan: &Plan, job: &Job, age: Duration) -> Option<Duration> {
        match plan.settlement.row {
            RowOutcome::Retry { at, .. } => Some(at.since(job.created_at.plus(age))),
            RowOutcome::Delivered | RowOutcome::Dead { .. } => None,
        }
    }

    #[test]
    fn a_resume_goes_on_for_a_day_whatever_is_answered_and_a_lost_session_is_its_end() {
        goes_on_for_a_day(&resume());
    }

    #[test]
    fn a_deletion_goes_on_as_a_resume_does_and_what_is_not_there_is_deleted() {
        goes_on_for_a_day(&Job {
            task: Task::Forget,
            ..job(1, 1)
        });
    }

    fn goes_on_for_a_day(job: &Job) {
        for class in ErrorClass::ALL {
            for (number, age) in [(1, Duration::ZERO), (30, Duration::from_hours(23))] {
                let plan = failed(job, class, number, age);
                match class {
                    ErrorClass::Gone => assert_eq!(plan.settlement.result, StepResult::Gone),
                    ErrorClass::Duplicate | ErrorClass::Unreadable => {
                        assert_eq!(plan.settlement.row, RowOutcome::Delivered);
                    }
                    _ => {
                        let wait = wait(&plan, job, age).expect("tried again");
                        assert!(
                            wait <= Duration::from_mins(5),
                            "{} waits {wait:?}",
                            class.label()
                        );
                    }
                }
            }
            let late = failed(job, class, 300, RESUME_LIMIT);
            assert_eq!(wait(&late, job, RESUME_LIMIT), None, "{}", class.label());
        }
    }

    #[test]
    fn a_refused_resume_is_tried_ever_more_rarely_but_every_five_minutes_at_least() {
        let waits: Vec<_> = (1..=7)
            .map(|number| refused_resume_wait(number).as_secs())
            .collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
    }

    #[test]
    fn a_pause_gives_way_to_what_the_agent_says_after_five_minutes() {
        let job = Job {
            task: Task::Pause { index: 0 },
            ..job(1, 1)
        };
        let young = failed(&job, ErrorClass::Busy, 20, Duration::from_secs(299));
        assert!(matches!(young.settlement.row, RowOutcome::Retry { .. }));
        let old = failed(&job, ErrorClass::Busy, 21, WINDOW.blocking);
        let class = ErrorClass::Busy;
        assert_eq!(old.settlement.row, RowOutcome::Dead { class });
    }

    #[test]
    fn a_delivery_from_the_future_counts_as_new() {
        let mut job = job(1, 1);
        let created = job.created_at;
        job.created_at = created.plus(Duration::from_hours(24));
        let result = Err(Failure {
            class: ErrorClass::Busy,
            status: Some(503),
            retry_after: None,
        });
        let plan = Attempt {
            job: &job,
            number: 1,
            result,
            ended_at: created,
            jitter: 1.0,
        }
        .plan(&WINDOW);
        let RowOutcome::Retry { at, .. } = plan.settlement.row else {
            panic!("tried again")
        };
        assert_eq!(at, created.plus(Duration::from_millis(500)));
    }

    #[test]
    fn only_calls_that_may_have_arrived_are_ambiguous() {
        let ambiguous = |class| match failed(&job(1, 1), class, 1, Duration::ZERO)
            .settlement
            .result
        {
            StepResult::Delayed { ambiguous, .. } => ambiguous,
            _ => false,
        };
        let classes: Vec<_> = ErrorClass::ALL
            .into_iter()
            .filter(|class| ambiguous(*class))
            .collect();
        assert_eq!(classes, [ErrorClass::Ambiguous, ErrorClass::Busy]);
    }

    #[test]
    fn what_is_refused_or_limited_pauses_the_destination_and_costs_no_attempt() {
        for (class, because) in [
            (ErrorClass::RateLimited, PausedBecause::RateLimited),
            (ErrorClass::Unauthorized, PausedBecause::Refused),
            (ErrorClass::Certificate, PausedBecause::Refused),
        ] {
            let plan = failed(&job(1, 1), class, 1, Duration::ZERO);
            let RowOutcome::Retry {
                at: until, counts, ..
            } = plan.settlement.row
            else {
                panic!("tried again")
            };
            assert!(!counts);
            assert_eq!(
                plan.pause,
                Some(Pause { until, because }),
                "{}",
                class.label()
            );
        }
    }

    #[test]
    fn a_look_up_pauses_nothing_but_the_rate_and_is_never_a_dead_letter() {
        let task = Task::LookUp {
            history: true,
            session: true,
        };
        let job = Job { task, ..job(1, 1) };
        for class in ErrorClass::ALL {
            let plan = failed(&job, class, 1, Duration::ZERO);
            assert!(
                matches!(plan.settlement.result, StepResult::Delayed { .. }),
                "{}: `decide` withdraws what is delayed",
                class.label()
            );
            let limited = class == ErrorClass::RateLimited;
            assert_eq!(plan.pause.is_some(), limited, "{}", class.label());
        }
    }

    #[test]
    fn a_conversation_that_is_gone_means_something_else_for_each_task() {
        let message = job(1, 1).message.expect("has one").id;
        let dead = RowOutcome::Dead {
            class: ErrorClass::Gone,
        };
        let cases = [
            (
                Task::Close {
                    reason: "solved".to_owned(),
                },
                StepResult::Gone,
                RowOutcome::Delivered,
            ),
            (
                Task::Message {
                    message,
                    part: None,
                },
                StepResult::Gone,
                dead,
            ),
            (
                Task::Say {
                    message,
                    notice: false,
                    part: None,
                },
                StepResult::Gone,
                dead,
            ),
            (
                Task::Open { upto: 1 },
                StepResult::Dead {
                    class: ErrorClass::Gone,
                },
                dead,
            ),
            (
                Task::Pause { index: 0 },
                StepResult::Dead {
                    class: ErrorClass::Gone,
                },
                dead,
            ),
        ];
        for (task, result, row) in cases {
            let job = Job { task, ..job(1, 1) };
            let plan = failed(&job, ErrorClass::Gone, 1, Duration::ZERO);
            assert_eq!(
                plan.settlement,
                Settlement { result, row },
                "{}",
                job.task.kind()
            );
        }
    }
}
