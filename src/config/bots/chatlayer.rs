//! A bot on Chatlayer.

use config::Value;

use super::{Common, Surroundings, read_text_limit};
use crate::config::{
    fault::Problem,
    networks::CallUrl,
    requests::Request,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    steps::{self, Step},
    value,
};

#[derive(Clone, Debug)]
pub struct Chatlayer {
    pub api_url: CallUrl,
    /// What the bridge presents to Chatlayer; exactly one.
    pub access_token: Secrets,
    /// What Chatlayer presents to the bridge.
    pub verify_token: Secrets,
    /// The unguessable segment of the hook's path. `None`: offloads, which carry no token, are refused.
    pub hook_key: Option<Secrets>,
    /// What the Webhook channel presents to the bridge. `None`: nothing is taken from there.
    pub channel_verify_token: Option<Secrets>,
    /// The longest text that is sent in one message, in grapheme clusters.
    pub text_limit: usize,
    /// How the bot is paused outside an offload; empty: it cannot be.
    pub pause: Vec<Request>,
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

/// What a bot on Chatlayer starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    text_limit: usize,
    pause: Vec<Request>,
    resume: Vec<Step>,
    history: History,
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
    const CHANNEL_VERIFY_TOKEN: Keys = Keys {
        key: "channel_verify_token",
        file: "channel_verify_token_file",
        hint: "give it a value",
    };

    pub(super) fn read(
        section: &mut Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
    ) -> Option<Self> {
        let api_url = read_api_url(section, surroundings);
        let access_token = secrets::required_one(section, Self::ACCESS_TOKEN, Rule::Foreign);
        let verify_token = secrets::required(section, Self::VERIFY_TOKEN, Rule::Foreign);
        let has_key = section.has(Self::HOOK_KEY.key) || section.has(Self::HOOK_KEY.file);
        let hook_key = secrets::optional(section, Self::HOOK_KEY, Rule::Unguessable { least: 20 });
        let channel_verify_token =
            secrets::optional(section, Self::CHANNEL_VERIFY_TOKEN, Rule::Foreign);
        if channel_verify_token.is_some() && !has_key {
            section.fault("channel_verify_token", Problem::ChannelWithoutKey);
        }
        let text_limit = section.optional("text_limit", read_text_limit);
        let pause = steps::read_requests(section, "pause", surroundings.networks);
        let resume = steps::read_list(section, "resume", surroundings.networks);
        let history = section.optional("history", History::read);
        Some(Self {
            api_url: api_url?,
            access_token: access_token?,
            verify_token: verify_token?,
            hook_key,
            channel_verify_token,
            text_limit: text_limit.unwrap_or(defaults.text_limit),
            pause: pause.unwrap_or_else(|| defaults.pause.clone()),
            resume: resume.unwrap_or_else(|| defaults.resume.clone()),
            history: history.unwrap_or(defaults.history),
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        vec![
            Some(&self.access_token),
            Some(&self.verify_token),
            self.hook_key.as_ref(),
            self.channel_verify_token.as_ref(),
        ]
    }
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>, surroundings: Surroundings<'_>) -> Option<Self> {
        let common = Common::read(&mut section);
        let text_limit = section.defaulted("text_limit", read_text_limit);
        let pause = steps::read_requests(&mut section, "pause", surroundings.networks);
        let resume = steps::read_list(&mut section, "resume", surroundings.networks);
        let history = section.defaulted("history", History::read);
        section.finish();
        Some(Self {
            common: common?,
            text_limit: text_limit?,
            pause: pause.unwrap_or_default(),
            resume: resume.unwrap_or_default(),
            history: history?,
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

/// Either the address itself or the region that stands for it; a guess would send the access token to a stranger.
fn read_api_url(section: &mut Section<'_>, surroundings: Surroundings<'_>) -> Option<CallUrl> {
    section.keep_the_higher("api_url", "region");
    let both = section.has("api_url") && section.has("region");
    let neither = !section.has("api_url") && !section.has("region");
    let callable = |value: &Value| surroundings.base_url(value);
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
