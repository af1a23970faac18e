//! A desk made by configuration alone: how it is called and how its own calls are read, both as templates.

use std::{collections::BTreeMap, time::Duration};

use config::Value;
use ipnet::IpNet;

use super::{Common, Surroundings, read_transcript_limit};
use crate::config::{
    fault::{Problem, Written},
    networks::CallUrl,
    requests::{self, Request},
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};

#[derive(Clone, Debug)]
pub struct TemplateDesk {
    pub api_url: CallUrl,
    pub requests: DeskRequests,
    /// How the desk's own calls are read. `None`: it uses the desk API.
    pub hook: Option<TemplateHook>,
    /// The unguessable segment of the hook's path; there where `hook` is.
    pub hook_key: Option<Secrets>,
    /// What the desk presents to the desk API. `None`: it does not use it.
    pub token: Option<Secrets>,
    /// What the requests present, by the names under which they speak of it.
    pub secrets: BTreeMap<String, Secrets>,
    pub contents: Contents,
    /// The longest text that is sent in one message, in grapheme clusters.
    pub text_limit: usize,
    /// How many messages of the past the request `open` may speak of at most.
    pub transcript_limit: usize,
    /// How long after an `open` that may have arrived the next is made.
    pub reopen_after: Duration,
}

/// The calls that the desk gets.
#[derive(Clone, Debug)]
pub struct DeskRequests {
    pub open: Request,
    pub message: Request,
    /// `None`: the desk is not told.
    pub close: Option<Request>,
    /// `None`: the agent is told by `message`.
    pub failed: Option<Request>,
    /// `None`: it is only seen whether somebody answers.
    pub ping: Option<Request>,
}

/// What is read from a call of the desk; all of them expressions.
#[derive(Clone, Debug)]
pub struct TemplateHook {
    pub at: Written,
    /// Several events in one call. `None`: the body is one.
    pub list: Option<String>,
    pub handover: Option<String>,
    pub reference: Option<String>,
    pub event: String,
    pub key: Option<String>,
    /// Bodies as the desk sends them, for `handover check` to try.
    pub examples: Vec<String>,
}

/// What the requests make of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Everything comes as a text.
    Text,
    /// Everything comes as it is.
    Any,
}

/// What such a desk starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    contents: Contents,
    text_limit: usize,
    transcript_limit: usize,
    reopen_after: Duration,
}

impl TemplateDesk {
    const TOKEN: Keys = Keys {
        key: "token",
        file: "token_file",
        hint: "give it a value",
    };
    const HOOK_KEY: Keys = Keys {
        key: "hook_key",
        file: "hook_key_file",
        hint: "add the unguessable part of the hook's path, or hook_key_file",
    };

    /// `claim` is told the desk's token, also of a desk with other faults.
    pub(super) fn read(
        section: &mut Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
        claim: impl FnOnce(&Section<'_>, &Secrets),
    ) -> Option<Self> {
        let callable = |value: &Value| {
            CallUrl::read(value, surroundings.networks).and_then(CallUrl::into_base)
        };
        let api_url = section.required(
            "api_url",
            callable,
            "add the address below which the desk is called",
        );
        let token = secrets::optional(section, Self::TOKEN, Rule::Unguessable { least: 20 });
        if let Some(token) = &token {
            claim(section, token);
        }
        let has_hook = section.has("hook");
        if !has_hook && token.is_none() {
            section.fault_here(Problem::MuteDesk);
        }
        let rule = Rule::Unguessable { least: 20 };
        let hook_key = if has_hook {
            secrets::required(section, Self::HOOK_KEY, rule)
        } else {
            let idle = secrets::optional(section, Self::HOOK_KEY, rule);
            if idle.is_some() {
                section.fault(Self::HOOK_KEY.key, Problem::IdleHookKey);
            }
            None
        };
        let hook = section.table("hook");
        let hook = if has_hook {
            hook.and_then(TemplateHook::read).map(Some)
        } else {
            Some(None)
        };
        let secrets = section.table("secrets").map(secrets::read_named);
        let requests = section
            .table("requests")
            .and_then(|table| DeskRequests::read(table, surroundings.networks));
        let contents = section.optional("contents", Contents::read);
        let text_limit = section.optional("text_limit", read_text_limit);
        let transcript_limit = section.optional("transcript_limit", read_transcript_limit);
        let reopen_after = section.optional("reopen_after", read_reopen_after);
        Some(Self {
            api_url: api_url?,
            requests: requests?,
            hook: hook?,
            hook_key,
            token,
            secrets: secrets?,
            contents: contents.unwrap_or(defaults.contents),
            text_limit: text_limit.unwrap_or(defaults.text_limit),
            transcript_limit: transcript_limit.unwrap_or(defaults.transcript_limit),
            reopen_after: reopen_after.unwrap_or(defaults.reopen_after),
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        let named = self.secrets.values().map(Some);
        named
            .chain([self.token.as_ref(), self.hook_key.as_ref()])
            .collect()
    }
}

impl DeskRequests {
    fn read(mut section: Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let open = needed(&mut section, "open", networks);
        let message = needed(&mut section, "message", networks);
        let close = optional(&mut section, "close", networks);
        let failed = optional(&mut section, "failed", networks);
        let ping = optional(&mut section, "ping", networks);
        section.finish();
        Some(Self {
            open: open?,
            message: message?,
            close: close?,
            failed: failed?,
            ping: ping?,
        })
    }
}

impl TemplateHook {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let at = section.written();
        let list = section.optional("list", requests::template);
        let handover = section.optional("handover", requests::template);
        let reference = section.optional("reference", requests::template);
        let event = section.required(
            "event",
            requests::template,
            "add the expression that makes an event of the desk protocol",
        );
        let key = section.optional("key", requests::template);
        let examples = section.list("examples", value::text);
        section.finish();
        if handover.is_none() && reference.is_none() {
            section.fault_here(Problem::NamelessEvents);
        }
        Some(Self {
            at,
            list,
            handover,
            reference,
            event: event?,
            key,
            examples: examples.unwrap_or_default(),
        })
    }
}

impl Contents {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "text" => Ok(Self::Text),
            "any" => Ok(Self::Any),
            _ => Err(Problem::NotOneOf("\"text\", \"any\"")),
        }
    }
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let common = Common::read(&mut section);
        let contents = section.defaulted("contents", Contents::read);
        let text_limit = section.defaulted("text_limit", read_text_limit);
        let transcript_limit = section.defaulted("transcript_limit", read_transcript_limit);
        let reopen_after = section.defaulted("reopen_after", read_reopen_after);
        section.finish();
        Some(Self {
            common: common?,
            contents: contents?,
            text_limit: text_limit?,
            transcript_limit: transcript_limit?,
            reopen_after: reopen_after?,
        })
    }
}

fn needed(section: &mut Section<'_>, request: &'static str, networks: &[IpNet]) -> Option<Request> {
    if !section.has(request) {
        section.fault_here(Problem::MissingRequest { request });
    }
    optional(section, request, networks)?
}

#[expect(
    clippy::option_option,
    reason = "left out and at fault are not the same"
)]
/// `None`: it is at fault. A request that is left out is none.
fn optional(
    section: &mut Section<'_>,
    request: &'static str,
    networks: &[IpNet],
) -> Option<Option<Request>> {
    let is_there = section.has(request);
    let table = section.table(request)?;
    if is_there {
        Request::read(table, networks).map(Some)
    } else {
        Some(None)
    }
}

/// A shorter one would turn every longer text into a flood.
fn read_text_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 100, 1_000_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Longer, and the handover would have been given up.
fn read_reopen_after(value: &Value) -> Result<Duration, Problem> {
    let after = value::duration(value)?;
    let is_short = after <= Duration::from_mins(1);
    is_short
        .then_some(after)
        .ok_or(Problem::LongerThan { limit: "1m" })
}
