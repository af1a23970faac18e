//! An adapter of one's own for a desk, and the suite that says whether it is one.
//!
//!     cargo run --features conformance --example custom_desk
//!
//! The desk is a board on which agents read lines; they answer by the desk API. `docs/desks.md` says where the adapter
//! goes when it has passed.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use handover_bridge::{
    conformance::{self, Adapter, Answer, Harness},
    desks::{
        Desk, DeskFacts,
        protocol::{answer::Offered, message::placeholder},
    },
    domain::{
        delivery::{DeskJob, DeskWork, Done, Failure, Past, Task},
        fallback::{self, Audience, Capabilities},
        message::Content,
        retry::ErrorClass,
    },
    outbound::{BaseUrl, Call, CallError, Outbound, error::Unsendable, request::DryRunError},
};
use secrecy::SecretString;
use serde_json::{Value, json};

/// Lines are no longer than this.
const TEXT_LIMIT: usize = 500;
const TOKEN: &str = "the-token-of-the-board";

#[derive(Debug)]
struct Board {
    url: BaseUrl,
    token: SecretString,
    outbound: Outbound,
}

/// How the suite gets at the board.
struct BoardHarness;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    conformance::check(&BoardHarness).await?;
    println!("the board conforms");
    Ok(())
}

impl Board {
    /// The board makes a topic for the handover, and names it.
    async fn open(&self, job: DeskJob<'_>, past: &Past) -> Result<Done, Failure> {
        let handover = &job.about.handover;
        let said = past.messages.iter().map(|message| &message.content);
        let said: Vec<_> = said.filter_map(|content| self.lines(content)).collect();
        let topic = json!({
            "handover": handover.id,
            "language": handover.language,
            "lines": said,
        });
        let answer: Value = self.call(job, (&["topics"], &topic)).await?;
        let offered = Offered {
            accepted: answer.get("open"),
            reason: answer.get("why"),
            reference: answer.get("topic"),
            ..Offered::default()
        };
        let done = offered.into_done();
        if done.reference.is_none() && done.refused.is_none() {
            // Nothing more could be said to it.
            return Err(Failure::unsupported());
        }
        Ok(done)
    }

    /// A leg without a topic was opened at another desk, which had this one's name before.
    async fn write(&self, job: DeskJob<'_>, content: &Content) -> Result<Done, Failure> {
        let topic = job.leg.reference();
        let topic = topic.ok_or(Failure::of(ErrorClass::Gone))?;
        let lines = self.lines(content);
        let lines = lines.ok_or(Failure::of(ErrorClass::Rejected))?;
        self.call(job, (&["topics", topic, "lines"], &json!(lines)))
            .await?;
        Ok(Done::default())
    }

    /// The text that agents read in the place of it; none where nothing can stand for it.
    fn lines(&self, content: &Content) -> Option<Vec<String>> {
        let shown = fallback::show(content, &self.facts().capabilities).ok()?;
        let text = |part: &Content| match part {
            Content::Text { text, .. } => Some(text.clone()),
            _ => None,
        };
        shown.parts.iter().map(|part| text(part)).collect()
    }

    /// One call, under a name that a repeat has as well. The board answers with JSON or with nothing.
    async fn call(
        &self,
        job: DeskJob<'_>,
        (path, body): (&[&str], &Value),
    ) -> Result<Value, CallError> {
        let endpoint = self.url.join(path).map_err(|_| CallError::Unsendable {
            host: self.url.host().to_owned(),
            source: Unsendable::Url,
        })?;
        let call = Call::post(endpoint)
            .bearer(&self.token)
            .header("idempotency-key", &job.about.delivery.to_string())
            .json(body);
        let answer = self.outbound.send(call).await?;
        Ok(answer.optional_json()?.unwrap_or_default())
    }
}

#[async_trait]
impl Desk for Board {
    fn facts(&self) -> DeskFacts {
        DeskFacts {
            capabilities: Capabilities {
                one_call: true,
                ..Capabilities::text_only(Audience::Agent, TEXT_LIMIT)
            },
            reopen_after: Duration::ZERO,
            transcript_limit: 50,
        }
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        match job.work {
            DeskWork::Open(past) => self.open(job, past).await,
            DeskWork::Message(said) => self.write(job, &said.message.content).await,
            DeskWork::Placeholder(message) => self.write(job, &placeholder(message.id)).await,
            DeskWork::Failed { reason, .. } => {
                let line = format!("a message of yours has not been delivered: {reason}");
                self.write(job, &Content::text(line)).await
            }
            DeskWork::Close { reason } => {
                let line = format!("the conversation is over: {reason}");
                self.write(job, &Content::text(line)).await
            }
        }
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let call = Call::get(self.url.endpoint()).bearer(&self.token);
        self.outbound.send(call).await.map(|_| Vec::new())
    }

    /// It has no templates.
    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}

impl Harness for BoardHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        Adapter::Desk(Arc::new(Board {
            url: vendor.clone(),
            token: SecretString::from(TOKEN),
            outbound,
        }))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            Task::Open { .. } => Answer::json(&json!({"topic": "t7"})),
            _ => Answer::with(204, ""),
        }
    }

    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}
