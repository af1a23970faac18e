//! The URL of a PostgreSQL database: what libpq takes, as far as the driver knows it.

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
    #[error(transparent)]
    Part(tokio_postgres::Error),
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
        let (_, rest) = self.0.expose_secret().split_once("://").unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = place.split('/').next().unwrap_or_default();
        let in_front = authority
            .rsplit_once('@')
            .is_some_and(|(role, _)| role.contains(':'));
        in_front || query.split('&').any(|pair| pair.starts_with("password="))
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
