//! A desk that speaks the bridge's own protocol.

use super::{Common, Surroundings, read_transcript_limit};
use crate::config::{
    networks::CallUrl,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
};

#[derive(Clone, Debug)]
pub struct WebhookDesk {
    pub url: CallUrl,
    /// Signs what the bridge sends; each one adds its signature.
    pub secret: Secrets,
    /// What the desk presents to the bridge.
    pub token: Secrets,
    /// How many messages of the past `handover.opened` carries at most.
    pub transcript_limit: usize,
}

/// What a webhook desk starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    transcript_limit: usize,
}

impl WebhookDesk {
    const SECRET: Keys = Keys {
        key: "secret",
        file: "secret_file",
        hint: "add the secret that signs what the desk gets, or secret_file",
    };
    const TOKEN: Keys = Keys {
        key: "token",
        file: "token_file",
        hint: "add the desk's own token, or token_file",
    };

    /// `claim` is told the desk's token, also of a desk with other faults.
    pub(super) fn read(
        section: &mut Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
        claim: impl FnOnce(&Section<'_>, &Secrets),
    ) -> Option<Self> {
        let url = section.required(
            "url",
            |value| CallUrl::read(value, surroundings.networks),
            "add the URL that takes the bridge's calls",
        );
        let secret = secrets::required(section, Self::SECRET, Rule::Signing);
        let token = secrets::required(section, Self::TOKEN, Rule::Unguessable { least: 20 });
        let transcript_limit = section.optional("transcript_limit", read_transcript_limit);
        if let Some(token) = &token {
            claim(section, token);
        }
        Some(Self {
            url: url?,
            secret: secret?,
            token: token?,
            transcript_limit: transcript_limit.unwrap_or(defaults.transcript_limit),
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        vec![Some(&self.secret), Some(&self.token)]
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
