//! Performs what the bridge owes to Aivo Live: the queue call as documented, all else as the operator's templates say.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::{
    Settings,
    actions::{KEPT, Queue, Queued, is_kept_as, kept_as},
    hash,
    message::Told,
    user::User,
};
use crate::{
    desks::{Desk, DeskFacts, shown, transcript},
    domain::{
        delivery::{About, DeskJob, DeskWork, Done, Failure, LegFacts, Past, Said, Standing},
        ids::MessageId,
        retry::ErrorClass,
    },
    outbound::{
        Answer, Call, CallError, Outbound,
        request::{DryRunError, RequestTemplate},
        template::Context,
    },
};

/// One configured desk.
#[derive(Debug)]
pub struct AivoLive {
    settings: Settings,
    outbound: Outbound,
}

/// A queue call cannot be recognised by Aivo when it comes again. What comes of it shows within seconds, mostly.
const REOPEN_AFTER: Duration = Duration::from_secs(10);
/// A company may have many groups.
const LIST_LIMIT: usize = 1024 * 1024;
/// How deep a list of groups is looked into for ids.
const LIST_DEPTH: u8 = 6;

impl AivoLive {
    pub fn new(settings: Settings, outbound: Outbound) -> Self {
        Self { settings, outbound }
    }

    async fn open(&self, job: DeskJob<'_>, past: &Past) -> Result<Done, Failure> {
        let settings = &self.settings;
        let bot_token = settings.bot_token().get();
        let groups = groups_of(job.about).unwrap_or_else(|| settings.groups.clone());
        let said = transcript::told(past, settings.transcript_chars);
        let queue = Queue {
            bot_id: settings.bot_id,
            groups_id: &groups,
            bot_token: bot_token.expose_secret(),
            protocol_id: Queue::PROTOCOL,
            user: User::of(job.about, hash::of(job.leg.id), settings.extra, said),
            status: Queue::STATUS,
            last_sender: Queue::LAST_SENDER,
        };
        let path = ["api", "v1", "live-handler", "queue", "external"];
        let endpoint = settings.api_url.join(&path);
        let endpoint = endpoint.map_err(|fault| CallError::Url(fault.into()))?;
        let call = settings.present(Call::post(endpoint)).json(&queue);
        let answer = self.outbound.send(call).await?;
        let (id, taken) = answer.json::<Queued>()?.into_kept();
        Ok(Done {
            reference: Some(id),
            taken,
            ..Done::from(&answer)
        })
    }

    async fn message(&self, job: DeskJob<'_>, said: Said<'_>) -> Result<Done, Failure> {
        let mut done = Done::default();
        for part in &shown::parts(said, &self.settings.capabilities)? {
            let told = Told::part(said.message, part);
            done = self.tell(job, &told).await?;
        }
        Ok(done)
    }

    /// A line of the bridge's own. Aivo shows it as the user's, so it stands in brackets.
    async fn line(
        &self,
        job: DeskJob<'_>,
        message: MessageId,
        text: String,
    ) -> Result<Done, Failure> {
        let told = Told::line(message, job.about.created_at, format!("[{text}]"));
        self.tell(job, &told).await
    }

    /// Aivo's own number of the conversation comes with the answer to the queue call and with every event. A leg without
    /// one was opened at another desk, which had this one's name before, and Aivo has nothing of it; unless its queue call was
    /// taken and the answer told no number.
    async fn tell(&self, job: DeskJob<'_>, told: &Told<'_>) -> Result<Done, Failure> {
        if job.leg.standing == Standing::Unnamed {
            return Err(Failure::of(ErrorClass::Gone));
        }
        let context = self.context(job).with("message", told);
        self.make(&self.settings.message, context).await
    }

    async fn close(&self, job: DeskJob<'_>, reason: &str) -> Result<Done, Failure> {
        let context = self.context(job).with("reason", reason);
        self.make(&self.settings.close, context).await
    }

    /// Nothing is documented of the answer: any 2xx means taken.
    async fn make(&self, request: &RequestTemplate, context: Context) -> Result<Done, Failure> {
        let call = request.call(&context, |call| self.settings.present(call));
        let call = call.map_err(CallError::from)?;
        let told = |answer: &Answer| Ok(request.done(answer, &context));
        let performed = self.outbound.perform(call, &self.settings.api_url, told);
        performed.await
    }

    fn context(&self, job: DeskJob<'_>) -> Context {
        let handover = &job.about.handover;
        let effective = hash::effective(job.leg.id, &self.settings.bot_token().get());
        self.settings
            .context()
            .with("desk_ref", desk_ref(job.leg, effective))
            .with("handover_id", handover.id)
            .with("language", &handover.language)
    }
}

#[async_trait]
impl Desk for AivoLive {
    fn facts(&self) -> DeskFacts {
        let told = self.settings.transcript_chars > 0;
        DeskFacts {
            capabilities: self.settings.capabilities.clone(),
            transcript_limit: if told {
                self.settings.transcript_limit
            } else {
                0
            },
            reopen_after: REOPEN_AFTER,
        }
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        match job.work {
            DeskWork::Open(past) => self.open(job, past).await,
            DeskWork::Message(said) => self.message(job, said).await,
            DeskWork::Placeholder(message) => {
                let text = shown::not_shown(message.id);
                self.line(job, message.id, text).await
            }
            DeskWork::Failed { id, reason, .. } => {
                let text = shown::not_delivered(reason);
                self.line(job, id, text).await
            }
            DeskWork::Close { reason } => self.close(job, reason).await,
        }
    }

    /// The list of groups. Neither what it asks of a caller nor what it looks like is documented, so any JSON is an answer.
    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let endpoint = self.settings.groups_url.join(&["group"]);
        let endpoint = endpoint.map_err(|fault| CallError::Url(fault.into()))?;
        let call = self.settings.present(Call::get(endpoint));
        let answer = self.outbound.send(call.answer_limit(LIST_LIMIT)).await?;
        let list: Value = answer.json()?;
        let mut seen = BTreeSet::new();
        find_ids(&list, LIST_DEPTH, &mut seen);
        let unseen = self.settings.unseen(&seen);
        Ok(unseen
            .map(|group| format!("group {group} is configured, and Aivo's list does not name it"))
            .collect())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        self.settings.dry_run()
    }
}

/// `desk_ref` in a template: the documented names, null where nothing is known, and what earlier calls have taken.
pub(super) fn desk_ref(leg: &LegFacts, effective: String) -> Map<String, Value> {
    let mut known = Map::from_iter(KEPT.map(|name| (name.to_owned(), Value::Null)));
    let (conversation, taken) = (leg.reference(), &leg.taken);
    let answered = conversation.and_then(|id| taken.get(&kept_as(id)));
    if let Some(Value::Object(answered)) = answered {
        known.extend(answered.clone());
    }
    let later = taken.values().iter();
    let later = later.filter(|(name, _)| !is_kept_as(name));
    known.extend(later.map(|(name, value)| (name.clone(), value.clone())));
    known.insert("conversationId".to_owned(), conversation.into());
    known.insert("hash".to_owned(), effective.into());
    known
}

/// `options.groups` of the route, or `options.group`, where they are one.
fn groups_of(about: &About) -> Option<Vec<u64>> {
    let options = &about.handover.options;
    let groups = match options.get("groups").or(options.get("group"))? {
        Value::Array(groups) => groups.iter().map(Value::as_u64).collect::<Option<Vec<_>>>(),
        one => one.as_u64().map(|one| vec![one]),
    };
    groups.filter(|groups| !groups.is_empty())
}

/// Numbers under a name that an id may have.
fn find_ids(value: &Value, depth: u8, seen: &mut BTreeSet<u64>) {
    const NAMES: [&str; 4] = ["id", "groupId", "group_id", "groupsId"];
    let Some(deeper) = depth.checked_sub(1) else {
        return;
    };
    match value {
        Value::Array(items) => {
            for item in items {
                find_ids(item, deeper, seen);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let text = value.as_str().and_then(|text| text.parse().ok());
                if let Some(id) = value
                    .as_u64()
                    .or(text)
                    .filter(|_| NAMES.contains(&name.as_str()))
                {
                    seen.insert(id);
                }
                find_ids(value, deeper, seen);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
