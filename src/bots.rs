//! Bot platforms: where users talk to bots. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the vendor into domain events (used by `http`), the platform
//! performs what the bridge owes (used by `delivery`).

pub mod chatlayer;

use std::fmt;

use async_trait::async_trait;

use crate::{
    domain::delivery::{Done, Failure, Job},
    outbound::CallError,
};

/// One configured connection to a bot platform.
#[async_trait]
pub trait BotPlatform: Send + Sync + fmt::Debug {
    /// Performs `Say`, `Pause` or `Resume`, once. Never retries: the caller knows what an attempt costs.
    async fn perform(&self, job: &Job) -> Result<Done, Failure>;

    /// The platform's cheapest read, to see whether address and token are good.
    async fn probe(&self) -> Result<(), CallError>;
}
