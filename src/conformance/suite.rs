//! The rules, one after the other, against one adapter and one vendor.

mod calls;
mod failures;
mod reading;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tracing::instrument::WithSubscriber as _;

use super::{
    Adapter, Finding, Findings, Harness, Rule, Vendor,
    canary::{self, Log},
    jobs,
};
use crate::{
    clock::SystemClock,
    domain::{
        delivery::{Done, Failure, Job, Task},
        message::Content,
    },
    outbound::{BaseUrl, Outbound, OutboundError, OutboundOptions, Seams},
};

struct Suite<'h> {
    harness: &'h dyn Harness,
    vendor: Vendor,
    adapter: Adapter,
    /// The client that it is connected with, and one that soon gives up.
    clients: [Outbound; 2],
    canaries: Vec<String>,
    log: Log,
    findings: Vec<Finding>,
}

/// The suite itself cannot begin.
#[derive(Debug, thiserror::Error)]
enum NoSuite {
    #[error("the suite's vendor cannot listen")]
    Vendor(#[from] std::io::Error),
    #[error("the suite has no client")]
    Client(#[from] OutboundError),
    #[error("loopback is no range")]
    Range(#[from] ipnet::AddrParseError),
}

/// Longer than any call may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Of a vendor that says nothing it is enough to know that nobody waits for it for ever.
const SHORT: Duration = Duration::from_millis(500);

pub(super) async fn run(harness: &dyn Harness) -> Result<(), Findings> {
    let mut suite = match Suite::new(harness).await {
        Ok(suite) => suite,
        Err(error) => {
            let what = format!("{error} ({:?})", std::error::Error::source(&error));
            let rule = Rule::FactsHold;
            return Err(Findings(vec![Finding { rule, what }]));
        }
    };
    suite.facts_hold();
    suite.calls_are_made().await;
    suite.contents_are_shown().await;
    suite.impossible_tasks_are_refused().await;
    suite.failures_are_told().await;
    suite.answers_are_read().await;
    suite.bodies_are_read();
    suite.nothing_is_printed().await;
    if suite.findings.is_empty() {
        Ok(())
    } else {
        Err(Findings(suite.findings))
    }
}

impl<'h> Suite<'h> {
    async fn new(harness: &'h dyn Harness) -> Result<Self, NoSuite> {
        let vendor = Vendor::start().await?;
        let clients = [loopback(Seams::default().call)?, loopback(SHORT)?];
        let [usual, _] = &clients;
        let adapter = harness.connect(vendor.base(), usual.clone());
        let mut canaries = harness.secrets();
        canaries.extend([canary::TEXT, canary::ANSWER].map(str::to_owned));
        Ok(Self {
            harness,
            vendor,
            adapter,
            clients,
            canaries,
            log: Log::default(),
            findings: Vec::new(),
        })
    }

    /// The same adapter with another vendor.
    fn at(&self, vendor: &BaseUrl) -> Adapter {
        let [usual, _] = &self.clients;
        self.harness.connect(vendor, usual.clone())
    }

    /// The same adapter with less patience.
    fn hurried(&self) -> Adapter {
        let [_, hurried] = &self.clients;
        self.harness.connect(self.vendor.base(), hurried.clone())
    }

    fn find(&mut self, rule: Rule, what: impl Into<String>) {
        let what = what.into();
        self.findings.push(Finding { rule, what });
    }

    fn job(&mut self, task: Task, content: Content) -> Option<Job> {
        match jobs::job(task, content) {
            Ok(job) => Some(self.harness.job(job)),
            Err(error) => {
                self.find(Rule::FactsHold, error.to_string());
                None
            }
        }
    }

    /// What it can be asked.
    fn tasks(&self) -> Vec<Task> {
        let tasks = self.adapter.tasks().into_iter();
        tasks.filter(|task| !self.harness.cannot(task)).collect()
    }

    /// What it has to refuse.
    fn impossible_tasks(&self) -> Vec<Task> {
        let tasks = self.adapter.tasks().into_iter();
        tasks.filter(|task| self.harness.cannot(task)).collect()
    }

    async fn perform(&mut self, job: &Job) -> Option<Result<Done, Failure>> {
        let adapter = self.adapter.clone();
        self.perform_by(adapter, job).await
    }

    /// `None`: it has panicked, or has not ended. That is noted.
    async fn perform_by(&mut self, adapter: Adapter, job: &Job) -> Option<Result<Done, Failure>> {
        let owned = job.clone();
        let work = async move { adapter.perform(&owned).await };
        let running = tokio::spawn(work.with_subscriber(self.log.dispatch()));
        let abort = running.abort_handle();
        let kind = job.task.kind().label();
        let rule = Rule::AnswersAreBounded;
        match timeout(PATIENCE, running).await {
            Ok(Ok(result)) => {
                if let Err(failure) = &result {
                    self.look_for_canaries(kind, &format!("{failure:?} {failure}"));
                }
                Some(result)
            }
            Ok(Err(_)) => {
                self.find(rule, format!("{kind} panicked"));
                None
            }
            Err(_) => {
                abort.abort();
                self.find(rule, format!("{kind} did not end within {PATIENCE:?}"));
                None
            }
        }
    }

    fn look_for_canaries(&mut self, place: &str, printed: &str) {
        if let Some(line) = canary::found(printed, &self.canaries) {
            self.find(Rule::NothingIsPrinted, format!("{place}: {line}"));
        }
    }

    fn facts_hold(&mut self) {
        let facts = || match &self.adapter {
            Adapter::Bot(bot) => format!("{:?}", bot.facts()),
            Adapter::Desk(desk) => format!("{:?}", desk.facts()),
        };
        if facts() != facts() {
            self.find(Rule::FactsHold, "the facts are others the second time");
        }
        let faults = match &self.adapter {
            Adapter::Bot(bot) => bot.dry_run(),
            Adapter::Desk(desk) => desk.dry_run(),
        };
        for fault in faults {
            self.find(Rule::FactsHold, fault.to_string());
        }
    }

    /// What was printed on the way, and what a probe prints.
    async fn nothing_is_printed(&mut self) {
        let printed = format!("{:?}", self.adapter);
        self.look_for_canaries("the adapter", &printed);
        for status in [200, 401, 500] {
            let answer = super::Answer::with(status, canary::ANSWER);
            self.vendor.answers(answer);
            let adapter = self.adapter.clone();
            let probing = async move {
                match adapter {
                    Adapter::Bot(bot) => bot.probe().await.map(drop),
                    Adapter::Desk(desk) => desk.probe().await.map(drop),
                }
            };
            if let Err(error) = probing.with_subscriber(self.log.dispatch()).await {
                let source = std::error::Error::source(&error);
                self.look_for_canaries("the probe", &format!("{error} {error:?} {source:?}"));
            }
        }
        self.vendor.take_calls();
        if let Some(line) = self.log.holds(&self.canaries) {
            self.find(Rule::NothingIsPrinted, format!("the log: {line}"));
        }
    }
}

/// A client that may call loopback.
fn loopback(within: Duration) -> Result<Outbound, NoSuite> {
    let options = OutboundOptions {
        allow_networks: vec!["127.0.0.0/8".parse()?],
        proxy: None,
        needs_https: false,
    };
    let seams = Seams {
        call: within,
        ..Seams::default()
    };
    Ok(Outbound::with_seams(
        options,
        Arc::new(SystemClock),
        &seams,
    )?)
}
