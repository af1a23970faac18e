//! Performs what the bridge owes to a Certainly bot: one call a task.
//!
//! Every address of its own ends in a slash. Without it the server would answer with a redirect, and a redirected POST
//! is a GET.

use std::borrow::Cow;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{
    Settings,
    actions::{AgentMessage, TriggerMessage, TriggerResponse, Verdict},
};
use crate::{
    bots::{
        BotFacts, BotPlatform,
        failures::{not_an_id, of_unnamed, unshowable},
        vendor::{self, Setup, Vendor},
    },
    config::{Auth, Rotating, Sender},
    domain::{
        delivery::{BotJob, BotWork, Done, Failure},
        message::Content,
        policy::LookUps,
        retry::ErrorClass,
    },
    outbound::{
        Call, CallError, Endpoint, Outbound, request::DryRunError, template::Context,
        url::SegmentError,
    },
};

/// One configured connection to a deployment at Certainly.
#[derive(Debug)]
pub struct Certainly {
    settings: Settings,
    outbound: Outbound,
}

/// What the probe leaves open.
const UNPROVEN: &str = "whether access_token is good has to be tried with a handover: no call shows it that changes nothing";
/// The bot listens, or is told what an agent says.
const HANDOVER: &str = "handover";
/// The bot speaks again.
const TAKEOVER: &str = "takeover";
/// Styles and a menu.
const CONFIG_LIMIT: usize = 1024 * 1024;

impl Certainly {
    pub fn new(settings: Settings, outbound: Outbound) -> Self {
        Self { settings, outbound }
    }

    async fn tell(&self, job: BotJob<'_>, content: &Content) -> Result<Done, Failure> {
        match self.settings.sender {
            Sender::Handover => {
                let body = AgentMessage::new(content).map_err(unshowable)?;
                let call = Call::post(self.webchat(job, HANDOVER)?).json(&body);
                self.send(self.present(call)).await
            }
            Sender::TriggerMessage => {
                let user = self.user_id(job);
                let body = TriggerMessage::new(content, &user).map_err(unshowable)?;
                let call = Call::post(self.action("trigger-message")?).json(&body);
                self.act(present_as_user(call, self.api_token().as_ref()))
                    .await
            }
        }
    }

    /// No body is documented for the successes of these calls, so none is read: any 2xx means taken.
    async fn send(&self, call: Call) -> Result<Done, Failure> {
        let answer = self.outbound.send(call).await?;
        Ok(Done::from(&answer))
    }

    /// One of the calls whose answers are documented. None of their addresses names the user, who stands in the body: that
    /// nobody knows the user is told there too.
    async fn act(&self, call: Call) -> Result<Done, Failure> {
        let refused = |class, status| Failure {
            status: Some(status),
            ..Failure::of(class)
        };
        let (status, verdict, done) = match self.outbound.send(call).await {
            Ok(answer) => {
                let verdict = Verdict::of(answer.body());
                (answer.status, verdict, Done::from(&answer))
            }
            Err(CallError::Refused(refusal))
                if Verdict::of(&refusal.body) == Verdict::UnknownUser =>
            {
                (refusal.status, Verdict::UnknownUser, Done::default())
            }
            Err(error) => return Err(of_unnamed(error.into())),
        };
        match verdict {
            Verdict::Taken => Ok(done),
            Verdict::UnknownUser => Err(refused(ErrorClass::Gone, status.as_u16())),
            Verdict::Refused => Err(refused(ErrorClass::Rejected, status.as_u16())),
        }
    }

    /// What is documented to be done with a user.
    fn webchat(&self, job: BotJob<'_>, what: &str) -> Result<Endpoint, Failure> {
        let (deployment, user) = (job.about.key.realm.as_str(), self.user_id(job));
        self.at(&["webbot", "api", "webchat", deployment, what, &user])
            .map_err(not_an_id)
    }

    fn action(&self, name: &str) -> Result<Endpoint, Failure> {
        self.at(&["actionsvc", name]).map_err(not_an_id)
    }

    fn at(&self, path: &[&str]) -> Result<Endpoint, SegmentError> {
        let endpoint = self.settings.api_url.join(path)?;
        Ok(endpoint.with_slash())
    }

    /// The token of this moment; it may be another one for the next call.
    fn api_token(&self) -> Option<SecretString> {
        let settings = &self.settings;
        let token = settings.api_token().or_else(|| settings.access_token())?;
        Some(SecretString::clone(&token.get()))
    }

    /// As the claim gave it, which need not be how messages name the user. Who was taken over without a claim is known by
    /// messages alone.
    fn user_id<'j>(&self, job: BotJob<'j>) -> Cow<'j, str> {
        match job.about.profile.user.id.as_deref() {
            Some(claimed) => Cow::Borrowed(claimed),
            None => Cow::Owned(format!(
                "{}{}",
                self.settings.user_id_prefix, job.about.key.user
            )),
        }
    }
}

#[async_trait]
impl Vendor for Certainly {
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
        Ok(Context::default()
            .with_url("bot", "api_url", &self.settings.api_url)
            .with("deployment_id", &about.key.realm)
            .with("user_id", self.user_id(job))
            .with("claim_end", &self.settings.claim_end)
            .with("language", &about.handover.language)
            .with("handover_id", about.handover.id))
    }

    /// In the way that the operator has found to work.
    fn present(&self, call: Call) -> Call {
        if !call.is_at(&self.settings.api_url) {
            return call;
        }
        let token = self.settings.access_token().map(Rotating::get);
        match (self.settings.auth, token.as_deref()) {
            (Auth::None, _) | (_, None) => call,
            (Auth::Bearer, Some(token)) => call.bearer(token),
            (Auth::Query, Some(token)) => call.secret_query("access_token", token),
            (Auth::Basic, token) => present_as_user(call, token),
        }
    }

    fn names(&self, job: BotJob<'_>, call: &Call) -> Result<bool, Failure> {
        Ok(call.is_to(&self.webchat(job, HANDOVER)?) || call.is_to(&self.webchat(job, TAKEOVER)?))
    }

    /// Only a step's own text may be so long that it takes more than one call.
    async fn show(&self, job: BotJob<'_>, parts: &[Cow<'_, Content>]) -> Result<Done, Failure> {
        let mut done = Done::default();
        for part in parts {
            done = self.tell(job, part).await?;
        }
        Ok(done)
    }

    /// `trigger-response`: the user is told nothing by it.
    async fn go_to(
        &self,
        job: BotJob<'_>,
        place: &str,
        values: Map<String, Value>,
    ) -> Result<Done, Failure> {
        let user = self.user_id(job);
        let body = TriggerResponse::new(&user, place, values);
        let call = Call::post(self.action("trigger-response")?).json(&body);
        let call = match self.api_token() {
            Some(token) => call.token("JWT", &token),
            None => call,
        };
        self.act(call).await
    }
}

#[async_trait]
impl BotPlatform for Certainly {
    fn facts(&self) -> BotFacts {
        BotFacts {
            // Whatever a claim is answered, the bot goes on talking until it is told to listen.
            answer_pauses: false,
            pause_steps: self.settings.steps.pause.len(),
            resume_steps: self.settings.steps.resume.len(),
            capabilities: self.settings.capabilities.clone(),
            // No document has a call that tells what was said, or what the bot's variables are.
            look_ups: LookUps::default(),
        }
    }

    /// A user cannot be forgotten by a call; that it fails is how the operator hears that Certainly keeps what it has.
    async fn perform(&self, job: BotJob<'_>) -> Result<Done, Failure> {
        match job.work {
            BotWork::Say(said) => vendor::say(self, job, said).await,
            BotWork::Pause { index } => vendor::pause(self, job, index).await,
            BotWork::Resume { index, contract } => vendor::resume(self, job, index, contract).await,
            BotWork::LookUp(_) | BotWork::Forget => Err(Failure::unsupported()),
        }
    }

    /// How the widget of this deployment looks: the only read that is documented. It wants no token.
    async fn probe(&self) -> Result<Vec<String>, CallError> {
        let deployment = self.settings.deployment_id.as_str();
        let endpoint = self.at(&["webbot", "api", "webchat", deployment, "config"]);
        let endpoint = endpoint.map_err(|fault| CallError::Url(fault.into()))?;
        let call = Call::get(endpoint).answer_limit(CONFIG_LIMIT);
        self.outbound.send(call).await?.json::<IgnoredAny>()?;
        Ok(vec![UNPROVEN.to_owned()])
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        self.settings.steps.dry_run(&self.settings.examples())
    }
}

/// The way that is documented for `trigger-message`: the word "bearer" is a part of the password.
fn present_as_user(call: Call, token: Option<&SecretString>) -> Call {
    let Some(token) = token else {
        return call;
    };
    let password = SecretString::from(format!("bearer {}", token.expose_secret()));
    call.basic("user", &password)
}

#[cfg(test)]
mod tests;
