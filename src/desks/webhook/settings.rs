//! One desk's address and signing secrets. Its token is `http`'s.

use secrecy::ExposeSecret;

use super::SettingsError;
use crate::{
    config::{self, Rotating, Secrets},
    outbound::{
        BaseUrl,
        webhook_signature::{WebhookSecret, WebhookSecrets},
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) url: BaseUrl,
    pub(super) transcript_limit: usize,
    secrets: Rotating<WebhookSecrets>,
}

impl Settings {
    pub fn new(configured: &config::WebhookDesk) -> Result<Self, SettingsError> {
        Ok(Self {
            url: BaseUrl::try_from(configured.url.as_url().clone())?,
            transcript_limit: configured.transcript_limit,
            secrets: Rotating::new(signing(&configured.secret)?),
        })
    }

    /// For whoever exchanges them while the bridge runs.
    pub fn secrets(&self) -> &Rotating<WebhookSecrets> {
        &self.secrets
    }
}

/// The keys of configured signing secrets.
pub fn signing(configured: &Secrets) -> Result<WebhookSecrets, SettingsError> {
    let secrets = configured
        .iter()
        .map(|secret| WebhookSecret::parse(secret.expose_secret()));
    Ok(WebhookSecrets::new(secrets.collect::<Result<_, _>>()?)?)
}
