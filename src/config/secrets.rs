//! Secrets: given as text or in a file, never printed. Those that others present to us, and those that we sign with,
//! may be several at once, so that they can be changed without a gap.

use std::{collections::BTreeMap, path::Path, time::Duration};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use config::{Value, ValueKind};
use secrecy::{ExposeSecret, SecretString};

use super::{fault::Problem, key::KeyPath, secret_file::Files, section::Section, value};
use crate::domain::time::Timestamp;

/// One secret or more: all are accepted, the first is the one that is used and printed.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Where they are configured, as text or in files alike.
    key: KeyPath,
    first: SecretString,
    others: Vec<SecretString>,
    /// None: they stand in the configuration itself, and stay as they are while the bridge runs.
    files: Option<Files>,
}

/// The names of the two keys of one secret. `file` is `key` with `_file` behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) key: &'static str,
    pub(super) file: &'static str,
    /// What to do when both are missing.
    pub(super) hint: &'static str,
}

/// What a secret has to look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Issued by somebody else: only not empty.
    Foreign,
    /// Made by the operator and open to guessing: so long at least, `[A-Za-z0-9_-]`.
    Unguessable { least: usize },
    /// A key of Standard Webhooks: base64, usually with `whsec_` before it.
    Signing,
    /// What this says.
    Own(fn(&str) -> Result<(), Problem>),
}

impl Secrets {
    /// None: there are none.
    fn of(
        key: KeyPath,
        secrets: impl IntoIterator<Item = SecretString>,
        files: Option<Files>,
    ) -> Option<Self> {
        let mut secrets = secrets.into_iter();
        Some(Self {
            key,
            first: secrets.next()?,
            others: secrets.collect(),
            files,
        })
    }

    /// By which they are spoken of without being shown.
    pub fn key(&self) -> &KeyPath {
        &self.key
    }

    pub fn first(&self) -> &SecretString {
        &self.first
    }

    pub fn iter(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many are accepted.
    pub fn count(&self) -> usize {
        self.others.len().saturating_add(1)
    }

    /// Whether they are read again on SIGHUP.
    pub fn from_files(&self) -> bool {
        self.files.is_some()
    }

    /// How long ago their files were last written.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let written_at = self.files.as_ref()?.written_at?;
        Some(now.since(written_at))
    }

    /// A file of theirs that everybody on this machine can read.
    pub fn open_file(&self) -> Option<&Path> {
        self.files.as_ref()?.open_to_all.as_deref()
    }

    /// Whether both are the same secrets in the same order.
    pub fn equals(&self, other: &Self) -> bool {
        let both = self.iter().zip(other.iter());
        self.count() == other.count()
            && both
                .into_iter()
                .all(|(a, b)| a.expose_secret() == b.expose_secret())
    }

    /// Whether both accept one and the same secret.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        self.iter()
            .any(|a| other.iter().any(|b| a.expose_secret() == b.expose_secret()))
    }

    /// The length of the shortest.
    pub(super) fn shortest(&self) -> usize {
        self.iter()
            .map(|secret| secret.expose_secret().len())
            .min()
            .unwrap_or(0)
    }
}

/// Secrets that must be there.
pub(super) fn required(section: &mut Section<'_>, keys: Keys, rule: Rule) -> Option<Secrets> {
    if !section.has(keys.key) && !section.has(keys.file) {
        return section.required(keys.key, |_| Err(Problem::Empty), keys.hint);
    }
    optional(section, keys, rule)
}

/// Secrets that may be left out, one or a list.
pub(super) fn optional(section: &mut Section<'_>, keys: Keys, rule: Rule) -> Option<Secrets> {
    section.keep_the_higher(keys.key, keys.file);
    let twice = section.has(keys.key) && section.has(keys.file);
    let given = section.each(keys.key, several, |value| {
        let secret = value::text(value)?;
        rule.check(&secret)?;
        Ok(SecretString::from(secret))
    });
    let mut files = Files::default();
    let from_file = section.each(
        keys.file,
        |value| {
            if twice {
                return Err(Problem::SecretTwice);
            }
            several(value)
        },
        |value| {
            let lines = files.read(Path::new(&value::text(value)?))?;
            let mut secrets = lines.iter().map(ExposeSecret::expose_secret);
            secrets.try_for_each(|secret| rule.check(secret))?;
            Ok(lines)
        },
    );
    let key = section.key_of(keys.key);
    if let Some(secrets) = given {
        return Secrets::of(key, secrets, None);
    }
    let secrets = Secrets::of(key, from_file?.into_iter().flatten(), Some(files));
    if secrets.is_none() {
        section.fault(keys.file, Problem::SecretFileShape);
    }
    secrets
}

/// One secret that must be there and cannot be a list, such as what the bridge itself presents.
pub(super) fn required_one(section: &mut Section<'_>, keys: Keys, rule: Rule) -> Option<Secrets> {
    section.keep_the_higher(keys.key, keys.file);
    let by_file = section.has(keys.file);
    let secrets = required(section, keys, rule)?;
    only_one(section, keys, by_file, secrets)
}

/// The same, where it may be left out.
pub(super) fn optional_one(section: &mut Section<'_>, keys: Keys) -> Option<Secrets> {
    section.keep_the_higher(keys.key, keys.file);
    let by_file = section.has(keys.file);
    let secrets = optional(section, keys, Rule::Foreign)?;
    only_one(section, keys, by_file, secrets)
}

fn only_one(section: &Section<'_>, keys: Keys, by_file: bool, secrets: Secrets) -> Option<Secrets> {
    if secrets.others.is_empty() {
        return Some(secrets);
    }
    if by_file {
        section.fault(keys.file, Problem::SecretFileShape);
    } else {
        section.fault(keys.key, Problem::Expected("one secret, not a list"));
    }
    None
}

/// Secrets by names that the operator chooses, one each, `NAME` or `NAME_file`.
pub(super) fn read_named(mut section: Section<'_>) -> BTreeMap<String, Secrets> {
    let mut named = BTreeMap::new();
    for file in section.keys() {
        if let Some(name) = file.strip_suffix("_file") {
            section.keep_the_higher(name, &file);
        }
    }
    for (key, value) in section.take_values() {
        let (name, read) = match key.strip_suffix("_file") {
            Some(name) => (name, one_of_file(section.key_of(name), &value)),
            None => (&*key, one(section.key_of(&key), &value)),
        };
        match read {
            Ok(_) if !is_name(name) => section.fault(&key, Problem::NotAName),
            Ok(_) if named.contains_key(name) => section.fault(&key, Problem::SecretTwice),
            Ok(secrets) => {
                named.insert(name.to_owned(), secrets);
            }
            Err(problem) => section.fault(&key, problem),
        }
    }
    named
}

/// As expressions can speak of it.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && name.len() <= 32
}

fn one(key: KeyPath, value: &Value) -> Result<Secrets, Problem> {
    const EXPECTED: Problem = Problem::Expected("one secret, not a list");
    let [secret] = &several(value)?[..] else {
        return Err(EXPECTED);
    };
    let secret = value::text(secret)?;
    Rule::Foreign.check(&secret)?;
    Secrets::of(key, [SecretString::from(secret)], None).ok_or(EXPECTED)
}

fn one_of_file(key: KeyPath, value: &Value) -> Result<Secrets, Problem> {
    let (mut secrets, mut files) = (Vec::new(), Files::default());
    for path in several(value)? {
        secrets.extend(files.read(Path::new(&value::text(&path)?))?);
    }
    let is_one = secrets.len() == 1;
    let secrets = Secrets::of(key, secrets, Some(files)).filter(|_| is_one);
    let secrets = secrets.ok_or(Problem::SecretFileShape)?;
    let is_good = Rule::Foreign.check(secrets.first.expose_secret()).is_ok();
    is_good.then_some(secrets).ok_or(Problem::SecretFileShape)
}

/// A secret may hold commas, so a text is one whoever has written it.
fn several(value: &Value) -> Result<Vec<Value>, Problem> {
    match &value.kind {
        ValueKind::String(_) => Ok(vec![value.clone()]),
        _ => value::some_members(value),
    }
}

impl Rule {
    /// What is longer is not even compared where it comes in.
    const LONGEST: usize = 1024;
    /// A shorter key could be guessed.
    const SHORTEST_KEY: usize = 16;

    fn check(self, secret: &str) -> Result<(), Problem> {
        if secret.trim().is_empty() {
            return Err(Problem::Empty);
        }
        if secret.len() > Self::LONGEST || secret.chars().any(char::is_control) {
            return Err(Problem::Expected("at most 1024 bytes on one line"));
        }
        match self {
            Self::Foreign => Ok(()),
            Self::Own(check) => check(secret),
            Self::Unguessable { least } => {
                let is_made_of = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
                let is_good = secret.len() >= least && secret.bytes().all(is_made_of);
                is_good.then_some(()).ok_or(Problem::WeakSecret { least })
            }
            Self::Signing => {
                let key = secret.strip_prefix("whsec_").unwrap_or(secret);
                let key = BASE64_STANDARD
                    .decode(key)
                    .map_err(|_| Problem::NotASigningSecret)?;
                let is_good = key.len() >= Self::SHORTEST_KEY;
                is_good.then_some(()).ok_or(Problem::NotASigningSecret)
            }
        }
    }
}
