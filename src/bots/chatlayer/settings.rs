//! One bot's connection, its templates compiled. Built by `app` when the bridge starts, so that faults come then.

use secrecy::SecretString;

use super::capabilities::capabilities;
use crate::{
    bots::{SettingsError, steps::Steps},
    config::{self, History, Rotating},
    domain::fallback::Capabilities,
    outbound::{BaseUrl, request::keep},
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) api_url: BaseUrl,
    pub(super) capabilities: Capabilities,
    access_token: Rotating<SecretString>,
    pub(super) steps: Steps,
    pub(super) history: History,
}

/// What every step may speak of.
const NAMES: [&str; 7] = [
    "bot",
    "bot_id",
    "session_id",
    "version",
    "channel",
    "language",
    "handover_id",
];

impl Settings {
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::Chatlayer) -> Result<Self, Vec<SettingsError>> {
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
            capabilities: capabilities(configured.text_limit),
            access_token: Rotating::new(configured.access_token.first().clone()),
            history: configured.history,
            steps,
        })
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn access_token(&self) -> &Rotating<SecretString> {
        &self.access_token
    }
}
