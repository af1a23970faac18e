//! Adapters that are wrong in one way each. The suite has to find it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use handover_bridge::{
    conformance::{Adapter, Answer, Harness, Rule, check},
    desks::{Desk, DeskFacts, webhook::Webhook},
    domain::{
        delivery::{About, DeskJob, DeskWork, Done, Failure, Said, Task},
        ids::DeliveryId,
        message::{Content, Message},
        retry::ErrorClass,
    },
    outbound::{BaseUrl, CallError, Outbound, request::DryRunError},
};
use uuid::Uuid;

use crate::webhook::{self, WebhookHarness};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CallsTwice,
    NamesEveryAttemptAnew,
    LeavesWordsOut,
    TakesEverything,
    ReadsEveryFailureAsBusy,
    ForgetsRetryAfter,
    MakesSomethingUp,
    Panics,
    LogsWhatWasSaid,
    PrintsItsSecret,
    TakesImpossibleTasks,
    ChangesItsFacts,
    QuotesWhatItRefuses,
}

/// A webhook desk with one fault.
struct Broken {
    fault: Fault,
    right: Webhook,
    asked: AtomicU32,
}

struct BrokenHarness(Fault);

impl Broken {
    fn next(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }

    /// Under another name for each attempt.
    fn renamed(&self, about: &About) -> About {
        let mut about = about.clone();
        if self.fault == Fault::NamesEveryAttemptAnew {
            let id = Uuid::from_u128(u128::from(self.next()));
            about.delivery = DeliveryId::from_uuid(id);
        }
        about
    }

    /// Without the words that stand above buttons.
    fn blanked(&self, message: &Message) -> Message {
        let mut message = message.clone();
        if self.fault == Fault::LeavesWordsOut
            && let Content::Buttons { text, .. } = &message.content
        {
            message.content = Content::text(text.replace(|_| true, "*"));
        }
        message
    }

    async fn altered(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        let about = &self.renamed(job.about);
        let job = DeskJob { about, ..job };
        let DeskWork::Message(said) = job.work else {
            return self.right.perform(job).await;
        };
        let message = &self.blanked(said.message);
        let work = DeskWork::Message(Said { message, ..said });
        self.right.perform(DeskJob { work, ..job }).await
    }
}

#[async_trait]
impl Desk for Broken {
    fn facts(&self) -> DeskFacts {
        let mut facts = self.right.facts();
        if self.fault == Fault::ChangesItsFacts {
            facts.transcript_limit += usize::try_from(self.next()).unwrap();
        }
        facts
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        let result = self.altered(job).await;
        match (self.fault, result) {
            (Fault::CallsTwice, _) => self.right.perform(job).await,
            (Fault::TakesEverything, Err(_)) => Ok(Done::default()),
            (Fault::ReadsEveryFailureAsBusy, Err(failure)) => Err(Failure {
                class: ErrorClass::Busy,
                ..failure
            }),
            (Fault::ForgetsRetryAfter, Err(failure)) => Err(Failure {
                retry_after: None,
                ..failure
            }),
            (Fault::MakesSomethingUp, Ok(done)) => Ok(Done {
                position: Some(1),
                ..done
            }),
            (Fault::Panics, Err(failure)) if failure.status == Some(418) => panic!("a teapot"),
            (Fault::LogsWhatWasSaid, result) => {
                tracing::debug!(work = ?job.work, "performed");
                result
            }
            (_, result) => result,
        }
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        self.right.probe().await
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        self.right.dry_run()
    }
}

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = WebhookHarness.secrets().pop();
        let shown = secret.filter(|_| self.fault == Fault::PrintsItsSecret);
        f.debug_tuple("Broken").field(&shown).finish()
    }
}

impl Harness for BrokenHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        Adapter::Desk(Arc::new(Broken {
            fault: self.0,
            right: webhook::connect(vendor, outbound),
            asked: AtomicU32::new(0),
        }))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        WebhookHarness.good_answer(task)
    }

    fn secrets(&self) -> Vec<String> {
        WebhookHarness.secrets()
    }

    /// The adapter does not know of it.
    fn cannot(&self, task: &Task) -> bool {
        self.0 == Fault::TakesImpossibleTasks && matches!(task, Task::Failed { .. })
    }

    fn fresh_headers(&self) -> &[&'static str] {
        &["webhook-timestamp", "webhook-signature"]
    }

    fn passes_everything_on(&self) -> bool {
        true
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        WebhookHarness.bodies()
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        if self.0 == Fault::QuotesWhatItRefuses {
            return WebhookHarness
                .hear(body)
                .map_err(|refusal| format!("{refusal}: {}", String::from_utf8_lossy(body)));
        }
        WebhookHarness.hear(body)
    }
}

async fn breaks(fault: Fault, rule: Rule) {
    let findings = check(&BrokenHarness(fault)).await.unwrap_err();
    assert!(findings.breaks(rule), "{fault:?} was not found: {findings}");
}

#[tokio::test]
async fn what_is_called_too_often_or_otherwise_is_found() {
    breaks(Fault::CallsTwice, Rule::OneCallATask).await;
    breaks(Fault::NamesEveryAttemptAnew, Rule::RepeatsAreAlike).await;
}

#[tokio::test]
async fn what_says_less_than_it_was_told_is_found() {
    breaks(Fault::LeavesWordsOut, Rule::ContentsAreShown).await;
    breaks(Fault::MakesSomethingUp, Rule::AnswersAreBounded).await;
}

#[tokio::test]
async fn what_misreads_failures_is_found() {
    breaks(Fault::TakesEverything, Rule::ArrivalIsTold).await;
    breaks(Fault::TakesEverything, Rule::RedirectsAreFailures).await;
    breaks(Fault::ReadsEveryFailureAsBusy, Rule::StatusesHaveClasses).await;
    breaks(Fault::ForgetsRetryAfter, Rule::RetryAfterIsTold).await;
    breaks(Fault::Panics, Rule::AnswersAreBounded).await;
}

#[tokio::test]
async fn what_prints_too_much_is_found() {
    breaks(Fault::LogsWhatWasSaid, Rule::NothingIsPrinted).await;
    breaks(Fault::PrintsItsSecret, Rule::NothingIsPrinted).await;
    breaks(Fault::QuotesWhatItRefuses, Rule::NothingIsPrinted).await;
}

#[tokio::test]
async fn what_takes_the_wrong_tasks_or_tells_other_facts_is_found() {
    breaks(Fault::TakesImpossibleTasks, Rule::ImpossibleTasksAreRefused).await;
    breaks(Fault::ChangesItsFacts, Rule::FactsHold).await;
}
