//! Performs what the bridge owes to Chatwoot, by its application API.

mod closing;
mod notes;
mod opening;
mod written;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use serde::Serialize;
use tokio::time::timeout;

use self::written::Written;
use super::{
    Settings,
    actions::{Inbox, Mark, NewFailure, NewMessage, NewStatus},
    capabilities::capabilities,
    message,
};
use crate::{
    desks::{Desk, DeskFacts, shown, transcript::speaker},
    domain::{
        delivery::{DeskJob, DeskWork, Done, Failure, Said},
        ids::DeskName,
        message::{Actor, Content, Message},
        retry::ErrorClass,
    },
    outbound::{Answer, Call, CallError, Endpoint, Outbound, request::DryRunError},
};

/// One configured desk.
#[derive(Debug)]
pub struct Chatwoot {
    desk: DeskName,
    settings: Settings,
    outbound: Outbound,
}

/// A conversation is found again by its attributes, if it is there by then.
const REOPEN_AFTER: Duration = Duration::from_secs(10);
/// A job may take several calls, which are not to take longer together than one call may.
const WITHIN: Duration = Duration::from_secs(10);
/// A contact may have many conversations, each told with its last message.
const LIST_LIMIT: usize = 1024 * 1024;
/// What an inbox must be that the bridge can use.
const API_CHANNEL: &str = "Channel::Api";

/// What is to be written, and as what.
struct Line {
    text: String,
    kind: NewMessage<'static>,
}

/// Whether an earlier call may have done what is asked for, or a part of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Another,
}

impl Chatwoot {
    pub fn new(desk: &DeskName, settings: Settings, outbound: Outbound) -> Self {
        Self {
            desk: desk.clone(),
            settings,
            outbound,
        }
    }

    async fn attempt(&self, job: DeskJob<'_>, attempt: Attempt) -> Result<Done, Failure> {
        let working = timeout(WITHIN, self.work(job, attempt));
        let late = |_| Failure::of(ErrorClass::Ambiguous);
        let worked = working.await.map_err(late)?;
        worked.map_err(without_duplicates)
    }

    async fn work(&self, job: DeskJob<'_>, attempt: Attempt) -> Result<Done, Failure> {
        match job.work {
            DeskWork::Open(past) => {
                let opened = opening::open(self, job, past).await;
                opened.map_err(to_be_looked_up)
            }
            DeskWork::Message(said) => self.say(job, &lines(said)?, attempt).await,
            DeskWork::Placeholder(message) => {
                let note = Line::note(shown::not_shown(message.id));
                self.say(job, &[note], attempt).await
            }
            DeskWork::Failed {
                message, reason, ..
            } => {
                if let Some(marked) = self.mark_as_failed(job, message, reason).await? {
                    return Ok(marked);
                }
                let note = Line::note(shown::not_delivered(reason));
                self.say(job, &[note], attempt).await
            }
            DeskWork::Close { .. } => closing::close(self, job, attempt).await,
        }
    }

    async fn say(
        &self,
        job: DeskJob<'_>,
        lines: &[Line],
        attempt: Attempt,
    ) -> Result<Done, Failure> {
        let conversation = conversation_of(job)?;
        let written = match attempt {
            Attempt::First => Written::default(),
            Attempt::Another => Written::look_up(self, conversation, job).await?,
        };
        let mut done = Done::default();
        for (index, line) in lines.iter().enumerate() {
            let key = key(job, index);
            if !written.has(&key) {
                done = Done::from(&self.write(conversation, &line.under(&key)).await?);
            }
        }
        Ok(done)
    }

    /// At the message itself. `None`: it is not known which that is, or Chatwoot does not want it marked.
    async fn mark_as_failed(
        &self,
        job: DeskJob<'_>,
        said: Option<&Message>,
        reason: &str,
    ) -> Result<Option<Done>, Failure> {
        let conversation = conversation_of(job)?;
        let raw = said.and_then(|said| said.raw.as_deref());
        let Some(number) = raw.and_then(|raw| message::number_in(conversation, raw)) else {
            return Ok(None);
        };
        let number = number.to_string();
        let path = ["conversations", conversation, "messages", &number];
        let call = Call::new(Method::PATCH, self.settings.endpoint(&path)?);
        let marked = self.send(call, &NewFailure::because(reason)).await;
        match marked.map_err(Failure::from) {
            Ok(answer) => Ok(Some(Done::from(&answer))),
            Err(failure) if is_refusal(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn write(
        &self,
        conversation: &str,
        message: &NewMessage<'_>,
    ) -> Result<Answer, CallError> {
        let path = ["conversations", conversation, "messages"];
        self.post(&path, message).await
    }

    async fn set_status(
        &self,
        conversation: &str,
        status: &'static str,
    ) -> Result<Answer, CallError> {
        let path = ["conversations", conversation, "toggle_status"];
        self.post(&path, &NewStatus { status }).await
    }

    async fn get(&self, endpoint: Endpoint) -> Result<Answer, CallError> {
        let call = Call::get(endpoint).answer_limit(LIST_LIMIT);
        self.outbound.send(self.settings.present(call)).await
    }

    async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Answer, CallError> {
        let call = Call::post(self.settings.endpoint(path)?);
        self.send(call, body).await
    }

    async fn send(&self, call: Call, body: &impl Serialize) -> Result<Answer, CallError> {
        let call = call.answer_limit(LIST_LIMIT).json(body);
        self.outbound.send(self.settings.present(call)).await
    }
}

#[async_trait]
impl Desk for Chatwoot {
    fn facts(&self) -> DeskFacts {
        DeskFacts {
            capabilities: capabilities(),
            transcript_limit: self.settings.transcript_limit,
            reopen_after: REOPEN_AFTER,
        }
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        self.attempt(job, Attempt::First).await
    }

    async fn perform_again(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        self.attempt(job, Attempt::Another).await
    }

    /// The inbox, which says whether it is one that the bridge can use.
    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let inbox = self.settings.inbox_id;
        let endpoint = self.settings.endpoint(&["inboxes", &inbox.to_string()])?;
        let found: Inbox = self.get(endpoint).await?.json()?;
        let mut remarks = Vec::new();
        if found.channel_type.as_deref() != Some(API_CHANNEL) {
            remarks.push(format!(
                "inbox {inbox} is not of the channel API: make one that is"
            ));
        }
        let hook = format!("/hooks/chatwoot/{}", self.desk);
        let leads_here = |url: &str| {
            let mut behind = url.split(&hook).skip(1);
            behind.any(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        if !found.webhook_url.as_deref().is_some_and(leads_here) {
            remarks.push(format!(
                "the webhook URL of inbox {inbox} does not lead to {hook}: what agents write reaches nobody"
            ));
        }
        if found.lock_to_single_conversation == Some(true) {
            remarks.push(format!(
                "inbox {inbox} is locked to one conversation a contact: a handover would go on in that of the last one"
            ));
        }
        Ok(remarks)
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}

impl Line {
    /// What agents alone see.
    fn note(text: String) -> Self {
        let kind = NewMessage::NOTE;
        Self { text, kind }
    }

    fn under<'a>(&'a self, key: &'a str) -> NewMessage<'a> {
        NewMessage {
            content: &self.text,
            content_attributes: Mark {
                handover_delivery: key,
            },
            ..self.kind
        }
    }
}

fn lines(said: Said<'_>) -> Result<Vec<Line>, Failure> {
    let line = |part: &Content| match (part, said.message.actor) {
        (Content::Text { text, .. }, Actor::User) => Ok(Line {
            text: text.clone(),
            kind: NewMessage::INCOMING,
        }),
        // What stands there as an agent's would come back as an agent's.
        (Content::Text { text, .. }, other) => {
            Ok(Line::note(format!("{}: {text}", speaker(other))))
        }
        _ => Err(Failure::of(ErrorClass::Rejected)),
    };
    let parts = shown::parts(said, &capabilities())?;
    parts.iter().map(|part| line(part)).collect()
}

/// The same for whatever is written once more, and for nothing else.
fn key(job: DeskJob<'_>, index: usize) -> String {
    format!("{}/{index}", job.about.delivery)
}

/// What Chatwoot calls the conversation. An opening that was answered has said so: a leg without that was opened at
/// another desk, which had this one's name before, and Chatwoot has nothing of it.
fn conversation_of(job: DeskJob<'_>) -> Result<&str, Failure> {
    let lost = || Failure::of(ErrorClass::Gone);
    job.leg.reference().ok_or_else(lost)
}

/// It was answered, and the answer will not be another one the next time.
fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure.class,
        ErrorClass::Gone
            | ErrorClass::Rejected
            | ErrorClass::Duplicate
            | ErrorClass::Unauthorized
            | ErrorClass::Unsupported
    )
}

/// What is there cannot be said of an answer that cannot be read: a retry finds it.
fn to_be_looked_up(failure: Failure) -> Failure {
    match failure.class {
        ErrorClass::Unreadable => Failure {
            class: ErrorClass::Ambiguous,
            ..failure
        },
        _ => failure,
    }
}

/// Chatwoot does not know a call again, so nothing that it says means that it has this already.
fn without_duplicates(failure: Failure) -> Failure {
    match failure.class {
        ErrorClass::Duplicate => Failure {
            class: ErrorClass::Rejected,
            ..failure
        },
        _ => failure,
    }
}

#[cfg(test)]
mod tests;
