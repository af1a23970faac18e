//! One desk's connection. Built by `app` when the bridge starts, so that faults come then.

use secrecy::{ExposeSecret, SecretString};

use super::SettingsError;
use crate::{
    config::{self, Rotating},
    outbound::{BaseUrl, Call, CallError, Endpoint},
};

#[derive(Clone, Debug)]
pub struct Settings {
    api_url: BaseUrl,
    account_id: u64,
    pub(super) inbox_id: u64,
    api_access_token: Rotating<SecretString>,
    pub(super) transcript_limit: usize,
}

/// Chatwoot's name of the header has underscores.
const TOKEN_HEADER: &str = "api_access_token";

impl Settings {
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::Chatwoot) -> Result<Self, Vec<SettingsError>> {
        let config::Chatwoot {
            api_url,
            account_id,
            inbox_id,
            api_access_token,
            webhook_secret: _,
            hook_key: _,
            transcript_limit,
        } = configured;
        let api_url = BaseUrl::try_from(api_url.as_url().clone());
        Ok(Self {
            api_url: api_url.map_err(|fault| vec![SettingsError::Url(fault)])?,
            account_id: *account_id,
            inbox_id: *inbox_id,
            api_access_token: Rotating::new(api_access_token.first().clone()),
            transcript_limit: *transcript_limit,
        })
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn api_access_token(&self) -> &Rotating<SecretString> {
        &self.api_access_token
    }

    /// What lies at this path below the account.
    pub(super) fn endpoint(&self, path: &[&str]) -> Result<Endpoint, CallError> {
        let account = self.account_id.to_string();
        let path = [&["api", "v1", "accounts", &account], path].concat();
        let endpoint = self.api_url.join(&path);
        endpoint.map_err(|fault| CallError::Url(fault.into()))
    }

    /// With the token of this moment; it may be another one for the next call.
    pub(super) fn present(&self, call: Call) -> Call {
        let token = self.api_access_token.get();
        call.header(TOKEN_HEADER, token.expose_secret())
    }
}
