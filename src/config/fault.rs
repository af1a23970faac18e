//! What can be wrong with a configuration, each with a sentence that says what to do. No value is ever repeated: it
//! may be a secret in the wrong place.

use std::{error::Error as StdError, fmt, io, path::PathBuf};

use super::key::KeyPath;
use crate::domain::{hours::Overlap, ids::DeskName};

/// Everything that is wrong, in the order of the file. Never empty when it is returned as an error.
#[derive(Debug, Default, thiserror::Error)]
pub struct Faults(Vec<Fault>);

/// One wrong setting.
#[derive(Debug, thiserror::Error)]
pub struct Fault {
    pub key: KeyPath,
    pub place: Place,
    #[source]
    pub problem: Problem,
}

/// Where the wrong setting was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    File {
        file: PathBuf,
        line: usize,
    },
    Variable(String),
    /// Nowhere: it is missing, or stands in the compiled-in defaults.
    Unwritten,
}

/// Where a setting stands that nothing is wrong with, as far as can be told before it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub key: KeyPath,
    pub place: Place,
}

/// The reasons to refuse a setting.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    #[error("is not TOML: {}", .0.message())]
    Syntax(#[source] toml::de::Error),
    #[error("the layers do not fit together: {0}")]
    Merge(#[source] Box<config::ConfigError>),
    #[error("is unknown{}", meant(.near.as_deref()))]
    UnknownKey { near: Option<Box<str>> },
    #[error("is missing; {0}")]
    Missing(&'static str),
    #[error("must be {expected}, not {found}")]
    WrongType {
        expected: &'static str,
        found: &'static str,
    },
    #[error("must be {0}")]
    Expected(&'static str),
    #[error("must not be empty")]
    Empty,
    #[error("is not one of {0}")]
    NotOneOf(&'static str),
    #[error("must be between {least} and {most}")]
    OutOfRange { least: u64, most: u64 },
    #[error(
        "is no name: use a small letter, then up to 31 of a-z, 0-9 and _, never two _ in a row"
    )]
    NotAName,
    #[error(
        "must have at least {least} characters, all of A-Z a-z 0-9 _ -; `openssl rand -hex 24` makes one"
    )]
    WeakSecret { least: usize },
    #[error(
        "must be whsec_ followed by base64 of at least 16 bytes; `echo whsec_$(openssl rand -base64 24)` makes one"
    )]
    NotASigningSecret,
    #[error("is no argon2id hash; `handover console user add NAME` makes one")]
    NotAPasswordHash,
    #[error("is set together with the secret itself; keep one of the two")]
    SecretTwice,
    #[error("names a file that cannot be read: {0}")]
    SecretFile(#[source] io::Error),
    #[error("names a file that holds no secret, or more than one where one is wanted")]
    SecretFileShape,
    #[error("uses a token that the desk {other} uses as well; every desk needs its own")]
    SharedToken { other: DeskName },
    #[error("needs a hook_key beside it: the Webhook channel is taken only on a URL with the key")]
    ChannelWithoutKey,
    #[error(
        "is missing, and so is hook_key: set hook_key and, where the desk's webhooks are signed, the secret that they are signed with; without one of them anybody could speak for the agents"
    )]
    OpenHook,
    #[error("must not hold a user name, a password or a fragment")]
    UrlWithExtras,
    #[error(
        "must be https; plain http is taken only for addresses listed in outbound.allow_networks"
    )]
    PlainHttp,
    #[error(
        "is an address that is not public; list its range in outbound.allow_networks to allow it"
    )]
    PrivateAddress,
    #[error("is set together with {other}; keep one of the two")]
    BothSet { other: &'static str },
    #[error("must be exactly one of text, dialog_state and request")]
    NotAStep,
    #[error("takes request steps only")]
    PauseTakesRequests,
    #[error("names no configured {what}")]
    UnknownReference { what: &'static str },
    #[error("names a desk that the route asks before; every desk of a route must be another one")]
    DeskTwice,
    #[error(
        "is nothing that a route can look at; there are version, channel, language, payload, payload.PATH, user.FIELD and session.PATH"
    )]
    NotACondition,
    #[error("is no time zone; use a name such as \"Europe/Amsterdam\"")]
    NotATimeZone,
    #[error("has ranges that overlap: [{}] and [{}]; the first is [0]", .0.one, .0.other)]
    HoursOverlap(Overlap),
    #[error(
        "can never be reached: the routes before it take every handover it could take; remove it or move it up"
    )]
    UnreachableRoute,
    #[error("has a placeholder that nothing fills; there are {known}")]
    UnknownPlaceholder { known: &'static str },
    #[error("makes a desk that cannot tell anything: set token, for the desk API, or a table hook")]
    MuteDesk,
    #[error("is for desks of the console; remove it, or make the desk one by kind = \"console\"")]
    ConsoleOnly,
    #[error("opens a hook that is not there; add the table hook, or remove it")]
    IdleHookKey,
    #[error("needs handover or reference, or no event would be of any handover")]
    NamelessEvents,
    #[error("has no {request}, without which there is no desk; add the table")]
    MissingRequest { request: &'static str },
    #[error(
        "is the address of server.listen; give it another port, or \"server\" to have both on one listener"
    )]
    SharedAddress,
    #[error("must not be longer than {limit}")]
    LongerThan { limit: &'static str },
    #[error("cannot be used: {}", with_causes(&**.0))]
    Unusable(#[source] Box<dyn StdError + Send + Sync>),
    #[error("cannot be filled in: {}", with_causes(&**.0))]
    NotFilledIn(#[source] Box<dyn StdError + Send + Sync>),
}

impl Fault {
    /// What stands there cannot be used by whom it is for, who says why.
    pub fn unusable(at: Written, why: impl StdError + Send + Sync + 'static) -> Self {
        Self::at(at, Problem::Unusable(Box::new(why)))
    }

    /// What stands there is a template that does not go with what there may be to fill in.
    pub fn not_filled_in(at: Written, why: impl StdError + Send + Sync + 'static) -> Self {
        Self::at(at, Problem::NotFilledIn(Box::new(why)))
    }

    fn at(at: Written, problem: Problem) -> Self {
        let Written { key, place } = at;
        Self {
            key,
            place,
            problem,
        }
    }
}

impl Written {
    /// A key of which the place is not known.
    pub fn somewhere(key: KeyPath) -> Self {
        let place = Place::Unwritten;
        Self { key, place }
    }
}

impl Faults {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut faults: Vec<_> = faults.into_iter().collect();
        faults.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
        // Several may use what is written once.
        faults.dedup_by_key(|fault| fault.to_string());
        Self(faults)
    }
}

impl fmt::Display for Faults {
    /// One fault a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    /// `handover.toml:12: bots.webshop.hook_key must have …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        if self.key != KeyPath::default() {
            write!(f, "{} ", self.key)?;
        }
        self.problem.fmt(f)
    }
}

impl fmt::Display for Place {
    /// What stands before all that is told of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{}:{line}: ", file.display()),
            Self::Variable(name) => write!(f, "{name}: "),
            Self::Unwritten => Ok(()),
        }
    }
}

impl fmt::Display for Written {
    /// `handover.toml:12: desks.tickets.requests.open`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.key)
    }
}

fn with_causes(error: &dyn StdError) -> String {
    let all = std::iter::successors(Some(error), |&error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(
        || "; remove it".to_owned(),
        |near| format!("; did you mean {near}?"),
    )
}
