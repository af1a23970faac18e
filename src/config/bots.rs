//! `[bots.*]`: the connections to bot platforms, and `[platforms.*]`: what a bot of a platform starts from.

use std::collections::BTreeMap;

use config::Value;
use ipnet::IpNet;

use super::{
    fault::Problem,
    names::Language,
    networks::CallUrl,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    steps::{self, RequestStep, Step},
    value,
};
use crate::domain::ids::BotName;

/// One connection to a bot platform.
#[derive(Clone, Debug)]
pub struct Bot {
    /// `false`: takes no new handovers; open ones finish.
    pub enabled: bool,
    /// Spoken to users whose language the platform does not tell.
    pub default_language: Language,
    pub platform: Platform,
}

/// What differs from platform to platform.
#[derive(Clone, Debug)]
pub enum Platform {
    Chatlayer(Chatlayer),
}

/// A bot on Chatlayer.
#[derive(Clone, Debug)]
pub struct Chatlayer {
    pub api_url: CallUrl,
    /// What the bridge presents to Chatlayer; exactly one.
    pub access_token: Secrets,
    /// What Chatlayer presents to the bridge.
    pub verify_token: Secrets,
    /// The unguessable segment of the hook's path. `None`: offloads, which carry no token, are refused.
    pub hook_key: Option<Secrets>,
    /// The longest text that is sent in one message, in grapheme clusters.
    pub text_limit: usize,
    /// How the bot is paused outside an offload; empty: it cannot be.
    pub pause: Vec<RequestStep>,
    /// How the bot is told that it speaks again; empty: it is not told.
    pub resume: Vec<Step>,
    /// Where a transcript comes from that a request for an agent lacks.
    pub history: History,
}

/// Which of Chatlayer's calls tells what was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The messages of the conversation, of the v1 API.
    Messages,
    /// The history of the sender, of the legacy API.
    Legacy,
    /// None is called.
    Off,
}

/// What bots start from.
#[derive(Debug)]
pub(super) struct Defaults {
    chatlayer: ChatlayerDefaults,
}

#[derive(Debug)]
struct ChatlayerDefaults {
    enabled: bool,
    default_language: Language,
    text_limit: usize,
    pause: Vec<RequestStep>,
    resume: Vec<Step>,
    history: History,
}

/// Every bot that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<(BotName, Section<'_>)>,
    defaults: &Defaults,
    networks: &[IpNet],
) -> BTreeMap<BotName, Bot> {
    tables
        .into_iter()
        .filter_map(|(name, section)| Some((name, Bot::read(section, defaults, networks)?)))
        .collect()
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let chatlayer = section.table("chatlayer").and_then(ChatlayerDefaults::read);
        section.not_yet(&["certainly"]);
        section.finish();
        Some(Self {
            chatlayer: chatlayer?,
        })
    }
}

impl ChatlayerDefaults {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let enabled = section.defaulted("enabled", value::switch);
        let default_language = section.defaulted("default_language", Language::read);
        let text_limit = section.defaulted("text_limit", read_text_limit);
        let pause = steps::read_requests(&mut section, "pause");
        let resume = steps::read_list(&mut section, "resume");
        let history = section.defaulted("history", History::read);
        section.finish();
        Some(Self {
            enabled: enabled?,
            default_language: default_language?,
            text_limit: text_limit?,
            pause: pause.unwrap_or_default(),
            resume: resume.unwrap_or_default(),
            history: history?,
        })
    }
}

impl Bot {
    fn read(mut section: Section<'_>, defaults: &Defaults, networks: &[IpNet]) -> Option<Self> {
        section.required("platform", read_platform, "add platform = \"chatlayer\"")?;
        let defaults = &defaults.chatlayer;
        let enabled = section.optional("enabled", value::switch);
        let default_language = section.optional("default_language", Language::read);
        let chatlayer = Chatlayer::read(&mut section, defaults, networks);
        section.finish();
        Some(Self {
            enabled: enabled.unwrap_or(defaults.enabled),
            default_language: default_language.unwrap_or_else(|| defaults.default_language.clone()),
            platform: Platform::Chatlayer(chatlayer?),
        })
    }
}

impl Chatlayer {
    const ACCESS_TOKEN: Keys = Keys {
        key: "access_token",
        file: "access_token_file",
        hint: "add the access token that Chatlayer issued, or access_token_file",
    };
    const VERIFY_TOKEN: Keys = Keys {
        key: "verify_token",
        file: "verify_token_file",
        hint: "add the verify token that is set in Chatlayer, or verify_token_file",
    };
    const HOOK_KEY: Keys = Keys {
        key: "hook_key",
        file: "hook_key_file",
        hint: "give it a value",
    };

    fn read(
        section: &mut Section<'_>,
        defaults: &ChatlayerDefaults,
        networks: &[IpNet],
    ) -> Option<Self> {
        let api_url = read_api_url(section, networks);
        let access_token = secrets::required_one(section, Self::ACCESS_TOKEN);
        let verify_token = secrets::required(section, Self::VERIFY_TOKEN, Rule::Foreign);
        let hook_key = secrets::optional(section, Self::HOOK_KEY, Rule::Unguessable { least: 20 });
        let text_limit = section.optional("text_limit", read_text_limit);
        let pause = steps::read_requests(section, "pause");
        let resume = steps::read_list(section, "resume");
        let history = section.optional("history", History::read);
        section.not_yet(&["channel_verify_token", "channel_verify_token_file"]);
        Some(Self {
            api_url: api_url?,
            access_token: access_token?,
            verify_token: verify_token?,
            hook_key,
            text_limit: text_limit.unwrap_or(defaults.text_limit),
            pause: pause.unwrap_or_else(|| defaults.pause.clone()),
            resume: resume.unwrap_or_else(|| defaults.resume.clone()),
            history: history.unwrap_or(defaults.history),
        })
    }
}

impl History {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "messages" => Ok(Self::Messages),
            "legacy" => Ok(Self::Legacy),
            "off" => Ok(Self::Off),
            _ => Err(Problem::NotOneOf("\"messages\", \"legacy\", \"off\"")),
        }
    }
}

fn read_platform(value: &Value) -> Result<(), Problem> {
    match value::text(value)?.as_str() {
        "chatlayer" => Ok(()),
        "certainly" => Err(Problem::ValueNotYet {
            instead: "\"chatlayer\"",
        }),
        _ => Err(Problem::NotOneOf("\"chatlayer\"")),
    }
}

/// A shorter one would turn every longer text into a flood.
fn read_text_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 100, 100_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Either the address itself or the region that stands for it; a guess would send the access token to a stranger.
fn read_api_url(section: &mut Section<'_>, networks: &[IpNet]) -> Option<CallUrl> {
    let both = section.has("api_url") && section.has("region");
    let neither = !section.has("api_url") && !section.has("region");
    let callable = |value: &Value| CallUrl::read(value, networks).and_then(CallUrl::into_base);
    let region = section.optional("region", read_region);
    if neither {
        return section.required(
            "api_url",
            callable,
            "add region = \"eu\" (or us, asia, staging), or api_url",
        );
    }
    let api_url = section.optional("api_url", callable);
    if both {
        section.fault("region", Problem::BothSet { other: "api_url" });
    }
    api_url.or(region)
}

fn read_region(value: &Value) -> Result<CallUrl, Problem> {
    const EXPECTED: Problem = Problem::NotOneOf("\"eu\", \"us\", \"asia\", \"staging\"");
    let host = match value::text(value)?.as_str() {
        "eu" => "https://api.chatlayer.ai",
        "us" => "https://api.prod.us-east4.gcp.chatlayer.ai",
        "asia" => "https://api.prod.asia-south1.gcp.chatlayer.ai",
        "staging" => "https://api.staging.chatlayer.ai",
        _ => return Err(EXPECTED),
    };
    CallUrl::known(host).ok_or(EXPECTED)
}
