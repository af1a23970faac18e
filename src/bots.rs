//! Bot platforms: where users talk to bots. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the vendor into domain events (used by `http`), the platform
//! performs what the bridge owes (used by `delivery`).

pub mod chatlayer;
pub mod steps;

use std::fmt;

use async_trait::async_trait;

use crate::{
    domain::{
        delivery::{Done, Failure, Job},
        fallback::Capabilities,
        policy::LookUps,
    },
    outbound::{CallError, request::DryRunError},
};

/// One configured connection to a bot platform.
#[async_trait]
pub trait BotPlatform: Send + Sync + fmt::Debug {
    /// What `decide` has to know of it. Stays as it is while the bridge runs.
    fn facts(&self) -> BotFacts;

    /// Performs `Say`, `LookUp`, `Pause`, `Resume` or `Forget`, once. Never retries: the caller knows what an attempt
    /// costs.
    async fn perform(&self, job: &Job) -> Result<Done, Failure>;

    /// The platform's cheapest read, to see whether address and token are good.
    async fn probe(&self) -> Result<(), CallError>;

    /// What is wrong with its templates when they are filled in with examples. Calls nobody.
    fn dry_run(&self) -> Vec<DryRunError>;
}

/// What a bot can do.
#[derive(Clone, Debug)]
pub struct BotFacts {
    /// The platform pauses its bot by itself when the answer to a request says so.
    pub answer_pauses: bool,
    /// How many calls pause it otherwise; none: it cannot be.
    pub pause_steps: usize,
    /// How many calls a resume takes.
    pub resume_steps: usize,
    /// What its users can be shown.
    pub capabilities: Capabilities,
    /// What it tells of a conversation when it is asked.
    pub look_ups: LookUps,
}
