//! What every adapter has to hold to, as a suite that runs against any of them: those of this crate, and those that are
//! written elsewhere.
//!
//! Say by a [`Harness`] how the adapter is configured and how its vendor answers; [`check`] stands in for the vendor,
//! has the adapter perform everything that can be asked of it, and tells every rule that is broken. Order within a
//! lane, retries, breakers and limits are not the adapter's business and are not looked at here.
//!
//! Built with the feature `conformance` alone. `docs/desks.md` shows one at work.

mod canary;
mod contents;
mod findings;
mod hostile;
mod jobs;
mod suite;
mod vendor;

use std::sync::Arc;

pub use self::{
    findings::{Finding, Findings, Rule},
    vendor::{Answer, Call, Vendor},
};
use crate::{
    bots::BotPlatform,
    desks::Desk,
    domain::{
        delivery::{Job, Task},
        retry::ErrorClass,
    },
    outbound::{BaseUrl, Outbound},
};

/// What is under test.
#[derive(Clone, Debug)]
pub enum Adapter {
    Bot(Arc<dyn BotPlatform>),
    Desk(Arc<dyn Desk>),
}

/// What the suite has to know of an adapter. It runs in tests, so what goes wrong here may panic.
pub trait Harness {
    /// The adapter, configured as usual, with its vendor at this address. `outbound` may call it.
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter;

    /// What the vendor answers when it has done what it was asked.
    fn good_answer(&self, task: &Task) -> Answer;

    /// The secrets that it is configured with. None of them may ever be printed.
    fn secrets(&self) -> Vec<String>;

    /// How many calls the task takes at least and at most. A look-up may take several: it only reads, and is never made
    /// again.
    fn calls(&self, task: &Task) -> (usize, usize) {
        match task {
            Task::LookUp { .. } => (1, 4),
            _ => (1, 1),
        }
    }

    /// Whether the vendor has no call for the task at all. It is then to be refused.
    fn cannot(&self, _task: &Task) -> bool {
        false
    }

    /// The headers that a repeat may have otherwise: a signature over the time, for example. In small letters.
    fn fresh_headers(&self) -> &[&'static str] {
        &[]
    }

    /// The job as this vendor's hooks would have brought it about: realm, user and leg in the vendor's own terms.
    fn job(&self, job: Job) -> Job {
        job
    }

    /// The class of a status that in this task means something else than with everybody else: a 404, for example, where
    /// the address names no conversation.
    fn class_of(&self, _task: &Task, _status: u16) -> Option<ErrorClass> {
        None
    }

    /// Whether what has no words goes to the vendor as it is. If not it is refused without a call, and the reader gets a line
    /// in its place.
    fn passes_everything_on(&self) -> bool {
        false
    }

    /// Calls of the vendor's own, as bodies; none where it does not call.
    fn bodies(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Reads a call of the vendor's as its route does. The error is the refusal, printed as `Debug` and as `Display`.
    ///
    /// # Errors
    /// The body is refused.
    fn hear(&self, _body: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

/// Runs all of it. The error has every rule that does not hold, with what was seen.
///
/// # Errors
/// A rule is broken.
pub async fn check(harness: &dyn Harness) -> Result<(), Findings> {
    suite::run(harness).await
}
