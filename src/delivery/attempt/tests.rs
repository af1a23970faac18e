use super::*;
use crate::{
    delivery::tests::job,
    domain::{
        conversation::ResumeContract,
        delivery::{Destination, Job},
    },
    store::Ticket,
};

const WINDOW: Window = Window {
    pause_limit: Duration::from_mins(5),
    limit: Duration::from_hours(4),
};

fn failed(job: &Job, class: ErrorClass, number: u32, age: Duration) -> Plan {
    let status = answered(class);
    let failure = Failure {
        status,
        ..Failure::of(class)
    };
    failed_so(job, failure, number, age)
}

fn failed_so(job: &Job, failure: Failure, number: u32, age: Duration) -> Plan {
    failed_at(job, failure, number, job.about.created_at.plus(age))
}

fn failed_at(job: &Job, failure: Failure, number: u32, ended_at: Timestamp) -> Plan {
    let claim = Claim {
        job: job.clone().into(),
        attempts: number - 1,
        destination: Destination::Bot(job.about.key.bot.clone()),
        trace: None,
        ticket: Ticket::scripted(),
    };
    let attempt = Attempt {
        claim: &claim,
        begun: Begun {
            at: ended_at,
            probes: false,
        },
        result: Err(failure),
        ended_at,
        took: Duration::ZERO,
    };
    attempt.plan(&WINDOW, 1.0)
}

/// A status of that class, where an answer has one.
fn answered(class: ErrorClass) -> Option<u16> {
    match class {
        ErrorClass::NotSent | ErrorClass::Certificate | ErrorClass::Ambiguous => None,
        ErrorClass::Unreadable => Some(200),
        ErrorClass::Redirected => Some(302),
        ErrorClass::Rejected => Some(400),
        ErrorClass::Unauthorized => Some(401),
        ErrorClass::Gone => Some(404),
        ErrorClass::Duplicate => Some(409),
        ErrorClass::RateLimited => Some(429),
        ErrorClass::Unsupported => Some(501),
        ErrorClass::Busy => Some(503),
    }
}

fn resume() -> Job {
    let contract = ResumeContract {
        reason: "solved".into(),
        agent: None,
        seconds: 1,
        unanswered: false,
        dialog_state: None,
    };
    Job {
        task: Task::resume(0, &contract),
        ..job(1, 1)
    }
}

fn wait(plan: &Plan, job: &Job, age: Duration) -> Option<Duration> {
    match plan.settlement.row {
        RowOutcome::Retry { at, .. } => Some(at.since(job.about.created_at.plus(age))),
        RowOutcome::Delivered | RowOutcome::Dead { .. } => None,
    }
}

#[test]
fn a_resume_goes_on_for_a_day_whatever_is_answered_and_a_lost_session_is_its_end() {
    goes_on_for_a_day(&resume());
}

#[test]
fn a_deletion_goes_on_as_a_resume_does_and_what_is_not_there_is_deleted() {
    goes_on_for_a_day(&forget());
}

#[test]
fn a_deletion_for_which_the_platform_has_no_call_ends_with_the_first_attempt() {
    let class = ErrorClass::Unsupported;
    let plan = failed_so(&forget(), Failure::of(class), 1, Duration::ZERO);
    assert_eq!(plan.settlement.row, RowOutcome::Dead { class });
    assert_eq!(plan.settlement.result, StepResult::Dead { class });
}

fn forget() -> Job {
    Job {
        task: Task::Forget,
        ..job(1, 1)
    }
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
    let old = failed(&job, ErrorClass::Busy, 21, WINDOW.pause_limit);
    let class = ErrorClass::Busy;
    assert_eq!(old.settlement.row, RowOutcome::Dead { class });
}

#[test]
fn a_delivery_from_the_future_counts_as_new() {
    let mut job = job(1, 1);
    let created = job.about.created_at;
    job.about.created_at = created.plus(Duration::from_hours(24));
    let failure = Failure {
        status: Some(503),
        ..Failure::of(ErrorClass::Busy)
    };
    let plan = failed_at(&job, failure, 1, created);
    let RowOutcome::Retry { at, .. } = plan.settlement.row else {
        panic!("tried again")
    };
    assert_eq!(at, created.plus(Duration::from_millis(500)));
}

#[test]
fn what_another_host_refuses_is_tried_again_by_itself_for_as_long_as_ever() {
    let (say, resume) = (job(1, 1), resume());
    for class in [
        ErrorClass::Unauthorized,
        ErrorClass::Certificate,
        ErrorClass::RateLimited,
    ] {
        for (retry_after, waits) in [(None, 500), (Some(Duration::from_secs(7)), 7_000)] {
            for (job, age, is_dead) in [
                (&say, Duration::ZERO, false),
                (&say, WINDOW.limit, true),
                (&resume, WINDOW.limit, false),
                (&resume, RESUME_LIMIT, true),
            ] {
                let failure = Failure {
                    status: answered(class),
                    retry_after,
                    unasked: true,
                    ..Failure::of(class)
                };
                let plan = failed_so(job, failure, 1, age);
                assert_eq!(plan.pause, None);
                let expected = if is_dead {
                    RowOutcome::Dead { class }
                } else {
                    let waits = Duration::from_millis(waits);
                    let at = job.about.created_at.plus(age).plus(waits);
                    let counts = true;
                    RowOutcome::Retry { at, class, counts }
                };
                assert_eq!(plan.settlement.row, expected, "{age:?}");
            }
        }
    }
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
                reason: "solved".into(),
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
                speaker: None,
                answer: None,
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
            job.task.kind().label()
        );
    }
}

#[test]
fn a_desk_that_has_taken_an_offer_without_a_word_is_known_to_have_it() {
    let offer = Job {
        task: Task::Open { upto: 1 },
        ..job(1, 1)
    };
    for class in [ErrorClass::Unreadable, ErrorClass::Duplicate] {
        let plan = failed(&offer, class, 1, Duration::ZERO);
        let StepResult::Done(done) = plan.settlement.result else {
            panic!("{} is no refusal", class.label())
        };
        assert_eq!(done.taken, Taken::nothing_told());
    }
}
