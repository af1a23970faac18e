//! One condition of a route: what it looks at, and what has to be found there.
//!
//! Scalars are compared as they are written, so the number 5, a 5.0 and the text "5" are the same: a bot's builder
//! cannot choose how a variable is sent. What is missing, null or a table never equals anything; of a list one member
//! is enough. Versions, channels and languages are compared without regard to case, and a language also stands for its
//! regions.

use std::fmt;

use serde_json::Value;

use super::Facts;
use crate::domain::conversation::UserProfile;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub of: Fact,
    /// One of them has to be found. Never empty.
    pub any_of: Vec<Scalar>,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Version,
    Channel,
    Language,
    /// What the bot sent with its request; the empty path is all of it.
    Payload(Path),
    User(Path),
    Session(Path),
}

/// The way to a value within others: names of members, and places in lists from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Box<str>>);

/// A scalar, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar(Box<str>);

impl Condition {
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        let found = self.of.found(facts);
        found.iter().any(|found| self.wants(found))
    }

    /// Whether this condition holds wherever `narrow` does.
    pub fn follows_from(&self, narrow: &Self) -> bool {
        self.of == narrow.of && narrow.any_of.iter().all(|wanted| self.wants(wanted))
    }

    fn wants(&self, found: &Scalar) -> bool {
        self.any_of
            .iter()
            .any(|wanted| self.of.equal(wanted, found))
    }
}

impl Fact {
    pub const fn is_of_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// The scalars there; none if there is nothing to compare with.
    pub fn found(&self, facts: &Facts<'_>) -> Vec<Scalar> {
        let text = |text: Option<&str>| text.map(|text| Scalar(text.into())).into_iter().collect();
        match self {
            Self::Version => text(facts.version),
            Self::Channel => text(facts.channel),
            Self::Language => text(Some(facts.language)),
            Self::Payload(path) => facts
                .payload
                .map_or_else(Vec::new, |value| path.scalars(value)),
            Self::Session(path) => facts
                .session
                .map_or_else(Vec::new, |value| path.scalars(value)),
            Self::User(path) => of_user(path, facts.user),
        }
    }

    fn equal(&self, wanted: &Scalar, found: &Scalar) -> bool {
        match self {
            Self::Version | Self::Channel => wanted.0.eq_ignore_ascii_case(&found.0),
            Self::Language => is_within(&found.0, &wanted.0),
            Self::Payload(_) | Self::User(_) | Self::Session(_) => wanted == found,
        }
    }
}

impl Path {
    pub fn new<'a>(steps: impl IntoIterator<Item = &'a str>) -> Self {
        Self(steps.into_iter().map(Into::into).collect())
    }

    /// The scalar at its end, or those in the list there.
    fn scalars(&self, value: &Value) -> Vec<Scalar> {
        let end = self.0.iter().try_fold(value, |value, step| match value {
            Value::Object(members) => members.get(step.as_ref()),
            Value::Array(members) => step.parse().ok().and_then(|at: usize| members.get(at)),
            _ => None,
        });
        match end {
            Some(Value::Array(members)) => members.iter().filter_map(Scalar::of).collect(),
            Some(value) => Scalar::of(value).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

impl Scalar {
    /// None for null, lists and tables, which equal nothing.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self(text.as_str().into())),
            Value::Bool(switch) => Some(Self(switch.to_string().into())),
            Value::Number(number) => {
                let text = number.to_string();
                // Floating point numbers are written with at least one digit behind the point.
                Some(Self(text.strip_suffix(".0").unwrap_or(&text).into()))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the bridge knows under names of its own goes before what else the platform told.
fn of_user(path: &Path, user: &UserProfile) -> Vec<Scalar> {
    let known = match path.0.as_slice() {
        [name] => match name.as_ref() {
            "id" => &user.id,
            "first_name" => &user.first_name,
            "last_name" => &user.last_name,
            "avatar_url" => &user.avatar_url,
            _ => &None,
        },
        _ => &None,
    };
    match (known, path.0.split_first()) {
        (Some(text), _) => vec![Scalar(text.as_str().into())],
        (None, Some((first, rest))) => user
            .fields
            .get(first.as_ref())
            .map_or_else(Vec::new, |value| Path(rest.to_vec()).scalars(value)),
        (None, None) => Vec::new(),
    }
}

/// `nl` stands for `nl-BE` as well, and not for `nld`.
fn is_within(tag: &str, wider: &str) -> bool {
    let mut tag = tag.split(['-', '_']);
    wider.split(['-', '_']).all(|wanted| {
        tag.next()
            .is_some_and(|part| part.eq_ignore_ascii_case(wanted))
    })
}

impl fmt::Display for Fact {
    /// As it is written in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, path) = match self {
            Self::Version => return f.write_str("version"),
            Self::Channel => return f.write_str("channel"),
            Self::Language => return f.write_str("language"),
            Self::Payload(path) => ("payload", path),
            Self::User(path) => ("user", path),
            Self::Session(path) => ("session", path),
        };
        f.write_str(name)?;
        path.0.iter().try_for_each(|step| write!(f, ".{step}"))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
