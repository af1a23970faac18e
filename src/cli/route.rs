//! `handover route`: which desk a handover would go to, from the configuration alone. Nothing is asked of anybody, so
//! what only a running bridge knows (how many handovers a desk has, whether it answers) counts as good.

mod report;

use std::io;

use clap::Args;
use serde_json::{Map, Value};

use self::report::Report;
use super::{Error, version::Version};
use crate::{
    app,
    clock::SystemClock,
    config::{Bot, Config},
    domain::{
        conversation::UserProfile,
        ids::BotName,
        policy::Conditions,
        routing::Facts,
        time::{Clock as _, Timestamp},
    },
};

/// A request for an agent, as far as routes look at it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The bot that asks; may be left out if only one is configured
    #[arg(long, value_name = "NAME")]
    bot: Option<BotName>,
    /// Which environment of the bot (DRAFT or LIVE), where the platform has both, in capitals or not
    #[arg(long, value_enum, ignore_case = true)]
    version: Option<Version>,
    /// Where the user writes, for example web
    #[arg(long, value_name = "TEXT")]
    channel: Option<String>,
    /// The user's language [default: the one that the bot speaks]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// What the bot sends with its request; a text is JSON only with its quotes
    #[arg(long, value_name = "JSON", value_parser = json)]
    payload: Option<Value>,
    /// What is known of the user; may be given several times
    #[arg(long, value_name = "FIELD=TEXT", value_parser = pair)]
    user: Vec<(String, String)>,
    /// The bot's session data; without it no condition on it holds
    #[arg(long, value_name = "JSON", value_parser = json)]
    session: Option<Value>,
    /// When, with its offset from UTC [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// None of the configured bots is meant.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    #[error("no bot is called {named}; configured are: {}", listed(.known))]
    UnknownBot { named: BotName, known: Vec<BotName> },
    #[error("give --bot NAME: not exactly one bot is configured")]
    WhichBot,
}

/// Why an option cannot be used.
#[derive(Debug, thiserror::Error)]
enum NotUsable {
    #[error("not JSON, {0}; a text is written with quotes: '\"sales\"'")]
    Json(#[source] serde_json::Error),
    #[error("not a field and its text, such as tier=gold")]
    Pair,
    #[error("not a date and time with an offset, such as 2026-12-25T10:00:00+01:00")]
    Time,
}

pub(super) fn run(config: &Config, options: Options) -> Result<(), Error> {
    let Options {
        bot,
        version,
        channel,
        language,
        payload,
        user,
        session,
        at,
        json,
    } = options;
    let (bot, _) = chosen(config, bot)?;
    let policy = app::policy_of(config)?;
    let language = language
        .or_else(|| policy.bots.get(bot).map(|bot| bot.default_language.clone()))
        .unwrap_or_default();
    let user = profile(user);
    let facts = Facts {
        bot,
        version: version.map(Version::as_str),
        channel: channel.as_deref(),
        language: &language,
        payload: payload.as_ref(),
        user: &user,
        session: session.as_ref(),
    };
    let at = at.unwrap_or_else(|| SystemClock.now());
    let report = Report::new((config, &policy), &facts, (at, &Conditions::default()));
    let mut out = io::stdout().lock();
    if json {
        report.write_json(&mut out)?;
    } else {
        report.write_text(&mut out)?;
    }
    report
        .declined()
        .map_or(Ok(()), |reason| Err(Error::Declined(reason)))
}

/// The bot of this name, or the only one.
pub(super) fn chosen(
    config: &Config,
    named: Option<BotName>,
) -> Result<(&BotName, &Bot), UsageError> {
    if let Some(named) = named {
        return config
            .bots
            .get_key_value(&named)
            .ok_or_else(|| UsageError::UnknownBot {
                named,
                known: config.bots.keys().cloned().collect(),
            });
    }
    let mut all = config.bots.iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(UsageError::WhichBot),
    }
}

fn listed(names: &[BotName]) -> String {
    let names: Vec<&str> = names.iter().map(BotName::as_str).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn profile(fields: Vec<(String, String)>) -> UserProfile {
    let mut user = UserProfile::default();
    for (name, text) in fields {
        match name.as_str() {
            "id" => user.id = Some(text),
            "first_name" => user.first_name = Some(text),
            "last_name" => user.last_name = Some(text),
            "avatar_url" => user.avatar_url = Some(text),
            _ => insert(&mut user.fields, &name, text),
        }
    }
    user
}

/// `address.city` is a member of a member.
fn insert(fields: &mut Map<String, Value>, path: &str, text: String) {
    let Some((first, rest)) = path.split_once('.') else {
        fields.insert(path.to_owned(), text.into());
        return;
    };
    let inner = fields.entry(first).or_insert_with(|| Map::new().into());
    if !inner.is_object() {
        *inner = Map::new().into();
    }
    if let Value::Object(inner) = inner {
        insert(inner, rest, text);
    }
}

fn json(text: &str) -> Result<Value, NotUsable> {
    serde_json::from_str(text).map_err(NotUsable::Json)
}

fn pair(text: &str) -> Result<(String, String), NotUsable> {
    match text.split_once('=') {
        Some((field, text)) if !field.is_empty() => Ok((field.to_owned(), text.to_owned())),
        _ => Err(NotUsable::Pair),
    }
}

fn time(text: &str) -> Result<Timestamp, NotUsable> {
    text.parse().map_err(|_| NotUsable::Time)
}
