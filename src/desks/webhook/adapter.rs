//! Performs what the bridge owes to a webhook desk: one signed call a task.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Settings,
    actions::{Action, Data, Kind},
    capabilities::capabilities,
};
use crate::{
    clock::new_id,
    desks::{
        Desk, DeskFacts,
        protocol::{
            answer::Offered,
            message::{HandoverBody, MessageBody, placeholder},
        },
    },
    domain::{
        delivery::{DeskJob, DeskWork, Done, Failure, Past},
        time::Clock,
    },
    outbound::{
        Answer, Call, CallError, Outbound,
        error::Unsendable,
        request::DryRunError,
        webhook_signature::{
            ID_HEADER, SIGNATURE_HEADER, SignedContent, TIMESTAMP_HEADER, seconds,
        },
    },
};

/// One configured desk.
#[derive(Debug)]
pub struct Webhook {
    settings: Settings,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    pub fn new(settings: Settings, outbound: Outbound, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            outbound,
            clock,
        }
    }

    async fn open(&self, job: DeskJob<'_>, past: &Past) -> Result<Done, Failure> {
        let about = job.about;
        let data = Data::Opened {
            handover: HandoverBody::new(
                &about.handover,
                &about.profile,
                &about.key.bot,
                about.key.user.as_str(),
            ),
            transcript_total: past.total,
            transcript: MessageBody::transcript(&past.messages),
        };
        let answer = self.call(job, Kind::Opened, data).await?;
        // Any 2xx has taken the handover, so a body that cannot be read says no more than no body.
        let told = answer.optional_json().ok().flatten();
        Ok(Done {
            quiet_for: answer.quiet_for,
            ..told.map(|told| opened(&told)).unwrap_or_default()
        })
    }

    async fn message(&self, job: DeskJob<'_>, message: MessageBody<'_>) -> Result<Done, Failure> {
        let data = Data::Created {
            handover_id: job.about.handover.id,
            message,
        };
        self.tell(job, Kind::Created, data).await
    }

    async fn tell(&self, job: DeskJob<'_>, kind: Kind, data: Data<'_>) -> Result<Done, Failure> {
        let answer = self.call(job, kind, data).await?;
        Ok(Done::from(&answer))
    }

    async fn call(&self, job: DeskJob<'_>, kind: Kind, data: Data<'_>) -> Result<Answer, Failure> {
        let action = Action {
            kind,
            timestamp: job.about.created_at,
            data,
        };
        Ok(self.send(&job.about.delivery.to_string(), &action).await?)
    }

    async fn send(&self, id: &str, action: &Action<'_>) -> Result<Answer, CallError> {
        let host = || self.settings.url.host().to_owned();
        let body = serde_json::to_vec(action).map_err(|_| CallError::Unsendable {
            host: host(),
            source: Unsendable::Body,
        })?;
        let at = self.clock.now();
        let signature = self.settings.secrets().get().sign(&SignedContent {
            id,
            at,
            body: &body,
        });
        let call = Call::post(self.settings.url.endpoint())
            .header(ID_HEADER, id)
            .header(TIMESTAMP_HEADER, &seconds(at).to_string())
            .header(SIGNATURE_HEADER, &signature)
            .json_bytes(body.into());
        self.outbound.send(call).await
    }
}

#[async_trait]
impl Desk for Webhook {
    fn facts(&self) -> DeskFacts {
        DeskFacts {
            capabilities: capabilities(),
            // It knows a call again by its `webhook-id`.
            reopen_after: Duration::ZERO,
            transcript_limit: self.settings.transcript_limit,
        }
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        let handover_id = job.about.handover.id;
        match job.work {
            DeskWork::Open(past) => self.open(job, past).await,
            // Whole, since the desk decides what it shows of it.
            DeskWork::Message(said) => self.message(job, said.message.into()).await,
            DeskWork::Placeholder(message) => {
                let content = placeholder(message.id);
                let message = MessageBody::from(message);
                self.message(job, message.with_content(&content)).await
            }
            DeskWork::Failed { id, reason, .. } => {
                let data = Data::Failed {
                    handover_id,
                    message_id: id,
                    reason,
                };
                self.tell(job, Kind::Failed, data).await
            }
            DeskWork::Close { reason } => {
                let data = Data::Closed {
                    handover_id,
                    reason,
                };
                self.tell(job, Kind::Closed, data).await
            }
        }
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let ping = Action {
            kind: Kind::Ping,
            timestamp: self.clock.now(),
            data: Data::Ping {},
        };
        self.send(&new_id().to_string(), &ping).await?;
        Ok(Vec::new())
    }

    /// It has no templates.
    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}

fn opened(answer: &Value) -> Done {
    let offered = Offered {
        accepted: answer.get("accepted"),
        reason: answer.get("reason"),
        reference: answer.get("conversation_id"),
        position: answer.get("position"),
    };
    offered.into_done()
}

#[cfg(test)]
mod tests;
