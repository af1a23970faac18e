//! One desk's connection, its templates compiled. Built by `app` when the bridge starts, so that faults come then.

use std::collections::BTreeSet;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{SettingsError, capabilities::capabilities};
use crate::{
    config::{self, Extra, Rotating},
    domain::fallback::Capabilities,
    outbound::{
        BaseUrl, Call,
        request::{Compiler, RequestTemplate, Unusable, keep},
        template::Context,
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) api_url: BaseUrl,
    pub(super) groups_url: BaseUrl,
    pub(super) bot_id: u64,
    bot_token: Rotating<SecretString>,
    pub(super) groups: Vec<u64>,
    headers: Vec<(String, SecretString)>,
    pub(super) extra: Extra,
    pub(super) transcript_limit: usize,
    pub(super) transcript_chars: usize,
    pub(super) capabilities: Capabilities,
    pub(super) message: RequestTemplate,
    pub(super) close: RequestTemplate,
}

/// What both templates may speak of.
const NAMES: [&str; 6] = [
    "desk",
    "bot_id",
    "bot_token",
    "desk_ref",
    "handover_id",
    "language",
];

impl Settings {
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::AivoLive) -> Result<Self, Vec<SettingsError>> {
        let config::AivoLive {
            api_url,
            groups_url,
            bot_id,
            bot_token,
            groups,
            hook_key: _,
            headers,
            extra,
            transcript_limit,
            transcript_chars,
            text_limit,
            files,
            files_url: _,
            agent_name: _,
            message,
            close,
            guessed: _,
        } = configured;
        let mut faults = Vec::new();
        if !headers.iter().all(is_sendable) {
            faults.push(SettingsError::Header);
        }
        let api_url = keep(&mut faults, base_url("api_url", api_url));
        let groups_url = keep(&mut faults, base_url("groups_url", groups_url));
        let message = keep(&mut faults, request("message", message));
        let close = keep(&mut faults, request("reason", close));
        let (Some(api_url), Some(groups_url), Some(message), Some(close), true) =
            (api_url, groups_url, message, close, faults.is_empty())
        else {
            return Err(faults);
        };
        Ok(Self {
            api_url,
            groups_url,
            bot_id: *bot_id,
            bot_token: Rotating::new(bot_token.first().clone()),
            groups: groups.clone(),
            headers: headers.clone(),
            extra: *extra,
            transcript_limit: *transcript_limit,
            transcript_chars: *transcript_chars,
            capabilities: capabilities(*text_limit, *files),
            message,
            close,
        })
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn bot_token(&self) -> &Rotating<SecretString> {
        &self.bot_token
    }

    /// The configured groups that a list of all groups does not name; none if it is not told what ids look like there.
    pub(super) fn unseen<'a>(&'a self, seen: &'a BTreeSet<u64>) -> impl Iterator<Item = u64> + 'a {
        let groups = self.groups.iter().copied();
        groups.filter(move |group| !seen.is_empty() && !seen.contains(group))
    }

    /// What both templates may speak of whatever the handover, with the token of this moment.
    pub(super) fn context(&self) -> Context {
        Context::default()
            .with_url("desk", "api_url", &self.api_url)
            .with_url("desk", "groups_url", &self.groups_url)
            .with("bot_id", self.bot_id)
            .with("bot_token", self.bot_token.get().expose_secret())
    }

    /// Adds what the operator wants with every call, if it goes to an address of Aivo's.
    pub(super) fn present(&self, call: Call) -> Call {
        if !call.is_at(&self.api_url) && !call.is_at(&self.groups_url) {
            return call;
        }
        let headers = self.headers.iter();
        headers.fold(call, |call, (name, value)| {
            call.header(name, value.expose_secret())
        })
    }
}

fn base_url(key: &'static str, configured: &config::CallUrl) -> Result<BaseUrl, SettingsError> {
    BaseUrl::try_from(configured.as_url().clone())
        .map_err(|source| SettingsError::Url { key, source })
}

/// `name` is what this one may speak of besides.
fn request(name: &'static str, configured: &config::Request) -> Result<RequestTemplate, Unusable> {
    let names = [&NAMES[..], &[name]].concat();
    Compiler { names: &names }.request(configured)
}

fn is_sendable((name, value): &(String, SecretString)) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok()
        && HeaderValue::from_str(value.expose_secret()).is_ok()
}
