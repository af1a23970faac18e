//! Performs what the bridge owes to a Chatlayer bot: one call a task.

use std::borrow::Cow;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, json};

use super::{
    Settings,
    actions::Actions,
    realm::Realm,
    settings::{RequestStep, Step},
};
use crate::{
    bots::BotPlatform,
    domain::{
        conversation::ResumeContract,
        delivery::{Done, Failure, Job, Task},
        fallback::{self, Part, Unshowable},
        message::Content,
        retry::ErrorClass,
    },
    outbound::{Call, CallError, Endpoint, Outbound, template::Context},
};

/// One configured connection to Chatlayer.
#[derive(Debug)]
pub struct Chatlayer {
    settings: Settings,
    outbound: Outbound,
}

/// The namespace of the session under which a dialog finds what the bridge tells it.
const SESSION_NAMESPACE: &str = "handover";

impl Chatlayer {
    pub fn new(settings: Settings, outbound: Outbound) -> Self {
        Self { settings, outbound }
    }

    async fn say(&self, job: &Job) -> Result<Done, Failure> {
        let message = job.message.as_ref().ok_or_else(impossible)?;
        self.show(job, (&message.content, job.task.part())).await
    }

    async fn show(
        &self,
        job: &Job,
        (content, part): (&Content, Option<Part>),
    ) -> Result<Done, Failure> {
        let parts =
            fallback::said(content, part, &self.settings.capabilities).map_err(unshowable)?;
        let actions = Actions::say(parts.iter().map(Cow::as_ref)).map_err(unshowable)?;
        self.act(job, &actions).await
    }

    async fn resume(
        &self,
        job: &Job,
        (index, contract): (usize, &ResumeContract),
    ) -> Result<Done, Failure> {
        // A step that has gone from the configuration since is one that the operator does not want made.
        let Some(step) = self.settings.resume.get(index) else {
            return Ok(Done::default());
        };
        let context = self
            .context(job)?
            .with("reason", &contract.reason)
            .with("agent", &contract.agent)
            .with("seconds", contract.seconds)
            .with("unanswered", contract.unanswered);
        self.step(job, step, &context).await
    }

    async fn pause(&self, job: &Job, index: usize) -> Result<Done, Failure> {
        let step = self.settings.pause.get(index).ok_or_else(impossible)?;
        self.step(job, step, &self.context(job)?).await
    }

    async fn step(&self, job: &Job, step: &Step, context: &Context) -> Result<Done, Failure> {
        match step {
            Step::Text(template) => {
                let text = template.render(context).map_err(CallError::from)?;
                self.show(job, (&Content::text(text), None)).await
            }
            Step::DialogState { id, session_data } => {
                let data = session_data
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.evaluate(context)?)));
                let data = data
                    .collect::<Result<Map<_, _>, _>>()
                    .map_err(CallError::Template)?;
                self.send(self.dialog_state(job, (id, data))?).await
            }
            Step::Request(request) => self.send(self.request(request, context)?).await,
        }
    }

    /// `executeConversationAction`.
    async fn act(&self, job: &Job, actions: &Actions) -> Result<Done, Failure> {
        let realm = Realm::parse(&job.key.realm).map_err(|_| impossible())?;
        let user = job.key.user.as_str();
        let path = [
            "v1",
            "bots",
            realm.bot_id.as_str(),
            "conversations",
            user,
            "actions",
        ];
        let endpoint = self
            .settings
            .api_url
            .join(&path)
            .map_err(not_an_id)?
            .query("version", realm.version.as_str());
        self.send(
            Call::post(endpoint)
                .bearer(&self.settings.access_token)
                .json(actions),
        )
        .await
    }

    /// The legacy call, the only documented one that triggers a dialog and sets session data. It wants its token in the
    /// query, which is why nothing of a URL but its host is ever printed.
    fn dialog_state(
        &self,
        job: &Job,
        (id, data): (&str, Map<String, serde_json::Value>),
    ) -> Result<Call, Failure> {
        let realm = Realm::parse(&job.key.realm).map_err(|_| impossible())?;
        let endpoint = self
            .settings
            .api_url
            .join(&["api", "webview"])
            .map_err(not_an_id)?;
        let endpoint = endpoint.secret_query("access_token", &self.settings.access_token);
        Ok(Call::post(endpoint).json(&json!({
            "botId": realm.bot_id,
            "senderId": job.key.user,
            "session": {"namespace": SESSION_NAMESPACE, "data": data},
            "action": {"nextDialogstate": id},
        })))
    }

    fn request(&self, request: &RequestStep, context: &Context) -> Result<Call, CallError> {
        let endpoint: Endpoint = request.url.endpoint(context)?;
        let own = endpoint.is_at(&self.settings.api_url);
        let mut call = Call::new(request.method.clone(), endpoint);
        if own {
            call = call.bearer(&self.settings.access_token);
        }
        for (name, value) in &request.headers {
            call = call.header(name, &value.render(context)?);
        }
        match &request.body {
            Some(body) => Ok(call.json(&body.evaluate(context)?)),
            None if request.method == Method::GET => Ok(call),
            None => Ok(call.json_bytes("{}".into())),
        }
    }

    /// Chatlayer documents no body for its successes, so none is read: any 2xx means taken.
    async fn send(&self, call: Call) -> Result<Done, Failure> {
        self.outbound.send(call).await?;
        Ok(Done::default())
    }

    fn context(&self, job: &Job) -> Result<Context, Failure> {
        let realm = Realm::parse(&job.key.realm).map_err(|_| impossible())?;
        Ok(Context::default()
            .with_url("bot", "api_url", &self.settings.api_url)
            .with("bot_id", &realm.bot_id)
            .with("session_id", &job.key.user)
            .with("version", realm.version.as_str())
            .with("channel", &job.profile.channel)
            .with("language", &job.handover.language)
            .with("handover_id", job.handover.id))
    }
}

#[async_trait]
impl BotPlatform for Chatlayer {
    async fn perform(&self, job: &Job) -> Result<Done, Failure> {
        match &job.task {
            Task::Say { .. } => self.say(job).await,
            Task::Pause { index } => self.pause(job, *index).await,
            Task::Resume { index, contract } => self.resume(job, (*index, contract)).await,
            Task::LookUp { .. }
            | Task::Open { .. }
            | Task::Message { .. }
            | Task::Placeholder { .. }
            | Task::Failed { .. }
            | Task::Close { .. } => Err(impossible()),
        }
    }

    async fn probe(&self) -> Result<(), Failure> {
        let endpoint = self
            .settings
            .api_url
            .join(&["v1", "bots"])
            .map_err(not_an_id)?;
        self.outbound
            .send(Call::get(endpoint).bearer(&self.settings.access_token))
            .await?;
        Ok(())
    }
}

/// A task that no bot can perform, or that lacks what it speaks of: trying again changes nothing.
fn impossible() -> Failure {
    Failure {
        class: ErrorClass::Unsupported,
        status: None,
        retry_after: None,
    }
}

fn not_an_id(fault: crate::outbound::url::SegmentError) -> Failure {
    CallError::Url(fault.into()).into()
}

fn unshowable(fault: Unshowable) -> Failure {
    tracing::debug!("a message cannot be said: {fault}");
    Failure {
        class: ErrorClass::Rejected,
        status: None,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests;
