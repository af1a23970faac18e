//! Inbound secrets: kept as digests, compared in constant time.
//!
//! Both sides are hashed, so neither the length nor a common prefix of a secret shows in the time that a comparison
//! takes. An empty secret matches nothing, neither as configured nor as presented.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::config::{Rotating, Secrets};

/// The secrets that one bot, desk or operator may present. None at all accepts nothing. Clones share them.
#[derive(Clone, Default)]
pub struct Accepted {
    digests: Rotating<Vec<[u8; 32]>>,
}

/// Longer than any secret that can be configured in earnest; more is not even hashed.
const MAX_PRESENTED: usize = 1024;
/// Two of them in base64.
const MAX_PAIR: usize = 3 * MAX_PRESENTED;

impl Accepted {
    /// Whether nothing was configured, so that nothing can match.
    pub fn is_empty(&self) -> bool {
        self.digests.get().is_empty()
    }

    /// Accepts what `other` accepts from now on, and so do all clones.
    pub fn replace(&self, other: &Self) {
        self.digests.set(other.digests.get().to_vec());
    }

    /// By which each secret can be known again. None of them opens anything.
    pub fn fingerprints(&self) -> Vec<SecretString> {
        self.digests.get().iter().map(shown).collect()
    }

    /// The fingerprint that this secret has if it is accepted.
    pub fn fingerprint(presented: &str) -> SecretString {
        shown(&digest(presented))
    }

    /// Every digest is compared, and one is made where there is none, so that a wrong secret costs what a right one does.
    pub fn matches(&self, presented: &str) -> bool {
        if presented.is_empty() || presented.len() > MAX_PRESENTED {
            return false;
        }
        let presented = digest(presented);
        let digests = self.digests.get();
        let found = digests.iter().fold(Choice::from(0), |found, digest| {
            found | digest.ct_eq(&presented)
        });
        found.into()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Accepted {
    fn from_iter<I: IntoIterator<Item = S>>(secrets: I) -> Self {
        let digests = secrets
            .into_iter()
            .filter(|secret| !secret.as_ref().is_empty())
            .map(|secret| digest(secret.as_ref()))
            .collect();
        Self {
            digests: Rotating::new(digests),
        }
    }
}

impl From<&Secrets> for Accepted {
    fn from(secrets: &Secrets) -> Self {
        secrets.iter().map(ExposeSecret::expose_secret).collect()
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Accepted({})", self.digests.get().len())
    }
}

/// The token of an `Authorization: Bearer` header, where there is exactly one such header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer")
}

/// User and password of an `Authorization: Basic` header, where there is exactly one such header.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let pair = authorization(headers, "basic").filter(|pair| pair.len() <= MAX_PAIR)?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn authorization<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, shown) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| shown.trim())
}

fn shown(digest: &[u8; 32]) -> SecretString {
    BASE64_STANDARD.encode(digest).into()
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_configured_secret_matches_and_nothing_else_does() {
        let accepted: Accepted = ["old", "new"].into_iter().collect();
        assert!(accepted.matches("old") && accepted.matches("new"));
        for wrong in ["", "ol", "olds", "OLD", "old "] {
            assert!(!accepted.matches(wrong), "{wrong:?}");
        }
        assert!(!accepted.matches(&"o".repeat(MAX_PRESENTED + 1)));
    }

    #[test]
    fn an_empty_configured_secret_never_matches() {
        let accepted: Accepted = [""].into_iter().collect();
        assert!(accepted.is_empty() && !accepted.matches("") && !accepted.matches("x"));
    }

    #[test]
    fn a_clone_accepts_what_replaces_the_secrets_and_nothing_else() {
        let accepted: Accepted = ["old"].into_iter().collect();
        let clone = accepted.clone();
        accepted.replace(&["new", "next"].into_iter().collect());
        assert!(clone.matches("new") && clone.matches("next") && !clone.matches("old"));
        accepted.replace(&Accepted::default());
        assert!(clone.is_empty() && !clone.matches("new"));
    }

    #[test]
    fn a_secret_has_its_fingerprint_for_as_long_as_it_is_accepted() {
        let accepted: Accepted = ["old", "new"].into_iter().collect();
        let knows = |secret: &str| {
            let wanted = Accepted::fingerprint(secret);
            let all = accepted.fingerprints();
            all.iter()
                .any(|one| one.expose_secret() == wanted.expose_secret())
        };
        assert!(knows("old") && knows("new") && !knows("other"));
        accepted.replace(&["new"].into_iter().collect());
        assert!(knows("new") && !knows("old"));
    }

    #[test]
    fn debug_prints_no_secret() {
        let accepted: Accepted = ["canary"].into_iter().collect();
        assert_eq!(format!("{accepted:?}"), "Accepted(1)");
    }

    #[test]
    fn a_bearer_token_is_read_only_from_a_single_header() {
        let one = |value: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
        };
        assert_eq!(bearer(&one("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&one("bearer abc")), Some("abc"));
        assert_eq!(bearer(&one("Basic abc")), None);
        assert_eq!(bearer(&one("abc")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
        let mut twice = one("Bearer abc");
        twice.append(header::AUTHORIZATION, "Bearer abc".parse().unwrap());
        assert_eq!(bearer(&twice), None);
    }

    #[test]
    fn a_basic_pair_is_parted_at_its_first_colon() {
        let shown = |pair: &str| {
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
        };
        let pair = basic(&shown("certainly:a:b")).unwrap();
        assert_eq!(pair, ("certainly".to_owned(), "a:b".to_owned()));
        assert_eq!(basic(&shown("no colon")), None);
        let broken = HeaderMap::from_iter([(header::AUTHORIZATION, "Basic %%%".parse().unwrap())]);
        assert_eq!(basic(&broken), None);
        assert_eq!(basic(&HeaderMap::new()), None);
    }
}
