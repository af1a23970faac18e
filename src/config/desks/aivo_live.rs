//! A desk on Aivo Live.

use config::Value;
use ipnet::IpNet;
use secrecy::SecretString;

use super::{Common, Surroundings};
use crate::config::{
    fault::Problem,
    networks::CallUrl,
    requests::Request,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};

#[derive(Clone, Debug)]
pub struct AivoLive {
    pub api_url: CallUrl,
    pub groups_url: CallUrl,
    pub bot_id: u64,
    /// What the bridge presents to Aivo, and the end of every user's effective hash; exactly one.
    pub bot_token: Secrets,
    /// Whose agents are asked, unless the route says otherwise. Never empty.
    pub groups: Vec<u64>,
    /// The unguessable segment of the hook's path: Aivo signs nothing.
    pub hook_key: Secrets,
    /// Sent along with every call to Aivo's own addresses.
    pub headers: Vec<(String, SecretString)>,
    pub extra: Extra,
    /// How many messages of the past are put before the agent at most.
    pub transcript_limit: usize,
    /// How long they may be together, in characters. 0: none are told.
    pub transcript_chars: usize,
    /// The longest text of one call, in grapheme clusters.
    pub text_limit: usize,
    pub files: Files,
    /// Where files lie that Aivo names without a host.
    pub files_url: Option<CallUrl>,
    pub agent_name: AgentName,
    /// Brings what the user says.
    pub message: Request,
    /// Says that the desk's part has ended.
    pub close: Request,
    /// The keys of those two that the operator has not written: they are guesses.
    pub guessed: Vec<&'static str>,
}

/// How `user.extra` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// `{"Ticket": 2024}`
    Object,
    /// `[{"Ticket": 2024}]`
    List,
}

/// How a user's files are brought to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// As a text with the file's address.
    Link,
    /// As messages of their own kind, which the request template has to know.
    Native,
}

/// Which of an agent's two names the user is told. The other one where that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentName {
    Nickname,
    Name,
}

/// What a desk on Aivo Live starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    api_url: CallUrl,
    groups_url: CallUrl,
    extra: Extra,
    transcript_limit: usize,
    transcript_chars: usize,
    text_limit: usize,
    files: Files,
    agent_name: AgentName,
    message: Request,
    close: Request,
}

/// The two calls that Aivo documents nowhere.
struct Requests {
    message: Option<Request>,
    close: Option<Request>,
}

impl AivoLive {
    const BOT_TOKEN: Keys = Keys {
        key: "bot_token",
        file: "bot_token_file",
        hint: "add the botToken that Aivo has given you, or bot_token_file",
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
        let base = |value: &Value| base_url(value, surroundings.networks);
        let api_url = section.optional("api_url", base);
        let groups_url = section.optional("groups_url", base);
        let bot_id = section.required("bot_id", read_id, "add the botId that Aivo has given you");
        let bot_token = secrets::required_one(section, Self::BOT_TOKEN, Rule::Foreign);
        let groups = section.required_list(
            "groups",
            read_id,
            "add the ids of the groups whose agents are asked",
        );
        let hook_key = secrets::required(section, Self::HOOK_KEY, Rule::Unguessable { least: 20 });
        let headers = section.named("headers", read_header);
        let extra = section.optional("extra", Extra::read);
        let transcript_limit = section.optional("transcript_limit", super::read_transcript_limit);
        let transcript_chars = section.optional("transcript_chars", read_chars);
        let text_limit = section.optional("text_limit", read_text_limit);
        let files = section.optional("files", Files::read);
        let files_url = section.optional("files_url", base);
        let agent_name = section.optional("agent_name", AgentName::read);
        let own = Requests::read(section, surroundings.networks)?;
        Some(Self {
            api_url: api_url.unwrap_or_else(|| defaults.api_url.clone()),
            groups_url: groups_url.unwrap_or_else(|| defaults.groups_url.clone()),
            bot_id: bot_id?,
            bot_token: bot_token?,
            groups: groups?,
            hook_key: hook_key?,
            headers: headers.unwrap_or_default(),
            extra: extra.unwrap_or(defaults.extra),
            transcript_limit: transcript_limit.unwrap_or(defaults.transcript_limit),
            transcript_chars: transcript_chars.unwrap_or(defaults.transcript_chars),
            text_limit: text_limit.unwrap_or(defaults.text_limit),
            files: files.unwrap_or(defaults.files),
            files_url,
            agent_name: agent_name.unwrap_or(defaults.agent_name),
            guessed: own.missing(),
            message: own.message.unwrap_or_else(|| defaults.message.clone()),
            close: own.close.unwrap_or_else(|| defaults.close.clone()),
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        vec![Some(&self.bot_token), Some(&self.hook_key)]
    }
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let base = |value: &Value| base_url(value, networks);
        let common = Common::read(&mut section);
        let api_url = section.defaulted("api_url", base);
        let groups_url = section.defaulted("groups_url", base);
        let extra = section.defaulted("extra", Extra::read);
        let transcript_limit = section.defaulted("transcript_limit", super::read_transcript_limit);
        let transcript_chars = section.defaulted("transcript_chars", read_chars);
        let text_limit = section.defaulted("text_limit", read_text_limit);
        let files = section.defaulted("files", Files::read);
        let agent_name = section.defaulted("agent_name", AgentName::read);
        let Requests { message, close } = Requests::read(&mut section, networks)?;
        section.finish();
        Some(Self {
            common: common?,
            api_url: api_url?,
            groups_url: groups_url?,
            extra: extra?,
            transcript_limit: transcript_limit?,
            transcript_chars: transcript_chars?,
            text_limit: text_limit?,
            files: files?,
            agent_name: agent_name?,
            message: message?,
            close: close?,
        })
    }
}

impl Requests {
    const MESSAGE: &'static str = "requests.message";
    const CLOSE: &'static str = "requests.close";

    fn read(section: &mut Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let mut table = section.table("requests")?;
        let mut one = |key| {
            let written = table.has(key);
            let request = table.table(key).filter(|_| written);
            request.and_then(|request| Request::read(request, networks))
        };
        let (message, close) = (one("message"), one("close"));
        table.finish();
        Some(Self { message, close })
    }

    fn missing(&self) -> Vec<&'static str> {
        let both = [(Self::MESSAGE, &self.message), (Self::CLOSE, &self.close)];
        let missing = both.into_iter().filter(|(_, request)| request.is_none());
        missing.map(|(key, _)| key).collect()
    }
}

impl Extra {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "object" => Ok(Self::Object),
            "list" => Ok(Self::List),
            _ => Err(Problem::NotOneOf("\"object\", \"list\"")),
        }
    }
}

impl Files {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "link" => Ok(Self::Link),
            "native" => Ok(Self::Native),
            _ => Err(Problem::NotOneOf("\"link\", \"native\"")),
        }
    }
}

impl AgentName {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "nickname" => Ok(Self::Nickname),
            "name" => Ok(Self::Name),
            _ => Err(Problem::NotOneOf("\"nickname\", \"name\"")),
        }
    }
}

fn base_url(value: &Value, networks: &[IpNet]) -> Result<CallUrl, Problem> {
    CallUrl::read(value, networks).and_then(CallUrl::into_base)
}

fn read_id(value: &Value) -> Result<u64, Problem> {
    value::number(value, 1, i64::MAX.unsigned_abs())
}

/// It may be a credential, so it is kept as one.
fn read_header(value: &Value) -> Result<SecretString, Problem> {
    value::text(value).map(SecretString::from)
}

fn read_chars(value: &Value) -> Result<usize, Problem> {
    value::number(value, 0, 500_000).map(|chars| usize::try_from(chars).unwrap_or(usize::MAX))
}

/// A shorter one would turn every longer text into a flood.
fn read_text_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 100, 100_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
