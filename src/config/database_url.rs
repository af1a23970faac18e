//! The URL of a PostgreSQL database: what libpq takes, as far as the driver knows it.

use std::error::Error as _;

use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Config;

/// It may hold a password, so `Debug` prints nothing of it.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(pub SecretString);

/// What such a URL says.
#[derive(Clone, Debug)]
pub struct Database {
    /// All but for `sslmode`, of which the driver does not know every word.
    pub config: Config,
    /// None: it is not said.
    pub tls: Option<TlsMode>,
}

/// The bridge checks a certificate wherever it asks for one: an unchecked one keeps nobody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    Disable,
    Prefer,
    Require,
}

/// Why it cannot be used. Repeats no value, which may be a secret in the wrong place.
#[derive(Debug, thiserror::Error)]
pub enum UrlFault {
    #[error("it does not begin with postgres://")]
    Scheme,
    #[error("sslmode is none of disable, allow, prefer, require, verify-ca and verify-full")]
    TlsMode,
    #[error("it names no host")]
    Host,
    #[error("{}", unknown(.0))]
    Part(tokio_postgres::Error),
}

/// Options that libpq has and the driver does not, and those whose values it may refuse.
const OPTIONS: [&str; 27] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "port",
    "replication",
    "service",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// What the driver says of it names the option: of a password that is not encoded, part of it may look like one.
fn unknown(error: &tokio_postgres::Error) -> String {
    let told = error.source().map(ToString::to_string).unwrap_or_default();
    let option = OPTIONS
        .iter()
        .find(|option| told.contains(&format!("`{option}`")));
    match option {
        Some(option) if option.starts_with("ssl") => {
            format!("{told}; of certificates the machine's, or SSL_CERT_FILE, are trusted")
        }
        Some(_) => told,
        None => "it cannot be read; characters such as / ? # & % @ of a password are written as %2F and so on".to_owned(),
    }
}

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl DatabaseUrl {
    /// # Errors
    /// It is none, or says something that the bridge does not know.
    pub fn parse(url: &str) -> Result<Self, UrlFault> {
        Database::at(url).map(|_| Self(url.into()))
    }

    /// Whether it looks like one, right or wrong.
    pub(super) fn is_meant(url: &str) -> bool {
        SCHEMES.iter().any(|scheme| url.starts_with(scheme))
    }

    /// Whether it names the password of its role.
    pub fn has_password(&self) -> bool {
        let database = Database::at(self.0.expose_secret());
        database.is_ok_and(|database| database.config.get_password().is_some())
    }
}

impl Database {
    /// # Errors
    /// As [`DatabaseUrl::parse`].
    pub fn at(url: &str) -> Result<Self, UrlFault> {
        if !DatabaseUrl::is_meant(url) {
            return Err(UrlFault::Scheme);
        }
        let (url, mode) = split_mode(url);
        let config: Config = url.parse().map_err(UrlFault::Part)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(UrlFault::Host);
        }
        let tls = mode.map(|mode| TlsMode::of(&mode).ok_or(UrlFault::TlsMode));
        Ok(Self {
            config,
            tls: tls.transpose()?,
        })
    }
}

impl TlsMode {
    fn of(word: &str) -> Option<Self> {
        match word {
            "disable" => Some(Self::Disable),
            "allow" | "prefer" => Some(Self::Prefer),
            "require" | "verify-ca" | "verify-full" => Some(Self::Require),
            _ => None,
        }
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for DatabaseUrl {}

/// Takes `sslmode` out of the URL: it has words that the driver does not know.
fn split_mode(url: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut mode = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.split_once('=') {
            Some(("sslmode", value)) => {
                mode = Some(value.to_owned());
                false
            }
            _ => true,
        })
        .collect();
    if rest.is_empty() {
        (before.to_owned(), mode)
    } else {
        (format!("{before}?{}", rest.join("&")), mode)
    }
}
