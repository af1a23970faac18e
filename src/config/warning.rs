//! Settings that are allowed and yet ask for a second look: `serve` logs them once, `check` prints them.

use std::{fmt, path::PathBuf};

use serde_json::Value;

use super::{
    AdminListen, AivoLive, Bot, Certainly, Chatlayer, Config, Kind, Platform, Step, fault::Place,
    names::Language,
};
use crate::domain::ids::{BotName, DeskName, HoursName};

/// One of them, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    NoPublicUrl,
    PlainPublicUrl,
    NoAdminToken,
    /// A desk whose agents cannot sign in by names of their own.
    NoUsers(DeskName),
    AdminOnPublicListener,
    NoBots,
    NoDesks,
    NoHookKey(BotName),
    ShortVerifyToken(BotName),
    Unrouted(BotName),
    NoTexts {
        bot: BotName,
        language: Language,
    },
    NeverResumed(BotName),
    /// By a step of the defaults that its platform documents nowhere.
    GuessedResume(BotName),
    Guessed {
        desk: DeskName,
        requests: Vec<&'static str>,
    },
    NotGroups(DeskName),
    NeverPaused(BotName),
    KeepsListening(BotName),
    UnusedHours(HoursName),
    IdleBeforeUnanswered,
    NeverReached {
        limit: &'static str,
    },
    ShortKeys,
    OpenSecretFile {
        key: String,
        file: PathBuf,
    },
}

/// Every warning that `config` deserves.
pub(super) fn find(config: &Config) -> Vec<Warning> {
    let mut warnings = Vec::new();
    server(config, &mut warnings);
    if config.bots.is_empty() {
        warnings.push(Warning::NoBots);
    }
    if config.desks.is_empty() {
        warnings.push(Warning::NoDesks);
    }
    for (name, bot) in &config.bots {
        one_bot(config, name, bot, &mut warnings);
    }
    for (name, desk) in &config.desks {
        match &desk.kind {
            Kind::AivoLive(desk) => aivo_live(config, name, desk, &mut warnings),
            Kind::Console(_) if config.admin.users.is_empty() => {
                warnings.push(Warning::NoUsers(name.clone()));
            }
            Kind::Console(_) | Kind::Template(_) | Kind::Webhook(_) => {}
        }
    }
    let used = |name| {
        config
            .desks
            .values()
            .any(|desk| desk.hours.as_ref() == Some(name))
    };
    let unused = config.hours.keys().filter(|name| !used(*name));
    warnings.extend(unused.cloned().map(Warning::UnusedHours));
    limits(config, &mut warnings);
    let open = config.secrets().into_iter().filter_map(|named| {
        let file = named.secrets.open_file()?.to_owned();
        Some(Warning::OpenSecretFile {
            key: named.key,
            file,
        })
    });
    warnings.extend(open);
    warnings
}

fn server(config: &Config, warnings: &mut Vec<Warning>) {
    match &config.server.public_url {
        None => warnings.push(Warning::NoPublicUrl),
        Some(url) if url.scheme() == "http" => warnings.push(Warning::PlainPublicUrl),
        Some(_) => {}
    }
    if config.admin.token.is_none() {
        warnings.push(Warning::NoAdminToken);
    }
    if config.admin.listen == AdminListen::Server {
        warnings.push(Warning::AdminOnPublicListener);
    }
}

fn one_bot(config: &Config, name: &BotName, bot: &Bot, warnings: &mut Vec<Warning>) {
    let of_platform = match &bot.platform {
        Platform::Chatlayer(bot) => chatlayer(bot),
        Platform::Certainly(bot) => certainly(bot),
    };
    warnings.extend(of_platform.into_iter().map(|warning| warning(name.clone())));
    if !has_texts(config, &bot.default_language) {
        warnings.push(Warning::NoTexts {
            bot: name.clone(),
            language: bot.default_language.clone(),
        });
    }
    let routed = config
        .routes
        .iter()
        .any(|route| route.bots.is_empty() || route.bots.contains(name));
    if !routed && config.desks.len() > 1 {
        warnings.push(Warning::Unrouted(name.clone()));
    }
}

fn aivo_live(config: &Config, name: &DeskName, desk: &AivoLive, warnings: &mut Vec<Warning>) {
    if !desk.guessed.is_empty() {
        warnings.push(Warning::Guessed {
            desk: name.clone(),
            requests: desk.guessed.clone(),
        });
    }
    let is_id = |group: &Value| group.as_u64().is_some();
    let is_groups = |groups: &Value| match groups {
        Value::Array(groups) => !groups.is_empty() && groups.iter().all(is_id),
        one => is_id(one),
    };
    let mut routes = config.routes.iter();
    let wrong = routes.any(|route| {
        let leads_here = route.desk == *name || route.fallbacks.contains(name);
        leads_here && !route.options.get("groups").is_none_or(is_groups)
    });
    if wrong {
        warnings.push(Warning::NotGroups(name.clone()));
    }
}

fn chatlayer(bot: &Chatlayer) -> Vec<fn(BotName) -> Warning> {
    /// Short enough to be guessed by one who may try for long.
    const SHORT: usize = 16;
    let mut warnings: Vec<fn(BotName) -> Warning> = Vec::new();
    if bot.hook_key.is_none() {
        warnings.push(Warning::NoHookKey);
    }
    if bot.verify_token.shortest() < SHORT {
        warnings.push(Warning::ShortVerifyToken);
    }
    if bot.resume.is_empty() {
        warnings.push(Warning::NeverResumed);
    }
    if bot.resume.iter().any(is_of_defaults) {
        warnings.push(Warning::GuessedResume);
    }
    warnings
}

fn is_of_defaults(step: &Step) -> bool {
    matches!(step, Step::Request(request) if request.at.place == Place::Unwritten)
}

fn certainly(bot: &Certainly) -> Vec<fn(BotName) -> Warning> {
    let mut warnings: Vec<fn(BotName) -> Warning> = Vec::new();
    if bot.pause.is_empty() {
        warnings.push(Warning::NeverPaused);
    }
    let calls = |step: &Step| matches!(step, Step::Request(_));
    if bot.resume.is_empty() {
        warnings.push(Warning::NeverResumed);
    } else if !bot.resume.iter().any(calls) {
        warnings.push(Warning::KeepsListening);
    }
    warnings
}

fn has_texts(config: &Config, language: &Language) -> bool {
    let region_free = language.as_str().split('-').next().unwrap_or_default();
    [language.as_str(), region_free]
        .iter()
        .any(|tag| config.texts.0.contains_key(*tag))
}

fn limits(config: &Config, warnings: &mut Vec<Warning>) {
    /// The longest that a sender is known to try again.
    const LONGEST_RETRY: std::time::Duration = std::time::Duration::from_hours(3 * 24);
    let handover = &config.handover;
    if handover.idle <= handover.unanswered {
        warnings.push(Warning::IdleBeforeUnanswered);
    }
    if handover.waiting >= handover.max_duration {
        warnings.push(Warning::NeverReached {
            limit: "waiting_limit",
        });
    }
    if handover.idle >= handover.max_duration {
        warnings.push(Warning::NeverReached {
            limit: "idle_limit",
        });
    }
    if config.retention.keys < LONGEST_RETRY {
        warnings.push(Warning::ShortKeys);
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPublicUrl => f.write_str(
                "server.public_url is empty: `handover urls` can only print the listen address; set it to how the platforms see the bridge",
            ),
            Self::PlainPublicUrl => {
                f.write_str("server.public_url is http: tokens and messages travel unencrypted; use https")
            }
            Self::NoAdminToken => {
                f.write_str("admin.token is not set: the admin API takes nobody and `handover deliveries` cannot work")
            }
            Self::NoUsers(desk) => write!(
                f,
                "desks.{desk} is answered in the console and there are no [admin.users]: only whoever has admin.token can sign in, as admin; `handover console user add` makes users"
            ),
            Self::AdminOnPublicListener => {
                f.write_str("admin.listen is \"server\": the admin API is reachable wherever the hooks are")
            }
            Self::NoBots => f.write_str("no bot is configured: nothing will arrive; add a table [bots.NAME]"),
            Self::NoDesks => f.write_str("no desk is configured: every handover will be declined; add a table [desks.NAME]"),
            Self::NoHookKey(bot) => write!(
                f,
                "bots.{bot}.hook_key is not set: offloads will be refused unless the platform sends its token with them"
            ),
            Self::ShortVerifyToken(bot) => {
                write!(f, "bots.{bot}.verify_token is shorter than 16 characters; set a longer one on both sides")
            }
            Self::Unrouted(bot) => {
                write!(f, "no route takes the handovers of {bot}, and there is more than one desk: they will be declined")
            }
            Self::NoTexts { bot, language } => {
                write!(f, "bots.{bot}.default_language is {language}, which has no [texts.{language}]: English is spoken")
            }
            Self::NeverResumed(bot) => write!(
                f,
                "bots.{bot}.resume is empty: a bot that a handover has paused stays silent after it, unless something else resumes it"
            ),
            Self::GuessedResume(bot) => write!(
                f,
                "bots.{bot}.resume is the default, a guess (UNVERIFIED): Chatlayer does not document how a bot is resumed; see that the bot speaks again after a handover, then write the step that does it in [[bots.{bot}.resume]]"
            ),
            Self::Guessed { desk, requests } => write!(
                f,
                "desks.{desk}: {} not documented by Aivo, and the default is a guess (UNVERIFIED); try it before you go live, or write the call down in [desks.{desk}.requests]",
                match requests[..] {
                    [one] => format!("{one} is"),
                    _ => format!("{} are", requests.join(" and ")),
                }
            ),
            Self::NotGroups(desk) => write!(
                f,
                "a route to {desk} has options.groups that are no list of group ids: desks.{desk}.groups are asked in their place"
            ),
            Self::NeverPaused(bot) => write!(
                f,
                "bots.{bot}.pause is empty: nothing tells the bot to listen, so it talks while an agent does"
            ),
            Self::KeepsListening(bot) => write!(
                f,
                "bots.{bot}.resume has no request step, so nothing ends the listening: begin with the takeover, as [platforms.certainly] does"
            ),
            Self::UnusedHours(name) => {
                write!(f, "hours.{name} is used by no desk: set hours = \"{name}\" in a desk's table, or remove it")
            }
            Self::IdleBeforeUnanswered => f.write_str(
                "handover.idle_limit is not longer than unanswered_limit: the handover ends before the user is told that nobody answers",
            ),
            Self::NeverReached { limit } => {
                write!(f, "handover.{limit} is not shorter than max_duration and will never be reached")
            }
            Self::OpenSecretFile { key, file } => write!(
                f,
                "{key}_file names {}, which every user of this machine can read; `chmod o-r` it",
                file.display()
            ),
            Self::ShortKeys => f.write_str(
                "retention.keys is shorter than 3d: what a sender repeats after that is taken for new",
            ),
        }
    }
}
