//! Desks: where agents work. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the desk into domain events (used by `http`), the desk performs
//! what the bridge owes (used by `delivery`).

pub mod webhook;

use std::fmt;

use async_trait::async_trait;

use crate::{
    domain::delivery::{Done, Failure, Job},
    outbound::CallError,
};

/// One configured connection to a desk.
#[async_trait]
pub trait Desk: Send + Sync + fmt::Debug {
    /// Performs `Open`, `Message`, `Placeholder`, `Failed` or `Close`, once. Never retries: the caller knows what an
    /// attempt costs. A refusal is a [`Done`] that says so.
    async fn perform(&self, job: &Job) -> Result<Done, Failure>;

    /// The desk's cheapest call, to see whether address and secret are good.
    async fn probe(&self) -> Result<(), CallError>;
}
