//! Performs what the bridge owes to a Chatlayer bot: one call a task.

use std::borrow::Cow;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::{Map, json};

use super::{Settings, actions::Actions, realm::Realm};
use crate::{
    bots::{
        BotFacts, BotPlatform,
        failures::{not_an_id, of_request, of_unnamed, unshowable},
        steps::{Step, resume_context, step_context},
    },
    config::History,
    domain::{
        conversation::ResumeContract,
        delivery::{BotJob, BotWork, Done, Failure},
        fallback::{self, Part},
        message::Content,
        policy::LookUps,
    },
    outbound::{
        Answer, Call, CallError, Endpoint, Outbound,
        request::{DryRunError, RequestTemplate},
        template::Context,
    },
};

/// One configured connection to Chatlayer.
#[derive(Debug)]
pub struct Chatlayer {
    pub(super) settings: Settings,
    pub(super) outbound: Outbound,
}

/// The namespace of the session under which a dialog finds what the bridge tells it.
const SESSION_NAMESPACE: &str = "handover";
/// Where a conversation takes what is done in it.
const ACTIONS: &str = "actions";
/// A team may have many bots.
const LIST_LIMIT: usize = 1024 * 1024;

impl Chatlayer {
    pub fn new(settings: Settings, outbound: Outbound) -> Self {
        Self { settings, outbound }
    }

    async fn show(
        &self,
        job: BotJob<'_>,
        content: &Content,
        part: Option<Part>,
    ) -> Result<Done, Failure> {
        let parts =
            fallback::said(content, part, &self.settings.capabilities).map_err(unshowable)?;
        let actions = Actions::say(parts.iter().map(Cow::as_ref)).map_err(unshowable)?;
        self.act(job, &actions).await
    }

    async fn resume(
        &self,
        job: BotJob<'_>,
        index: usize,
        contract: &ResumeContract,
    ) -> Result<Done, Failure> {
        // A step that has gone from the configuration since is one that the operator does not want made.
        let Some(step) = self.settings.steps.resume.get(index) else {
            return Ok(Done::without_a_call());
        };
        let context = resume_context(self.context(job)?, contract);
        self.step(job, &step.for_contract(contract), &context).await
    }

    async fn pause(&self, job: BotJob<'_>, index: usize) -> Result<Done, Failure> {
        let pause = &self.settings.steps.pause;
        let step = pause.get(index).ok_or_else(Failure::unsupported)?;
        self.make(job, step, &self.context(job)?).await
    }

    async fn step(&self, job: BotJob<'_>, step: &Step, context: &Context) -> Result<Done, Failure> {
        match step {
            Step::Text(template) => {
                let text = template.render(context).map_err(CallError::from)?;
                self.show(job, &Content::text(text), None).await
            }
            Step::DialogState { id, values } => {
                let data = values.evaluate(context).map_err(CallError::Template)?;
                let call = self.dialog_state(job, id, &data)?;
                self.send(call).await.map_err(of_unnamed)
            }
            Step::Request(request) => self.make(job, request, context).await,
        }
    }

    /// `executeConversationAction`.
    async fn act(&self, job: BotJob<'_>, actions: &Actions) -> Result<Done, Failure> {
        let endpoint = self.conversation(job, ACTIONS)?;
        self.send(
            Call::post(endpoint)
                .bearer(&self.access_token())
                .json(actions),
        )
        .await
    }

    /// An address of the v1 API below the job's conversation.
    pub(super) fn conversation(&self, job: BotJob<'_>, last: &str) -> Result<Endpoint, Failure> {
        let realm = Realm::parse(&job.about.key.realm).map_err(|_| Failure::unsupported())?;
        let (bot, user) = (realm.bot_id.as_str(), job.about.key.user.as_str());
        let path = ["v1", "bots", bot, "conversations", user, last];
        let endpoint = self.settings.api_url.join(&path).map_err(not_an_id)?;
        Ok(endpoint.query("version", realm.version.as_str()))
    }

    /// The token of this moment; it may be another one for the next call.
    pub(super) fn access_token(&self) -> SecretString {
        SecretString::clone(&self.settings.access_token().get())
    }

    /// The legacy call, the only documented one that triggers a dialog and sets session data. It wants its token in the
    /// query, which is why nothing of a URL but its host is ever printed.
    fn dialog_state(
        &self,
        job: BotJob<'_>,
        id: &str,
        data: &Map<String, serde_json::Value>,
    ) -> Result<Call, Failure> {
        let realm = Realm::parse(&job.about.key.realm).map_err(|_| Failure::unsupported())?;
        let endpoint = self
            .settings
            .api_url
            .join(&["api", "webview"])
            .map_err(not_an_id)?;
        let endpoint = endpoint.secret_query("access_token", &self.access_token());
        Ok(Call::post(endpoint).json(&json!({
            "botId": realm.bot_id,
            "senderId": job.about.key.user,
            "session": {"namespace": SESSION_NAMESPACE, "data": data},
            "action": {"nextDialogstate": id},
        })))
    }

    /// At the documented address of the conversation alone does Chatlayer say whether it knows the conversation.
    async fn make(
        &self,
        job: BotJob<'_>,
        request: &RequestTemplate,
        context: &Context,
    ) -> Result<Done, Failure> {
        let call = request.call(context, |call| self.present(call));
        let call = call.map_err(CallError::from)?;
        let is_named = call.is_to(&self.conversation(job, ACTIONS)?);
        let told = |answer: &Answer| Ok(request.done(answer, context));
        let performed = self.outbound.perform(call, &self.settings.api_url, told);
        let performed = performed.await;
        performed.map_err(|failure| of_request(failure, is_named))
    }

    /// Shows Chatlayer, and nobody else, who calls.
    fn present(&self, call: Call) -> Call {
        if !call.is_at(&self.settings.api_url) {
            return call;
        }
        call.bearer(&self.access_token())
    }

    /// Chatlayer documents no body for its successes, so none is read: any 2xx means taken.
    pub(super) async fn send(&self, call: Call) -> Result<Done, Failure> {
        let answer = self.outbound.send(call).await?;
        Ok(Done::from(&answer))
    }

    pub(super) fn context(&self, job: BotJob<'_>) -> Result<Context, Failure> {
        let realm = Realm::parse(&job.about.key.realm).map_err(|_| Failure::unsupported())?;
        let context = Context::default()
            .with_url("bot", "api_url", &self.settings.api_url)
            .with("bot_id", &realm.bot_id)
            .with("session_id", &job.about.key.user)
            .with("version", realm.version.as_str())
            .with("channel", &job.about.profile.channel)
            .with("language", &job.about.handover.language)
            .with("handover_id", job.about.handover.id);
        Ok(step_context(context, job))
    }
}

#[async_trait]
impl BotPlatform for Chatlayer {
    fn facts(&self) -> BotFacts {
        BotFacts {
            // `pauseBot` in the answer to the offload.
            answer_pauses: true,
            pause_steps: self.settings.steps.pause.len(),
            resume_steps: self.settings.steps.resume.len(),
            capabilities: self.settings.capabilities.clone(),
            look_ups: LookUps {
                history: self.settings.history != History::Off,
                session: true,
            },
        }
    }

    async fn perform(&self, job: BotJob<'_>) -> Result<Done, Failure> {
        match job.work {
            BotWork::Say(said) => self.show(job, &said.message.content, said.part).await,
            BotWork::Pause { index } => self.pause(job, index).await,
            BotWork::Resume { index, contract } => self.resume(job, index, contract).await,
            BotWork::LookUp(wanted) => self.look_up(job, wanted).await,
            BotWork::Forget => self.forget(job).await,
        }
    }

    /// The list of the bots that the token can see. What it lists is no part of the check, since hooks name the bot
    /// themselves; but what is no JSON is some other server.
    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let endpoint = self.settings.api_url.join(&["v1", "bots"]);
        let endpoint = endpoint.map_err(|fault| CallError::Url(fault.into()))?;
        let call = Call::get(endpoint).bearer(&self.access_token());
        let answer = self.outbound.send(call.answer_limit(LIST_LIMIT)).await?;
        answer.json::<IgnoredAny>()?;
        Ok(Vec::new())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        self.settings.steps.dry_run(&self.settings.examples())
    }
}

#[cfg(test)]
pub(super) mod tests;
