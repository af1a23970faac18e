//! What is told of a call that went wrong.

use std::time::Duration;

use tokio::net::TcpListener;

use super::{
    Suite,
    calls::{is_of, outcome},
};
use crate::{
    conformance::{Adapter, Answer, Rule, canary},
    domain::{
        delivery::{Job, Task},
        message::Content,
        retry::ErrorClass,
    },
    outbound::BaseUrl,
};

/// Every status that has a class of its own, and some of those that nobody foresaw.
const STATUSES: [(&[u16], ErrorClass); 9] = [
    (&[300, 304], ErrorClass::Redirected),
    (&[401, 403], ErrorClass::Unauthorized),
    (&[404, 410], ErrorClass::Gone),
    (&[408, 425, 500, 502, 503, 504, 522], ErrorClass::Busy),
    (&[409], ErrorClass::Duplicate),
    (&[429], ErrorClass::RateLimited),
    (&[400, 413, 415, 422], ErrorClass::Rejected),
    (&[402, 405, 406, 418, 451], ErrorClass::Unsupported),
    (&[501, 505, 599], ErrorClass::Unsupported),
];
const ASKED: Duration = Duration::from_secs(7);

impl Suite<'_> {
    pub(super) async fn failures_are_told(&mut self) {
        for job in self.calling_jobs() {
            self.statuses_have_classes(&job).await;
            self.retry_after_is_told(&job).await;
            self.redirects_are_failures(&job).await;
            self.arrival_is_told(&job).await;
        }
    }

    /// A job for each task that makes a call and is held to the classes: a look-up is never tried again.
    pub(super) fn calling_jobs(&mut self) -> Vec<Job> {
        let tasks = self.tasks().into_iter();
        let tasks: Vec<_> = tasks
            .filter(|task| !matches!(task, Task::LookUp { .. }) && self.harness.calls(task).0 > 0)
            .collect();
        let text = || Content::text(canary::TEXT);
        tasks
            .into_iter()
            .filter_map(|task| self.job(task, text()))
            .collect()
    }

    async fn statuses_have_classes(&mut self, job: &Job) {
        for (statuses, usual) in STATUSES {
            for status in statuses {
                let class = self.harness.class_of(&job.task, *status).unwrap_or(usual);
                self.vendor.answers(Answer::with(*status, canary::ANSWER));
                let performed = self.perform(job).await;
                let is_told =
                    matches!(&performed, Some(Err(failure)) if failure.status == Some(*status));
                if !is_of(performed.as_ref(), class) || !is_told {
                    let what = format!(
                        "{} answered {status} is {}: {}",
                        job.task.kind().label(),
                        class.label(),
                        outcome(performed.as_ref())
                    );
                    self.find(Rule::StatusesHaveClasses, what);
                }
            }
        }
        self.vendor.take_calls();
    }

    async fn retry_after_is_told(&mut self, job: &Job) {
        for status in [429, 503] {
            let seconds = ASKED.as_secs().to_string();
            let answer = Answer::with(status, "{}").header("retry-after", &seconds);
            self.vendor.answers(answer);
            let performed = self.perform(job).await;
            let is_told =
                matches!(&performed, Some(Err(failure)) if failure.retry_after == Some(ASKED));
            if !is_told {
                let what = format!("{} answered {status}", job.task.kind().label());
                self.find(Rule::RetryAfterIsTold, what);
            }
        }
        self.vendor.take_calls();
    }

    async fn redirects_are_failures(&mut self, job: &Job) {
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = format!("{}/elsewhere", self.vendor.base().expose());
            let answer = Answer::with(status, "{}").header("location", &elsewhere);
            self.vendor.answers(answer);
            let performed = self.perform(job).await;
            let called = self.vendor.take_calls().len();
            if called != 1 || !is_of(performed.as_ref(), ErrorClass::Redirected) {
                let what = format!(
                    "{} answered {status}: {called} calls, and {}",
                    job.task.kind().label(),
                    outcome(performed.as_ref())
                );
                self.find(Rule::RedirectsAreFailures, what);
            }
        }
    }

    async fn arrival_is_told(&mut self, job: &Job) {
        if let Some(nobody) = nobody().await {
            let adapter = self.at(&nobody);
            let expected = ("nobody there", ErrorClass::NotSent);
            self.arrives((adapter, job), expected).await;
        }
        for (way, answer) in [
            ("hung up on", Answer::HangsUp),
            ("not answered", Answer::Silent),
        ] {
            let adapter = match answer {
                Answer::Silent => self.hurried(),
                _ => self.adapter.clone(),
            };
            self.vendor.answers(answer);
            let expected = (way, ErrorClass::Ambiguous);
            self.arrives((adapter, job), expected).await;
        }
        self.vendor.take_calls();
    }

    async fn arrives(&mut self, (adapter, job): (Adapter, &Job), (way, class): (&str, ErrorClass)) {
        let performed = self.perform_by(adapter, job).await;
        if !is_of(performed.as_ref(), class) {
            let what = format!(
                "{}, {way}, is {}: {}",
                job.task.kind().label(),
                class.label(),
                outcome(performed.as_ref())
            );
            self.find(Rule::ArrivalIsTold, what);
        }
    }
}

/// An address at which nobody listens.
async fn nobody() -> Option<BaseUrl> {
    let listener = TcpListener::bind("127.0.0.1:0").await.ok()?;
    let address = listener.local_addr().ok()?;
    format!("http://{address}").parse().ok()
}
