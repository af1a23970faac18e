//! `[store]`: where conversations are kept.

use std::path::PathBuf;

use config::Value;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    database_url::DatabaseUrl,
    fault::Problem,
    secret_file::Files,
    secrets::{self, Keys},
    section::Section,
    value,
};

/// The store and how it is brought up.
#[derive(Clone, Debug)]
pub struct Store {
    pub url: StoreUrl,
    /// Of the database's role, where it is not in the URL.
    pub password: Option<SecretString>,
    /// Bring the tables up to date at the start; else `handover migrate` does.
    pub migrate: bool,
    /// As many connections to PostgreSQL at most.
    pub pool: usize,
    pub listen: Listen,
    /// What the operator has written for a database, though the store is a file.
    pub unused: Vec<&'static str>,
}

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:` and the path of the database file, relative to the working directory.
    Sqlite(PathBuf),
    /// `postgres://user@host/database`.
    Postgres(DatabaseUrl),
}

/// How a replica hears of what others did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// By the URL of the store.
    Here,
    /// By one that leads past a pooler.
    At(DatabaseUrl),
    /// Not at all: it looks each second.
    Off,
}

const PASSWORD: Keys = Keys {
    key: "password",
    file: "password_file",
    hint: "the password of the database's role",
};

/// Of use with PostgreSQL alone.
const OF_DATABASES: [&str; 4] = ["password", "password_file", "pool", "listen_url"];

impl Store {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let url = read_url(&mut section);
        let mut unused = OF_DATABASES.to_vec();
        let is_file = matches!(url, Some(StoreUrl::Sqlite(_)));
        unused.retain(|key| is_file && section.is_written(key));
        let password = secrets::optional_one(&mut section, PASSWORD);
        let migrate = section.defaulted("migrate", value::switch);
        let pool = section.defaulted("pool", |value| value::number(value, 2, 1000));
        let listen = section.defaulted("listen_url", Listen::read);
        section.finish();
        Some(Self {
            url: url?,
            password: password.map(|password| password.first().clone()),
            migrate: migrate?,
            pool: usize::try_from(pool?).unwrap_or(usize::MAX),
            listen: listen?,
            unused,
        })
    }
}

impl Store {
    /// The keys whose URLs hold a password.
    pub(super) fn passwords_in_urls(&self) -> impl Iterator<Item = &'static str> {
        let store = match &self.url {
            StoreUrl::Postgres(url) => Some(("url", url)),
            StoreUrl::Sqlite(_) => None,
        };
        let listen = match &self.listen {
            Listen::At(url) => Some(("listen_url", url)),
            Listen::Here | Listen::Off => None,
        };
        let urls = [store, listen].into_iter().flatten();
        urls.filter_map(|(key, url)| url.has_password().then_some(key))
    }
}

impl StoreUrl {
    fn read(value: &Value) -> Result<Self, Problem> {
        Self::parse(&value::text(value)?)
    }

    /// The file holds the URL and nothing else.
    fn read_file(value: &Value) -> Result<Self, Problem> {
        let path = PathBuf::from(value::filled_text(value)?);
        match &Files::default().read(&path)?[..] {
            [url] => Self::parse(url.expose_secret()),
            _ => Err(Problem::Expected("a file of one line, the URL")),
        }
    }

    fn parse(url: &str) -> Result<Self, Problem> {
        const EXPECTED: Problem = Problem::Expected(
            "\"sqlite:\" and the path of a file, such as \"sqlite:data/handover.db\", or a URL such as \
             \"postgres://user@host/database\"",
        );
        if DatabaseUrl::is_meant(url) {
            return database(url).map(Self::Postgres);
        }
        Self::file(url).ok_or(EXPECTED)
    }

    /// None: it is the URL of no store.
    pub fn of(url: &str) -> Option<Self> {
        Self::parse(url).ok()
    }

    fn file(url: &str) -> Option<Self> {
        let path = url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // A database in memory is none: everything acknowledged would be gone with the process.
        // Nor is a URI of SQLite, which may say how the file is to be opened.
        let is_file = !path.is_empty()
            && !path.starts_with("file:")
            && !path.starts_with(':')
            && !path.contains('?')
            && !path.ends_with('/');
        is_file.then(|| Self::Sqlite(path.into()))
    }
}

impl Listen {
    fn read(value: &Value) -> Result<Self, Problem> {
        let url = value::text(value)?;
        match url.as_str() {
            "" => Ok(Self::Here),
            "off" => Ok(Self::Off),
            url if DatabaseUrl::is_meant(url) => database(url).map(Self::At),
            _ => Err(Problem::Expected(
                "a URL such as \"postgres://user@host/database\", \"off\", or nothing",
            )),
        }
    }
}

fn database(url: &str) -> Result<DatabaseUrl, Problem> {
    DatabaseUrl::parse(url).map_err(|fault| Problem::Unusable(Box::new(fault)))
}

/// Given as text or in a file.
fn read_url(section: &mut Section<'_>) -> Option<StoreUrl> {
    section.keep_the_higher("url", "url_file");
    if !section.has("url_file") {
        return section.defaulted("url", StoreUrl::read);
    }
    let twice = section.optional("url", StoreUrl::read).is_some();
    section.optional("url_file", |value| {
        if twice {
            return Err(Problem::BothSet { other: "url" });
        }
        StoreUrl::read_file(value)
    })
}
