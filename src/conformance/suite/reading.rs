//! What is made of answers and bodies that no vendor should send.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::dispatcher;

use super::Suite;
use crate::{
    conformance::{Answer, Rule, canary, hostile},
    domain::{
        delivery::{Done, Found},
        message::Content,
    },
};

/// Nothing needs more of an answer, whatever else is offered.
const MOST_READ: u64 = 16 << 20;
/// What is kept of an answer and shown.
const MOST_KEPT: usize = 256;
/// So many answers of wrong types are enough for one task.
const MOST_ANSWERS: usize = 60;

impl Suite<'_> {
    pub(super) async fn answers_are_read(&mut self) {
        let tasks = self.tasks();
        for task in tasks {
            let good = match self.harness.good_answer(&task) {
                Answer::Says { body, .. } => body,
                _ => Vec::new(),
            };
            let Some(job) = self.job(task, Content::text(canary::TEXT)) else {
                continue;
            };
            let kind = job.task.kind().label();
            for (name, answer) in hostile::answers(&good) {
                self.vendor.answers(answer);
                self.vendor.take_written();
                if let Some(Ok(done)) = self.perform(&job).await
                    && says_something(&done)
                {
                    let what = format!("{kind}: something was made of {name}");
                    self.find(Rule::AnswersAreBounded, what);
                }
                let read = self.vendor.take_written();
                if read > MOST_READ {
                    let what = format!("{kind}: {read} bytes of {name} were read");
                    self.find(Rule::AnswersAreBounded, what);
                }
            }
            for body in hostile::of_wrong_types(&good, MOST_ANSWERS) {
                self.vendor.answers(Answer::with(200, body));
                if let Some(Ok(done)) = self.perform(&job).await
                    && is_too_long(&done)
                {
                    let what = format!("{kind}: more is kept of an answer than may be");
                    self.find(Rule::AnswersAreBounded, what);
                }
            }
            self.vendor.take_calls();
        }
    }

    pub(super) fn bodies_are_read(&mut self) {
        let harness = self.harness;
        for good in harness.bodies() {
            if let Err(refusal) = harness.hear(&good) {
                self.find(
                    Rule::BodiesAreRead,
                    format!("a good one is refused: {refusal}"),
                );
            }
            for body in hostile::bodies(&good) {
                let hear =
                    || dispatcher::with_default(&self.log.dispatch(), || harness.hear(&body));
                match catch_unwind(AssertUnwindSafe(hear)) {
                    Ok(Ok(())) => {}
                    Ok(Err(refusal)) => self.look_for_canaries("a refusal", &refusal),
                    Err(_) => self.find(Rule::BodiesAreRead, "a body made it panic"),
                }
            }
        }
    }
}

fn says_something(done: &Done) -> bool {
    let Done {
        reference,
        position,
        refused,
        found,
        taken,
        quiet_for: _,
        unasked: _,
    } = done;
    let nothing = reference.is_none()
        && position.is_none()
        && refused.is_none()
        && *found == Found::default()
        && taken.is_empty();
    !nothing
}

fn is_too_long(done: &Done) -> bool {
    let kept = [&done.reference, &done.refused].into_iter().flatten();
    kept.into_iter()
        .any(|text| text.chars().count() > MOST_KEPT)
}
