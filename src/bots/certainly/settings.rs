//! One deployment's connection, its templates compiled. Built by `app` when the bridge starts, so that faults come then.

use secrecy::SecretString;

use super::capabilities::capabilities;
use crate::{
    bots::{SettingsError, steps::Steps},
    config::{self, Auth, Rotating, Secrets, Sender},
    domain::{fallback::Capabilities, ids::ExternalId},
    outbound::{BaseUrl, request::keep},
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) api_url: BaseUrl,
    pub(super) deployment_id: ExternalId,
    pub(super) capabilities: Capabilities,
    pub(super) auth: Auth,
    pub(super) sender: Sender,
    pub(super) claim_end: Option<String>,
    /// What stands before a user's id in messages.
    pub(super) user_id_prefix: String,
    pub(super) steps: Steps,
    access_token: Option<Rotating<SecretString>>,
    api_token: Option<Rotating<SecretString>>,
}

/// What every step may speak of.
const NAMES: [&str; 6] = [
    "bot",
    "deployment_id",
    "user_id",
    "claim_end",
    "language",
    "handover_id",
];

impl Settings {
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::Certainly) -> Result<Self, Vec<SettingsError>> {
        let (pause, resume) = (&configured.pause, &configured.resume);
        let mut faults = Vec::new();
        let api_url = BaseUrl::try_from(configured.api_url.as_url().clone());
        let api_url = keep(&mut faults, api_url);
        let steps = Steps::compile(pause, resume, &NAMES, &mut faults);
        let Some(api_url) = api_url.filter(|_| faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Self {
            api_url,
            deployment_id: configured.deployment_id.clone(),
            capabilities: capabilities(configured.text_limit),
            auth: configured.auth,
            sender: configured.sender,
            claim_end: configured.claim_end.clone(),
            user_id_prefix: configured.user_id_prefix.clone(),
            steps,
            access_token: configured.access_token.as_ref().map(held),
            api_token: configured.api_token.as_ref().map(held),
        })
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn access_token(&self) -> Option<&Rotating<SecretString>> {
        self.access_token.as_ref()
    }

    /// The token of a profile; none: the access token stands for it.
    pub fn api_token(&self) -> Option<&Rotating<SecretString>> {
        self.api_token.as_ref()
    }
}

fn held(secrets: &Secrets) -> Rotating<SecretString> {
    Rotating::new(secrets.first().clone())
}
