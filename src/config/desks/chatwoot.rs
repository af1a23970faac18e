//! A desk on Chatwoot: one API inbox of one account.

use config::Value;

use super::{Common, Surroundings, read_transcript_limit};
use crate::config::{
    fault::Problem,
    networks::CallUrl,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};

#[derive(Clone, Debug)]
pub struct Chatwoot {
    pub api_url: CallUrl,
    pub account_id: u64,
    pub inbox_id: u64,
    /// What the bridge presents to Chatwoot; exactly one.
    pub api_access_token: Secrets,
    /// What Chatwoot signs its webhooks with. `None`: an older one, which signs nothing; then there is a hook key.
    pub webhook_secret: Option<Secrets>,
    /// The unguessable segment of the hook's path.
    pub hook_key: Option<Secrets>,
    /// How many messages of the past are put before the agent at most.
    pub transcript_limit: usize,
}

/// What a desk on Chatwoot starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    transcript_limit: usize,
}

impl Chatwoot {
    const API_ACCESS_TOKEN: Keys = Keys {
        key: "api_access_token",
        file: "api_access_token_file",
        hint: "add the access token of an agent of the inbox, or api_access_token_file",
    };
    const WEBHOOK_SECRET: Keys = Keys {
        key: "webhook_secret",
        file: "webhook_secret_file",
        hint: "add the secret that Chatwoot shows beside the webhook of the inbox, or webhook_secret_file",
    };
    const HOOK_KEY: Keys = Keys {
        key: "hook_key",
        file: "hook_key_file",
        hint: "add an unguessable part of the hook's path, or hook_key_file; `openssl rand -hex 24` makes one",
    };

    pub(super) fn read(
        section: &mut Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
    ) -> Option<Self> {
        let base = |value: &Value| {
            CallUrl::read(value, surroundings.networks).and_then(CallUrl::into_base)
        };
        let api_url = section.required("api_url", base, "add the address of your Chatwoot");
        let account_id = section.required(
            "account_id",
            read_id,
            "add the number that stands behind /accounts/ in Chatwoot's addresses",
        );
        let inbox_id = section.required(
            "inbox_id",
            read_id,
            "add the number that stands behind /inboxes/ in the settings of the API inbox",
        );
        let api_access_token =
            secrets::required_one(section, Self::API_ACCESS_TOKEN, Rule::Foreign);
        let is_open = [Self::WEBHOOK_SECRET, Self::HOOK_KEY]
            .iter()
            .all(|keys| !section.has(keys.key) && !section.has(keys.file));
        let webhook_secret = secrets::optional(section, Self::WEBHOOK_SECRET, Rule::Foreign);
        let hook_key = secrets::optional(section, Self::HOOK_KEY, Rule::Unguessable { least: 20 });
        let transcript_limit = section.optional("transcript_limit", read_transcript_limit);
        if is_open {
            section.fault(Self::WEBHOOK_SECRET.key, Problem::OpenHook);
        }
        if webhook_secret.is_none() && hook_key.is_none() {
            return None;
        }
        Some(Self {
            api_url: api_url?,
            account_id: account_id?,
            inbox_id: inbox_id?,
            api_access_token: api_access_token?,
            webhook_secret,
            hook_key,
            transcript_limit: transcript_limit.unwrap_or(defaults.transcript_limit),
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        vec![
            Some(&self.api_access_token),
            self.webhook_secret.as_ref(),
            self.hook_key.as_ref(),
        ]
    }
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let common = Common::read(&mut section);
        let transcript_limit = section.defaulted("transcript_limit", read_transcript_limit);
        section.finish();
        Some(Self {
            common: common?,
            transcript_limit: transcript_limit?,
        })
    }
}

fn read_id(value: &Value) -> Result<u64, Problem> {
    value::number(value, 1, i64::MAX.unsigned_abs())
}
