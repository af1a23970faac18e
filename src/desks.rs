//! Desks: where agents work. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the desk into domain events (used by `http`), the desk performs
//! what the bridge owes (used by `delivery`).

pub mod aivo_live;
pub mod webhook;

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{
        delivery::{Done, Failure, Job},
        fallback::Capabilities,
    },
    outbound::{CallError, request::DryRunError},
};

/// One configured connection to a desk.
#[async_trait]
pub trait Desk: Send + Sync + fmt::Debug {
    /// What the others have to know of it. Stays as it is while the bridge runs.
    fn facts(&self) -> DeskFacts;

    /// Performs `Open`, `Message`, `Placeholder`, `Failed` or `Close`, once. Never retries: the caller knows what an
    /// attempt costs. A refusal is a [`Done`] that says so.
    async fn perform(&self, job: &Job) -> Result<Done, Failure>;

    /// The desk's cheapest call, to see whether address and secret are good. What an operator should look at although it
    /// answers is told in sentences.
    async fn probe(&self) -> Result<Vec<String>, CallError>;

    /// What is wrong with its templates when they are filled in with examples. Calls nobody.
    fn dry_run(&self) -> Vec<DryRunError>;
}

/// What a desk can do.
#[derive(Clone, Debug)]
pub struct DeskFacts {
    /// What its agents can be shown.
    pub capabilities: Capabilities,
    /// How long after an open call that may have arrived the next is made; zero where the desk knows a call again.
    pub reopen_after: Duration,
    /// How many messages of the past it is sent with a handover at most.
    pub transcript_limit: usize,
}
