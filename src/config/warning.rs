//! Settings that are allowed and yet ask for a second look: `serve` logs them once, `check` prints them.

mod bots;
mod desks;
mod said;
mod texts;

use std::{path::PathBuf, time::Duration};

use super::{AdminListen, Config, key::KeyPath, names::Language};
use crate::domain::ids::{BotName, DeskName, HoursName};

/// One of them, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    NoPublicUrl,
    PlainPublicUrl,
    NoAdminToken,
    /// A desk whose agents cannot sign in by names of their own, and without the token not at all.
    NoUsers {
        desk: DeskName,
        has_token: bool,
    },
    AdminOnPublicListener,
    /// Whoever calls can say where the call comes from.
    TrustsEverybody,
    /// Keys of the store that say nothing while it is a file.
    OfDatabasesAlone(Vec<&'static str>),
    /// A password in this key's URL, which the one that is given beside it goes over.
    UnusedPassword(&'static str),
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
    /// A route's option of which the desk can make nothing.
    IdleOption {
        desk: DeskName,
        option: &'static str,
        wanted: &'static str,
    },
    /// A route's option that none of its desks looks at.
    UnknownOption {
        desk: DeskName,
        option: String,
    },
    /// Strangers' calls are heard out before they are known for theirs, and all callers count as one.
    Keyless(DeskName),
    NeverPaused(BotName),
    KeepsListening(BotName),
    UnusedHours(HoursName),
    IdleBeforeUnanswered,
    NeverReached {
        limit: &'static str,
    },
    ShortKeys,
    /// What is observed goes with the transcripts.
    LongObserved,
    /// A text that users are not told when it is due.
    Untold {
        text: String,
        why: Untold,
        silence: Silence,
    },
    /// A stop takes longer than what runs the bridge waits for, unless told otherwise.
    LongDrain,
    OpenSecretFile {
        key: KeyPath,
        file: PathBuf,
    },
}

/// Why a text is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    Empty,
    /// There is a place in it that this desk does not tell.
    NoPlace(DeskName),
    /// There is a name in it, and no agent at that time.
    NoName,
    /// There is a name or a place in it, and it is due also while no desk has the user.
    TooEarly,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Whoever waits for long counts as left with nobody.
    LeftAlone,
    /// Whoever waits for a desk that is down does not hear of it.
    DeskDown,
    /// Nobody who waits for long misses it.
    Harmless,
}

/// The longest that a sender is known to try again.
const LONGEST_RETRY: Duration = Duration::from_hours(3 * 24);

/// What the time that a stop is given leaves for it, as the bridge is shipped.
const LONGEST_DRAIN: Duration = Duration::from_secs(5);

/// Every warning that `config` deserves.
pub(super) fn find(config: &Config) -> Vec<Warning> {
    let mut warnings = Vec::new();
    server(config, &mut warnings);
    bots::find(config, &mut warnings);
    desks::find(config, &mut warnings);
    limits(config, &mut warnings);
    texts::find(config, &mut warnings);
    let open = config.secrets().filter_map(|secrets| {
        let file = secrets.open_file()?.to_owned();
        let key = secrets.key().clone();
        Some(Warning::OpenSecretFile { key, file })
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
    let mut proxies = config.server.trusted_proxies.iter();
    if proxies.any(|range| range.prefix_len() == 0) {
        warnings.push(Warning::TrustsEverybody);
    }
    if config.server.drain > LONGEST_DRAIN {
        warnings.push(Warning::LongDrain);
    }
    if !config.store.unused.is_empty() {
        let unused = config.store.unused.clone();
        warnings.push(Warning::OfDatabasesAlone(unused));
    }
    if config.store.password.is_some() {
        let unused = config.store.passwords_in_urls();
        warnings.extend(unused.map(Warning::UnusedPassword));
    }
}

fn limits(config: &Config, warnings: &mut Vec<Warning>) {
    let handover = &config.handover;
    if handover.idle <= handover.unanswered {
        warnings.push(Warning::IdleBeforeUnanswered);
    }
    let limits = [
        ("request_limit", handover.request),
        ("waiting_limit", handover.waiting),
        ("unanswered_limit", handover.unanswered),
        ("idle_limit", handover.idle),
    ];
    for (limit, duration) in limits {
        if duration >= handover.max_duration {
            warnings.push(Warning::NeverReached { limit });
        }
    }
    if config.retention.observed > config.retention.transcripts {
        warnings.push(Warning::LongObserved);
    }
    if config.retention.keys < LONGEST_RETRY {
        warnings.push(Warning::ShortKeys);
    }
}
