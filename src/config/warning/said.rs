//! What each of them says, and what to do about it.

use std::fmt;

use super::{Silence, Untold, Warning};

const KEYLESS: &str = "server.trusted_proxies is empty: behind a proxy two unfinished calls of a stranger keep Chatwoot's out, and it makes none again; set either";
const OPENED_WITHOUT: &str = "its conversations are opened without it";
const LOOKED_AT_BY_NONE: &str =
    "which no desk of that route looks at: docs/routing.md says what each understands";

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
            Self::NoUsers { desk, has_token } => write!(
                f,
                "desks.{desk} is answered in the console and there are no [admin.users]: {}; `handover console user add` makes users",
                who_signs_in(*has_token)
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
                are(requests)
            ),
            Self::NotGroups(desk) => write!(
                f,
                "a route to {desk} has options.groups or options.group that is no list of group ids: desks.{desk}.groups are asked in their place"
            ),
            Self::IdleOption { desk, option, wanted } => {
                write!(f, "a route to {desk} has options.{option} that is no {wanted}: {OPENED_WITHOUT}")
            }
            Self::UnknownOption { desk, option } => {
                write!(f, "a route to {desk} has options.{option}, {LOOKED_AT_BY_NONE}")
            }
            Self::Keyless(desk) => write!(f, "desks.{desk} has no hook_key and {KEYLESS}"),
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
            Self::TrustsEverybody => f.write_str(
                "server.trusted_proxies holds every address: whoever calls can say where the call comes from; list your proxies alone",
            ),
            Self::OfDatabasesAlone(keys) => {
                write!(f, "{} of use with PostgreSQL alone, and store.url names a file", are(&of_store(keys)))
            }
            Self::UnusedPassword(key) => write!(
                f,
                "the password in store.{key} is not used, as store.password or its file goes over it; keep one of the two"
            ),
            Self::NeverReached { limit } => {
                write!(f, "handover.{limit} is not shorter than max_duration and will never be reached")
            }
            Self::OpenSecretFile { key, file } => write!(
                f,
                "{key}_file names {}, which every user of this machine can read; `chmod o-r` it",
                file.display()
            ),
            Self::Untold { text, why, silence } => write!(f, "{text} {why}: {silence}; {}", instead(why)),
            Self::LongDrain => f.write_str(
                "server.drain is longer than 5s: a stop takes up to 20s more than that; give it the time where the bridge is run (TimeoutStopSec, stop_grace_period, terminationGracePeriodSeconds), or it is killed at work",
            ),
            Self::LongObserved => f.write_str(
                "retention.observed is longer than transcripts: every message goes after the shorter of the two",
            ),
            Self::ShortKeys => f.write_str(
                "retention.keys is shorter than 3d: what a sender repeats after that is taken for new",
            ),
        }
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::NoPlace(desk) => write!(f, "holds {{position}}, which desks.{desk} does not tell"),
            Self::NoName => f.write_str("holds {name}, and no agent has the user when it is due"),
            Self::TooEarly => f.write_str(
                "holds {name} or {position}, and is due also before a desk has taken the user, when neither is known",
            ),
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeftAlone => {
                "whoever waits for long is told nothing and counts in handover_unattended_conversations, which wakes somebody"
            }
            Self::DeskDown => "whoever waits for a desk that is down is told nothing",
            Self::Harmless => "it is never told",
        })
    }
}

fn instead(why: &Untold) -> &'static str {
    match why {
        Untold::Empty => "write a text",
        Untold::NoPlace(_) => "take {position} out of it",
        Untold::NoName => "take {name} out of it",
        Untold::TooEarly => "take them out of it",
    }
}

fn who_signs_in(has_token: bool) -> &'static str {
    if has_token {
        "only whoever has admin.token can sign in, as admin"
    } else {
        "nobody can sign in, as admin.token is not set either, and whoever asks for a person waits in vain"
    }
}

fn of_store(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| format!("store.{key}")).collect()
}

fn are(names: &[impl AsRef<str>]) -> String {
    let all: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match all[..] {
        [one] => format!("{one} is"),
        _ => format!("{} are", all.join(" and ")),
    }
}
