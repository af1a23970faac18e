//! One desk's templates, compiled. Built by `app` when the bridge starts, so that faults come then.

use std::{collections::BTreeMap, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Hook, SettingsError, actions::Action, capabilities::capabilities};
use crate::{
    config::{self, Contents, Rotating},
    domain::fallback::Capabilities,
    outbound::{BaseUrl, request::keep, template::Context},
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) api_url: BaseUrl,
    pub(super) requests: Requests,
    pub(super) contents: Contents,
    pub(super) capabilities: Capabilities,
    pub(super) transcript_limit: usize,
    pub(super) reopen_after: Duration,
    hook: Option<Hook>,
    secrets: BTreeMap<String, Rotating<SecretString>>,
}

#[derive(Clone, Debug)]
pub(super) struct Requests {
    pub(super) open: Action,
    pub(super) message: Action,
    pub(super) close: Option<Action>,
    pub(super) failed: Option<Action>,
    pub(super) ping: Option<Action>,
}

/// What every request may speak of.
const ALWAYS: [&str; 3] = ["desk", "secrets", "delivery_id"];
/// What those may that are of a handover.
const HANDOVER: [&str; 2] = ["handover", "user"];
const OPEN: [&str; 3] = ["transcript", "transcript_text", "transcript_total"];
/// What the answers before gave.
pub(super) const REFERENCE: &str = "desk_ref";

impl Settings {
    /// Or all that is wrong with it.
    pub fn compile(configured: &config::TemplateDesk) -> Result<Self, Vec<SettingsError>> {
        let config::TemplateDesk {
            api_url,
            requests,
            hook,
            hook_key: _,
            token: _,
            secrets,
            contents,
            text_limit,
            transcript_limit,
            reopen_after,
        } = configured;
        let mut faults = Vec::new();
        let api_url = keep(&mut faults, BaseUrl::try_from(api_url.as_url().clone()));
        let requests = Requests::compile(requests, &mut faults);
        let hook = hook.as_ref();
        let hook = hook.and_then(|hook| Hook::compile(hook, &mut faults));
        let (Some(api_url), Some(requests), true) = (api_url, requests, faults.is_empty()) else {
            return Err(faults);
        };
        let secrets = secrets.iter();
        Ok(Self {
            api_url,
            requests,
            contents: *contents,
            capabilities: capabilities(*contents, *text_limit),
            transcript_limit: *transcript_limit,
            reopen_after: *reopen_after,
            hook,
            secrets: secrets
                .map(|(name, secret)| (name.clone(), Rotating::new(secret.first().clone())))
                .collect(),
        })
    }

    /// How the desk's own calls are read; none where it uses the desk API.
    pub fn hook(&self) -> Option<&Hook> {
        self.hook.as_ref()
    }

    /// For whoever exchanges them while the bridge runs, by their names.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Rotating<SecretString>)> {
        let secrets = self.secrets.iter();
        secrets.map(|(name, secret)| (name.as_str(), secret))
    }

    /// Something under every name that the answers may give to later requests.
    pub(super) fn example_of_answers(&self) -> Map<String, Value> {
        let kept = self.requests.kept();
        kept.map(|name| (name.to_owned(), "1".into())).collect()
    }

    /// What every request may speak of, with the secrets of this moment.
    pub(super) fn context(&self, delivery_id: &str) -> Context {
        let secrets: BTreeMap<_, _> = self
            .secrets
            .iter()
            .map(|(name, secret)| (name, secret.get().expose_secret().to_owned()))
            .collect();
        Context::default()
            .with_url("desk", "api_url", &self.api_url)
            .with("secrets", secrets)
            .with("delivery_id", delivery_id)
    }
}

impl Requests {
    /// What later requests find in `desk_ref`.
    pub(super) fn kept(&self) -> impl Iterator<Item = &str> {
        let first = [&self.open, &self.message].into_iter();
        first.flat_map(Action::kept)
    }

    /// Requests with faults are left out.
    fn compile(configured: &config::DeskRequests, faults: &mut Vec<SettingsError>) -> Option<Self> {
        let config::DeskRequests {
            open,
            message,
            close,
            failed,
            ping,
        } = configured;
        let known = |own: &[&'static str]| [&ALWAYS[..], &HANDOVER, &[REFERENCE], own].concat();
        let open = Action::offer(open, &[&ALWAYS[..], &HANDOVER, &OPEN].concat());
        let open = keep(faults, open);
        let mut one = |request: &config::Request, names: &[&'static str]| {
            keep(faults, Action::compile(request, names))
        };
        let message = one(message, &known(&["message"]));
        let mut optional = |request: &Option<config::Request>, names: &[&'static str]| {
            request.as_ref().and_then(|request| one(request, names))
        };
        let close = optional(close, &known(&["reason"]));
        let failed = optional(failed, &known(&["message_id", "reason"]));
        let ping = optional(ping, &ALWAYS);
        Some(Self {
            open: open?,
            message: message?,
            close,
            failed,
            ping,
        })
    }
}
