//! What is called when all is well.

use super::Suite;
use crate::{
    conformance::{Call, Rule, canary, contents::contents},
    domain::{
        delivery::{Done, Failure, Task},
        fallback::{self, Rendered},
        message::Content,
        retry::ErrorClass,
    },
};

impl Suite<'_> {
    /// Each task is so many calls, and the same ones when it is performed again.
    pub(super) async fn calls_are_made(&mut self) {
        for task in self.tasks() {
            let first = self.calls_of(&task).await;
            let second = self.calls_of(&task).await;
            if matches!(task, Task::LookUp { .. }) {
                continue;
            }
            if self.as_repeated(first) != self.as_repeated(second) {
                let what = format!(
                    "{} is another call when it is performed again",
                    task.kind().label()
                );
                self.find(Rule::RepeatsAreAlike, what);
            }
        }
    }

    /// Everything that can be said, as far as the adapter says that it can be shown.
    pub(super) async fn contents_are_shown(&mut self) {
        let able = self.adapter.capabilities();
        for content in contents() {
            match fallback::show(&content, &able) {
                Ok(shown) => self.is_shown(&content, &shown).await,
                Err(_) => self.is_refused(&content).await,
            }
        }
    }

    pub(super) async fn impossible_tasks_are_refused(&mut self) {
        for task in self.impossible_tasks() {
            let kind = task.kind().label();
            let Some(job) = self.job(task, Content::text("hello")) else {
                continue;
            };
            self.vendor.answers(self.harness.good_answer(&job.task));
            let performed = self.perform(&job).await;
            let called = self.vendor.take_calls().len();
            if called > 0 || !is_of(performed.as_ref(), ErrorClass::Unsupported) {
                let what = format!(
                    "{kind}: {called} calls, and {}",
                    outcome(performed.as_ref())
                );
                self.find(Rule::ImpossibleTasksAreRefused, what);
            }
        }
    }

    async fn calls_of(&mut self, task: &Task) -> Vec<Call> {
        let text = Content::text(canary::TEXT);
        let Some(job) = self.job(task.clone(), text) else {
            return Vec::new();
        };
        self.vendor.answers(self.harness.good_answer(task));
        let performed = self.perform(&job).await;
        let calls = self.vendor.take_calls();
        let (least, most) = self.harness.calls(task);
        if !(least..=most).contains(&calls.len()) || !matches!(performed, Some(Ok(_))) {
            let what = format!(
                "{}: {} calls, from {least} to {most} are right, and {}",
                task.kind().label(),
                calls.len(),
                outcome(performed.as_ref())
            );
            self.find(Rule::OneCallATask, what);
        }
        calls
    }

    /// Without what the harness says is fresh each time.
    fn as_repeated(&self, calls: Vec<Call>) -> Vec<Call> {
        let fresh = self.harness.fresh_headers();
        let mut calls = calls;
        for call in &mut calls {
            call.headers
                .retain(|(name, _)| !fresh.contains(&name.as_str()));
        }
        calls
    }

    async fn is_shown(&mut self, content: &Content, shown: &Rendered<'_>) {
        let able = self.adapter.capabilities();
        for part in shown.deliveries(&able) {
            let task = self.adapter.telling(part);
            self.vendor.answers(self.harness.good_answer(&task));
            let Some(job) = self.job(task, content.clone()) else {
                return;
            };
            let performed = self.perform(&job).await;
            let calls = self.vendor.take_calls();
            let said = shown.part(part).any(has_words);
            let arrived = calls.iter().any(|call| call.text().contains(canary::TEXT));
            if !matches!(performed, Some(Ok(_))) || (said && !arrived) {
                let what = format!(
                    "{}: {}, and its words {}",
                    kind(content),
                    outcome(performed.as_ref()),
                    if arrived { "arrived" } else { "did not arrive" }
                );
                self.find(Rule::ContentsAreShown, what);
                return;
            }
        }
    }

    async fn is_refused(&mut self, content: &Content) {
        let task = self.adapter.telling(None);
        self.vendor.answers(self.harness.good_answer(&task));
        let Some(job) = self.job(task, content.clone()) else {
            return;
        };
        let performed = self.perform(&job).await;
        let called = self.vendor.take_calls().len();
        let refused = is_of(performed.as_ref(), ErrorClass::Rejected)
            || is_of(performed.as_ref(), ErrorClass::Unsupported);
        let right = if self.harness.passes_everything_on() {
            matches!(performed, Some(Ok(_)))
        } else {
            refused && called == 0
        };
        if !right {
            let what = format!(
                "{} has no words: {called} calls, and {}",
                kind(content),
                outcome(performed.as_ref())
            );
            self.find(Rule::ContentsAreShown, what);
        }
    }
}

/// What came of it, in a word.
pub(super) fn outcome(performed: Option<&Result<Done, Failure>>) -> String {
    match performed {
        None => "it did not end".to_owned(),
        Some(Ok(_)) => "it was done".to_owned(),
        Some(Err(failure)) => format!("it failed: {failure}"),
    }
}

pub(super) fn is_of(performed: Option<&Result<Done, Failure>>, class: ErrorClass) -> bool {
    matches!(performed, Some(Err(failure)) if failure.class == class)
}

fn has_words(content: &Content) -> bool {
    serde_json::to_string(content).is_ok_and(|written| written.contains(canary::TEXT))
}

fn kind(content: &Content) -> String {
    let written = serde_json::to_value(content).unwrap_or_default();
    let kind = written.get("type").and_then(serde_json::Value::as_str);
    let length = written.to_string().len();
    format!("{} of {length} bytes", kind.unwrap_or("content"))
}
