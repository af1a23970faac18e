//! Desks: where agents work. One folder a vendor; the vendor's words stop at its folder.
//!
//! A folder has two halves: `hook` turns a call of the desk into domain events (used by `http`), the desk performs
//! what the bridge owes (used by `delivery`).

pub mod aivo_live;
pub mod chatwoot;
pub mod console;
mod known;
pub mod protocol;
mod shown;
pub mod template;
mod transcript;
pub mod webhook;

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{
        delivery::{DeskJob, Done, Failure},
        event::Step,
        fallback::Capabilities,
    },
    outbound::{CallError, request::DryRunError},
};

/// One configured connection to a desk: all that is asked of an adapter. What it has to hold to is written down as a suite,
/// the module `conformance` (feature of the same name); `examples/custom_desk.rs` runs it against an adapter like this one:
///
/// ```
/// use std::time::Duration;
///
/// use async_trait::async_trait;
/// use handover_bridge::{
///     desks::{Desk, DeskFacts},
///     domain::{
///         delivery::{DeskJob, DeskWork, Done, Failure},
///         fallback::{Audience, Capabilities},
///         message::Content,
///         retry::ErrorClass,
///     },
///     outbound::{BaseUrl, Call, CallError, Outbound, request::DryRunError},
/// };
/// use serde_json::json;
///
/// /// Agents read lines of a board, and answer by the desk API.
/// #[derive(Debug)]
/// struct Board {
///     url: BaseUrl,
///     outbound: Outbound,
/// }
///
/// impl Board {
///     /// One call, under a name that a repeat has as well.
///     async fn write(&self, job: DeskJob<'_>, line: &str) -> Result<Done, Failure> {
///         let id = job.about.handover.id.to_string();
///         let endpoint = self.url.join(&["lines", &id]).expect("an id is a segment");
///         let call = Call::post(endpoint)
///             .header("idempotency-key", &job.about.delivery.to_string())
///             .json(&json!({ "line": line }));
///         self.outbound.send(call).await?;
///         Ok(Done::default())
///     }
/// }
///
/// #[async_trait]
/// impl Desk for Board {
///     fn facts(&self) -> DeskFacts {
///         DeskFacts {
///             capabilities: Capabilities::text_only(Audience::Agent, 1000),
///             reopen_after: Duration::ZERO,
///             transcript_limit: 0,
///         }
///     }
///
///     async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
///         match job.work {
///             DeskWork::Open(_) => self.write(job, "somebody asks for an agent").await,
///             DeskWork::Message(said) => {
///                 let parts = said.parts(&self.facts().capabilities)
///                     .map_err(|_| Failure::of(ErrorClass::Rejected))?;
///                 match parts.first().map(AsRef::as_ref) {
///                     Some(Content::Text { text, .. }) => self.write(job, text).await,
///                     _ => Err(Failure::of(ErrorClass::Rejected)),
///                 }
///             }
///             DeskWork::Placeholder(_) => self.write(job, "a message that cannot be shown").await,
///             DeskWork::Failed { reason, .. } => self.write(job, &format!("not sent: {reason}")).await,
///             DeskWork::Close { reason } => self.write(job, &format!("over: {reason}")).await,
///         }
///     }
///
///     async fn probe(&self) -> Result<Vec<String>, CallError> {
///         let call = Call::get(self.url.endpoint());
///         self.outbound.send(call).await.map(|_| Vec::new())
///     }
///
///     fn dry_run(&self) -> Vec<DryRunError> {
///         Vec::new()
///     }
/// }
/// ```
#[async_trait]
pub trait Desk: Send + Sync + fmt::Debug {
    /// What the others have to know of it. Stays as it is while the bridge runs.
    fn facts(&self) -> DeskFacts;

    /// Performs the job, once. Never retries: the caller knows what an attempt costs. A refusal is a [`Done`] that says so.
    ///
    /// One call at a time is asked for in a lane, in order; many lanes at once. A job that is asked for again is the same
    /// job under the same [`About::delivery`], and the call should let the desk see that. What an answer gives for later
    /// calls goes into [`Done::taken`] and comes back in [`DeskJob::leg`].
    ///
    /// [`About::delivery`]: crate::domain::delivery::About::delivery
    ///
    /// # Errors
    /// The class of what went wrong decides whether and when it is asked for again: see
    /// [`ErrorClass`](crate::domain::retry::ErrorClass). [`CallError`] knows its class.
    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure>;

    /// Performs a job that an earlier call may have brought already: that call failed, or its process died in it. For a desk
    /// that does not know a call again, and can be asked what it has.
    ///
    /// # Errors
    /// As those of [`Self::perform`]. A desk that cannot be asked is asked again later: nothing is left out in silence.
    async fn perform_again(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        self.perform(job).await
    }

    /// The desk's cheapest call, to see whether address and secret are good. What an operator should look at although it
    /// answers is told in sentences.
    ///
    /// # Errors
    /// It does not answer, or does not take the secret.
    async fn probe(&self) -> Result<Vec<String>, CallError>;

    /// What is wrong with its templates when they are filled in with examples. Calls nobody.
    fn dry_run(&self) -> Vec<DryRunError>;
}

/// What a desk's own call has told.
#[derive(Clone, Debug)]
pub enum Told {
    Step(Box<Step>),
    /// Nothing that anybody has to be told.
    PassedOver,
    /// An event that its vendor does not document, or this version does not know.
    Unknown,
    /// An event of a bot, an account or an inbox that is not this desk's.
    Elsewhere,
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
