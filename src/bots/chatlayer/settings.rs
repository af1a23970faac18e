//! One bot's connection, its templates compiled. Built by `app` when the bridge starts, so that faults come then.

use secrecy::SecretString;

use super::SettingsError;
use crate::{
    bots::steps::Steps,
    config::{self, History, Rotating},
    domain::fallback::Capabilities,
    outbound::BaseUrl,
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
    pub fn compile(configured: &config::Chatlayer) -> Result<Self, SettingsError> {
        Ok(Self {
            api_url: BaseUrl::try_from(configured.api_url.as_url().clone())?,
            capabilities: super::capabilities(configured.text_limit),
            access_token: Rotating::new(configured.access_token.first().clone()),
            history: configured.history,
            steps: Steps::compile(&configured.pause, &configured.resume, &NAMES)?,
        })
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn access_token(&self) -> &Rotating<SecretString> {
        &self.access_token
    }
}
