//! Bot platforms: where users talk to bots. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the vendor into domain events (used by `http`), the platform
//! performs what the bridge owes (used by `delivery`).

pub mod certainly;
pub mod chatlayer;
mod error;
mod failures;
mod files;
mod json;
pub mod steps;
mod vendor;

use std::fmt;

use async_trait::async_trait;

pub use self::error::SettingsError;

use crate::{
    domain::{
        delivery::{BotJob, Done, Failure},
        fallback::Capabilities,
        policy::LookUps,
    },
    outbound::{CallError, request::DryRunError},
};

/// One configured connection to a bot platform: all that is asked of an adapter. What it has to hold to is written down as
/// a suite, the module `conformance` (feature of the same name). [`Desk`](crate::desks::Desk) shows an adapter whole; one of
/// a platform differs in its work:
///
/// ```
/// use handover_bridge::domain::delivery::BotWork;
///
/// /// What the platform has to be called for.
/// fn purpose(work: BotWork<'_>) -> &'static str {
///     match work {
///         BotWork::Say(_) => "the user is told something, by an agent or by the bridge",
///         BotWork::LookUp(_) => "what does it know of the conversation? Never tried again",
///         BotWork::Pause { .. } => "the bot is to be silent: one of as many calls as the facts say",
///         BotWork::Resume { .. } => "the bot speaks again: the same",
///         BotWork::Forget => "the user is erased",
///     }
/// }
/// assert!(purpose(BotWork::Forget).contains("erased"));
/// ```
#[async_trait]
pub trait BotPlatform: Send + Sync + fmt::Debug {
    /// What `decide` has to know of it. Stays as it is while the bridge runs.
    fn facts(&self) -> BotFacts;

    /// Performs the job, once. Never retries: the caller knows what an attempt costs. One call at a time is asked for in a
    /// lane, in order; many lanes at once. What the platform has no call for is [`Failure::unsupported`].
    ///
    /// # Errors
    /// The class of what went wrong decides whether and when it is asked for again: see
    /// [`ErrorClass`](crate::domain::retry::ErrorClass). [`CallError`] knows its class.
    async fn perform(&self, job: BotJob<'_>) -> Result<Done, Failure>;

    /// The platform's cheapest read, to see whether address and token are good. What an operator should look at although it
    /// answers is told in sentences.
    async fn probe(&self) -> Result<Vec<String>, CallError>;

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
