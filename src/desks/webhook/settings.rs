//! One desk's address and signing secrets. Its token is `http`'s, its transcript limit the store's.

use secrecy::ExposeSecret;

use super::SettingsError;
use crate::{
    config,
    outbound::{
        BaseUrl,
        webhook_signature::{WebhookSecret, WebhookSecrets},
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) url: BaseUrl,
    pub(super) secrets: WebhookSecrets,
}

impl Settings {
    pub fn new(configured: &config::WebhookDesk) -> Result<Self, SettingsError> {
        let secrets = configured
            .secret
            .iter()
            .map(|secret| WebhookSecret::parse(secret.expose_secret()));
        Ok(Self {
            url: BaseUrl::try_from(configured.url.as_url().clone())?,
            secrets: WebhookSecrets::new(secrets.collect::<Result<_, _>>()?)?,
        })
    }
}
