//! A bot on Certainly.

use config::Value;

use super::{Common, Surroundings, read_text_limit};
use crate::{
    config::{
        fault::Problem,
        networks::CallUrl,
        requests::Request,
        secrets::{self, Keys, Rule, Secrets},
        section::Section,
        steps::{self, Step},
        value,
    },
    domain::ids::ExternalId,
};

#[derive(Clone, Debug)]
pub struct Certainly {
    pub api_url: CallUrl,
    /// The id in the widget's script. Hooks name no bot, so this is also what tells one bot's users from another's.
    pub deployment_id: ExternalId,
    pub auth: Auth,
    /// What the bridge presents in the way that `auth` says. `None`: it presents nothing.
    pub access_token: Option<Secrets>,
    /// What it presents to the calls below `/actionsvc/`. `None`: the access token.
    pub api_token: Option<Secrets>,
    pub sender: Sender,
    /// The field of a claim that holds the user's id.
    pub user_id_field: String,
    /// Left out where ids of users are compared.
    pub user_id_prefix: String,
    /// The unguessable segment of the hooks' paths.
    pub hook_key: Secrets,
    pub hook_auth: HookAuth,
    /// What the bot's flow finds as `ClaimEnd`.
    pub claim_end: Option<String>,
    /// The same text of a user within one second counts once.
    pub drop_repeats: bool,
    /// The longest text that is sent in one message, in grapheme clusters.
    pub text_limit: usize,
    /// How the bot is told to listen; empty: it goes on talking.
    pub pause: Vec<Request>,
    /// How the bot is told that it speaks again; empty: it is not told.
    pub resume: Vec<Step>,
}

/// How the bridge shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    None,
    Bearer,
    /// `access_token` in the query.
    Query,
    /// The way that is documented for the calls below `/actionsvc/`.
    Basic,
}

/// Which call brings an agent's words to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    Handover,
    TriggerMessage,
}

/// What Certainly presents besides the key in the path.
#[derive(Clone, Debug)]
pub enum HookAuth {
    None,
    Basic { user: String, password: Secrets },
    Bearer(Secrets),
}

/// What a bot on Certainly starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    api_url: CallUrl,
    auth: Auth,
    sender: Sender,
    user_id_field: String,
    user_id_prefix: String,
    claim_end: Option<String>,
    drop_repeats: bool,
    text_limit: usize,
    pause: Vec<Request>,
    resume: Vec<Step>,
}

impl Certainly {
    const ACCESS_TOKEN: Keys = Keys {
        key: "access_token",
        file: "access_token_file",
        hint: "add the Chat API token that Certainly issued, or access_token_file, or auth = \"none\"",
    };
    const API_TOKEN: Keys = Keys {
        key: "api_token",
        file: "api_token_file",
        hint: "add the public API auth token of your profile at Certainly, or api_token_file",
    };
    const HOOK_KEY: Keys = Keys {
        key: "hook_key",
        file: "hook_key_file",
        hint: "make one up: 20 characters or more of A-Z a-z 0-9 _ -",
    };
    const HOOK_TOKEN: Keys = Keys {
        key: "hook_token",
        file: "hook_token_file",
        hint: "give it a value",
    };
    const HOOK_PASSWORD: Keys = Keys {
        key: "hook_password",
        file: "hook_password_file",
        hint: "add the password that Certainly shows with hook_user, or hook_password_file",
    };

    pub(super) fn read(
        section: &mut Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
    ) -> Option<Self> {
        let api_url = section.optional("api_url", |value| surroundings.base_url(value));
        let deployment_id = section.required(
            "deployment_id",
            read_id,
            "add the id that stands in the script of the widget",
        );
        let auth = section
            .optional("auth", Auth::read)
            .unwrap_or(defaults.auth);
        let sender = section
            .optional("sender", Sender::read)
            .unwrap_or(defaults.sender);
        let user_id_field = section.optional("user_id_field", value::filled_text);
        let user_id_prefix = section.optional("user_id_prefix", value::text);
        let claim_end = section.optional("claim_end", read_claim_end);
        let drop_repeats = section.optional("drop_repeats", value::switch);
        let text_limit = section.optional("text_limit", read_text_limit);
        let pause = steps::read_requests(section, "pause", surroundings.networks);
        let resume = steps::read_list(section, "resume", surroundings.networks);
        let resume = resume.unwrap_or_else(|| defaults.resume.clone());
        let acts = sender == Sender::TriggerMessage || moves_the_flow(&resume);
        let (access_token, api_token) = Self::read_tokens(section, auth, acts);
        let hook_key = secrets::required(section, Self::HOOK_KEY, Rule::Unguessable { least: 20 });
        let hook_auth = Self::read_hook_auth(section);
        Some(Self {
            api_url: api_url.unwrap_or_else(|| defaults.api_url.clone()),
            deployment_id: deployment_id?,
            auth,
            access_token,
            api_token,
            sender,
            user_id_field: user_id_field.unwrap_or_else(|| defaults.user_id_field.clone()),
            user_id_prefix: user_id_prefix.unwrap_or_else(|| defaults.user_id_prefix.clone()),
            hook_key: hook_key?,
            hook_auth: hook_auth?,
            claim_end: claim_end.unwrap_or_else(|| defaults.claim_end.clone()),
            drop_repeats: drop_repeats.unwrap_or(defaults.drop_repeats),
            text_limit: text_limit.unwrap_or(defaults.text_limit),
            pause: pause.unwrap_or_else(|| defaults.pause.clone()),
            resume,
        })
    }

    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        let shown = match &self.hook_auth {
            HookAuth::None => None,
            HookAuth::Basic { user: _, password } => Some(password),
            HookAuth::Bearer(token) => Some(token),
        };
        vec![
            self.access_token.as_ref(),
            self.api_token.as_ref(),
            Some(&self.hook_key),
            shown,
        ]
    }

    /// Those that the settings call for are missed here; a missing one is a fault, so it does not matter what is read
    /// in its place.
    fn read_tokens(
        section: &mut Section<'_>,
        auth: Auth,
        acts: bool,
    ) -> (Option<Secrets>, Option<Secrets>) {
        let needs_access = auth != Auth::None;
        let has_access = section.has("access_token") || section.has("access_token_file");
        let access_token = if needs_access {
            secrets::required_one(section, Self::ACCESS_TOKEN, Rule::Foreign)
        } else {
            secrets::optional_one(section, Self::ACCESS_TOKEN)
        };
        let api_token = if acts && !needs_access && !has_access {
            secrets::required_one(section, Self::API_TOKEN, Rule::Foreign)
        } else {
            secrets::optional_one(section, Self::API_TOKEN)
        };
        (access_token, api_token)
    }

    /// Two ways at once would leave open which of them is to be believed.
    fn read_hook_auth(section: &mut Section<'_>) -> Option<HookAuth> {
        let has = |key: Keys| section.has(key.key) || section.has(key.file);
        let by_token = has(Self::HOOK_TOKEN);
        let by_password = has(Self::HOOK_PASSWORD) || section.has("hook_user");
        if by_token && by_password {
            section.fault("hook_token", Problem::BothSet { other: "hook_user" });
        }
        let token = secrets::optional(section, Self::HOOK_TOKEN, Rule::Foreign);
        if !by_password {
            return Some(token.map_or(HookAuth::None, HookAuth::Bearer));
        }
        let user = section.required(
            "hook_user",
            read_user,
            "add the name that Certainly shows with hook_password",
        );
        let password = secrets::required(section, Self::HOOK_PASSWORD, Rule::Foreign);
        Some(HookAuth::Basic {
            user: user?,
            password: password?,
        })
    }
}

/// Whether a step needs the token of the calls below `/actionsvc/`.
fn moves_the_flow(resume: &[Step]) -> bool {
    resume
        .iter()
        .any(|step| matches!(step, Step::DialogState(_)))
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>, surroundings: Surroundings<'_>) -> Option<Self> {
        let common = Common::read(&mut section);
        let api_url = section.defaulted("api_url", |value| surroundings.base_url(value));
        let auth = section.defaulted("auth", Auth::read);
        let sender = section.defaulted("sender", Sender::read);
        let user_id_field = section.defaulted("user_id_field", value::filled_text);
        let user_id_prefix = section.defaulted("user_id_prefix", value::text);
        let claim_end = section.defaulted("claim_end", read_claim_end);
        let drop_repeats = section.defaulted("drop_repeats", value::switch);
        let text_limit = section.defaulted("text_limit", read_text_limit);
        let pause = steps::read_requests(&mut section, "pause", surroundings.networks);
        let resume = steps::read_list(&mut section, "resume", surroundings.networks);
        section.finish();
        Some(Self {
            common: common?,
            api_url: api_url?,
            auth: auth?,
            sender: sender?,
            user_id_field: user_id_field?,
            user_id_prefix: user_id_prefix?,
            claim_end: claim_end?,
            drop_repeats: drop_repeats?,
            text_limit: text_limit?,
            pause: pause.unwrap_or_default(),
            resume: resume.unwrap_or_default(),
        })
    }
}

impl Auth {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "none" => Ok(Self::None),
            "bearer" => Ok(Self::Bearer),
            "query" => Ok(Self::Query),
            "basic" => Ok(Self::Basic),
            _ => Err(Problem::NotOneOf(
                "\"none\", \"bearer\", \"query\", \"basic\"",
            )),
        }
    }
}

impl Sender {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "handover" => Ok(Self::Handover),
            "trigger-message" => Ok(Self::TriggerMessage),
            _ => Err(Problem::NotOneOf("\"handover\", \"trigger-message\"")),
        }
    }
}

fn read_id(value: &Value) -> Result<ExternalId, Problem> {
    let id = value::filled_text(value)?;
    ExternalId::new(id).map_err(|_| Problem::Expected("an id of at most 256 bytes"))
}

/// A colon would end it where the header is read.
fn read_user(value: &Value) -> Result<String, Problem> {
    let user = value::filled_text(value)?;
    if user.contains(':') {
        return Err(Problem::Expected("a name without a colon"));
    }
    Ok(user)
}

/// Empty: the bot goes on without one.
fn read_claim_end(value: &Value) -> Result<Option<String>, Problem> {
    Ok(Some(value::text(value)?).filter(|text| !text.is_empty()))
}
