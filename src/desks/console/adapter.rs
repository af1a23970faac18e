//! Stands for the console among the desks: it says what its agents can be shown, and performs nothing.

use std::time::Duration;

use async_trait::async_trait;

use super::capabilities::capabilities;
use crate::{
    desks::{Desk, DeskFacts},
    domain::delivery::{DeskJob, Done, Failure},
    outbound::{CallError, request::DryRunError},
};

#[derive(Clone, Copy, Debug)]
pub struct Console;

#[async_trait]
impl Desk for Console {
    fn facts(&self) -> DeskFacts {
        DeskFacts {
            capabilities: capabilities(),
            reopen_after: Duration::ZERO,
            // Its agents read the store, which has all of it.
            transcript_limit: 0,
        }
    }

    /// Only what was owed under this name when the desk was of another kind gets here: trying again changes nothing.
    async fn perform(&self, _job: DeskJob<'_>) -> Result<Done, Failure> {
        Err(Failure::unsupported())
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}
