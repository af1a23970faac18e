//! One desk's address and signing secrets. Its token is `http`'s.

use secrecy::ExposeSecret;

use super::SettingsError;
use crate::{
    config::{self, Rotating, Secrets},
    outbound::{
        BaseUrl,
        request::keep,
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
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::WebhookDesk) -> Result<Self, Vec<SettingsError>> {
        let mut faults = Vec::new();
        let url = BaseUrl::try_from(configured.url.as_url().clone());
        let url = keep(&mut faults, url);
        let secrets = keep(&mut faults, signing(&configured.secret));
        let (Some(url), Some(secrets)) = (url, secrets) else {
            return Err(faults);
        };
        Ok(Self {
            url,
            transcript_limit: configured.transcript_limit,
            secrets: Rotating::new(secrets),
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
