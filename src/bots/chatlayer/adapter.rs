//! Performs what the bridge owes to a Chatlayer bot: one call a task.

use std::borrow::Cow;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{Settings, actions::Actions, realm::Realm};
use crate::{
    bots::{
        BotFacts, BotPlatform,
        failures::{not_an_id, of_unnamed, unshowable},
        vendor::{self, Setup, Vendor},
    },
    config::History,
    domain::{
        delivery::{BotJob, BotWork, Done, Failure},
        message::Content,
        policy::LookUps,
    },
    outbound::{Call, CallError, Endpoint, Outbound, request::DryRunError, template::Context},
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
        data: &Map<String, Value>,
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

    /// Chatlayer documents no body for its successes, so none is read: any 2xx means taken.
    pub(super) async fn send(&self, call: Call) -> Result<Done, Failure> {
        let answer = self.outbound.send(call).await?;
        Ok(Done::from(&answer))
    }
}

#[async_trait]
impl Vendor for Chatlayer {
    fn setup(&self) -> Setup<'_> {
        Setup {
            outbound: &self.outbound,
            api_url: &self.settings.api_url,
            capabilities: &self.settings.capabilities,
            steps: &self.settings.steps,
        }
    }

    fn context(&self, job: BotJob<'_>) -> Result<Context, Failure> {
        let about = job.about;
        let realm = Realm::parse(&about.key.realm).map_err(|_| Failure::unsupported())?;
        Ok(Context::default()
            .with_url("bot", "api_url", &self.settings.api_url)
            .with("bot_id", &realm.bot_id)
            .with("session_id", &about.key.user)
            .with("version", realm.version.as_str())
            .with("channel", &about.profile.channel)
            .with("language", &about.handover.language)
            .with("handover_id", about.handover.id))
    }

    fn present(&self, call: Call) -> Call {
        if !call.is_at(&self.settings.api_url) {
            return call;
        }
        call.bearer(&self.access_token())
    }

    fn names(&self, job: BotJob<'_>, call: &Call) -> Result<bool, Failure> {
        Ok(call.is_to(&self.conversation(job, ACTIONS)?))
    }

    async fn show(&self, job: BotJob<'_>, parts: &[Cow<'_, Content>]) -> Result<Done, Failure> {
        let actions = Actions::say(parts.iter().map(Cow::as_ref)).map_err(unshowable)?;
        self.act(job, &actions).await
    }

    async fn go_to(
        &self,
        job: BotJob<'_>,
        place: &str,
        values: Map<String, Value>,
    ) -> Result<Done, Failure> {
        let call = self.dialog_state(job, place, &values)?;
        self.send(call).await.map_err(of_unnamed)
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
            BotWork::Say(said) => vendor::say(self, job, said).await,
            BotWork::Pause { index } => vendor::pause(self, job, index).await,
            BotWork::Resume { index, contract } => vendor::resume(self, job, index, contract).await,
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
