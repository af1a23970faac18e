//! Performs what the bridge owes to a desk that is made by configuration: one call a task, none where nothing is to be
//! said.

use std::borrow::Cow;

use async_trait::async_trait;

use super::{Settings, actions::Action, message, settings::REFERENCE};
use crate::{
    clock::new_id,
    desks::{
        Desk, DeskFacts,
        protocol::message::placeholder,
        shown::{self, NOT_DELIVERED},
        transcript,
    },
    domain::{
        delivery::{DeskJob, DeskWork, Done, Failure, Past, Said, Standing},
        fallback::{self, Part},
        message::{Content, Message},
        retry::ErrorClass,
    },
    outbound::{Answer, Call, CallError, Outbound, request::DryRunError, template::Context},
};

/// One configured desk.
#[derive(Debug)]
pub struct Template {
    pub(super) settings: Settings,
    outbound: Outbound,
}

const UNASKED: &str = "it has no request ping, so nobody has asked whether it takes its secrets";

impl Template {
    pub fn new(settings: Settings, outbound: Outbound) -> Self {
        Self { settings, outbound }
    }

    async fn open(&self, job: DeskJob<'_>, past: &Past) -> Result<Done, Failure> {
        let context = message::past(self.context(job), past);
        self.make(&self.settings.requests.open, &context).await
    }

    async fn message(&self, job: DeskJob<'_>, said: Said<'_>) -> Result<Done, Failure> {
        let parts = shown::parts(said, &self.settings.capabilities)?;
        match parts.as_slice() {
            [part] => self.say(job, said.message, part).await,
            // Cut otherwise than when it was stored: no part of it may be left out now.
            parts => self.say(job, said.message, &joined(parts)).await,
        }
    }

    /// To a desk that has no request for it, in a message of its own.
    async fn say_that_it_failed(
        &self,
        job: DeskJob<'_>,
        message: &Message,
        reason: &str,
    ) -> Result<Done, Failure> {
        let content = Content::text(format!(
            "{NOT_DELIVERED} ({reason}): {}",
            transcript::words(&message.content)
        ));
        let part = Part {
            index: 0,
            text_limit: self.settings.capabilities.text_limit,
        };
        let cut = fallback::said(&content, Some(part), &self.settings.capabilities);
        let first = cut.ok().and_then(|parts| parts.into_iter().next());
        self.say(job, message, &first.unwrap_or(Cow::Borrowed(&content)))
            .await
    }

    async fn close(&self, job: DeskJob<'_>, reason: &str) -> Result<Done, Failure> {
        let Some(close) = &self.settings.requests.close else {
            return Ok(Done::without_a_call());
        };
        let context = self.context(job).with("reason", reason);
        if self.is_unnamed(job, close, &context) {
            tracing::info!("a close needs what no answer has told, so the desk is not called");
            return Ok(Done::without_a_call());
        }
        self.make(close, &context).await
    }

    /// Whether the request speaks of what the desk has never told: its opening has not arrived, or nobody knows what came of
    /// it. Which conversation is meant can then not be said tomorrow either, and an operator has nothing to put right.
    fn is_unnamed(&self, job: DeskJob<'_>, action: &Action, context: &Context) -> bool {
        let has_told = match job.leg.standing {
            Standing::Named(_) => true,
            Standing::TakenUnread => false,
            Standing::Unnamed => !job.leg.taken.is_empty(),
        };
        if has_told || action.call(context).is_ok() {
            return false;
        }
        let named = self.settings.example_of_answers();
        let named = context.clone().with(REFERENCE, named);
        action.call(&named).is_ok()
    }

    async fn say(
        &self,
        job: DeskJob<'_>,
        message: &Message,
        shown: &Content,
    ) -> Result<Done, Failure> {
        let context = message::said(self.context(job), message, shown);
        self.tell(job, &self.settings.requests.message, &context)
            .await
    }

    /// Something in a conversation that the desk has. One that has no name, where the request needs it, was opened at another
    /// desk, which had this one's name before, and this desk has nothing of it.
    async fn tell(
        &self,
        job: DeskJob<'_>,
        action: &Action,
        context: &Context,
    ) -> Result<Done, Failure> {
        if self.is_unnamed(job, action, context) {
            return Err(Failure::of(ErrorClass::Gone));
        }
        self.make(action, context).await
    }

    async fn make(&self, action: &Action, context: &Context) -> Result<Done, Failure> {
        let call = action.call(context).map_err(CallError::from)?;
        let told = |answer: &Answer| {
            action.done(answer, context).ok_or_else(|| {
                // Whatever took it, nothing more can be said to it: better another desk than an agent who hears nothing.
                tracing::warn!(
                    "the answer to an offer does not hold the reference, so the desk cannot have it"
                );
                Failure {
                    status: Some(answer.status.as_u16()),
                    ..Failure::unsupported()
                }
            })
        };
        let performed = self.outbound.perform(call, &self.settings.api_url, told);
        performed.await
    }

    fn context(&self, job: DeskJob<'_>) -> Context {
        message::handover(self.settings.context(&job.about.delivery.to_string()), job)
    }
}

#[async_trait]
impl Desk for Template {
    fn facts(&self) -> DeskFacts {
        DeskFacts {
            capabilities: self.settings.capabilities.clone(),
            transcript_limit: self.settings.transcript_limit,
            reopen_after: self.settings.reopen_after,
        }
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        match job.work {
            DeskWork::Open(past) => self.open(job, past).await,
            DeskWork::Message(said) => self.message(job, said).await,
            DeskWork::Placeholder(message) => {
                self.say(job, message, &placeholder(message.id)).await
            }
            DeskWork::Failed {
                id,
                message,
                reason,
            } => {
                if let Some(failed) = &self.settings.requests.failed {
                    let context = self.context(job);
                    let context = context.with("message_id", id).with("reason", reason);
                    return self.tell(job, failed, &context).await;
                }
                let message = message.ok_or_else(Failure::unsupported)?;
                self.say_that_it_failed(job, message, reason).await
            }
            DeskWork::Close { reason } => self.close(job, reason).await,
        }
    }

    /// Without a request of its own it is only seen whether somebody answers there, whatever the answer is.
    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let Some(ping) = &self.settings.requests.ping else {
            let answer = self
                .outbound
                .send(Call::get(self.settings.api_url.endpoint()));
            return match answer.await {
                Ok(_) | Err(CallError::Refused(_)) => Ok(vec![UNASKED.to_owned()]),
                Err(error) => Err(error),
            };
        };
        let context = self.settings.context(&new_id().to_string());
        let answer = self.outbound.send(ping.call(&context)?).await;
        answer.map(|_| Vec::new())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        self.settings.dry_run()
    }
}

fn joined(parts: &[Cow<'_, Content>]) -> Content {
    let texts = parts.iter().map(|part| transcript::words(part));
    Content::text(texts.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests;
