//! Who may sign in, and as what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use argon2::{
    Argon2,
    password_hash::{PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::one_time::OneTime;
use crate::{
    config::{Role, Rotating, User},
    domain::{ids::OperatorName, operator::Colleague},
    http::secret::Accepted,
};

/// Whoever makes this call. Every page takes one, and first; who is not signed in is sent to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::console) struct SignedIn {
    pub(in crate::console) operator: OperatorName,
    pub(in crate::console) shown_as: Option<String>,
    pub(in crate::console) role: Role,
}

impl SignedIn {
    /// How users and colleagues are told of them.
    pub(in crate::console) fn called(&self) -> &str {
        self.shown_as.as_deref().unwrap_or(self.operator.as_str())
    }
}

/// Somebody who signs in with a password.
#[derive(Clone, Debug)]
pub struct Account {
    /// Exchanged while the bridge runs; sessions that were begun with another end by it.
    pub password_hash: Rotating<SecretString>,
    pub role: Role,
    pub shown_as: Option<String>,
}

/// How users and colleagues are told of whoever signs in by this name, or did.
pub(in crate::console) fn called<'a>(people: &'a [SignedIn], name: &'a str) -> &'a str {
    let known = people.iter().find(|it| it.operator.as_str() == name);
    known.map_or(name, SignedIn::called)
}

/// Somebody who comes in.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) operator: OperatorName,
    /// What their session is sealed by.
    pub(super) credential: Arc<SecretString>,
}

/// Everybody who can come in.
#[derive(Debug)]
pub(in crate::console) struct Accounts {
    pub(in crate::console) users: BTreeMap<OperatorName, Account>,
    /// `admin.token`. Opens while there are no users.
    pub(in crate::console) token: Accepted,
    pub(in crate::console) one_time: Option<OneTime>,
}

/// Whoever signs in by `admin.token`.
const ADMIN: &str = "admin";

impl Accounts {
    /// Whoever this is at present.
    pub(super) fn known(&self, operator: &OperatorName) -> Option<SignedIn> {
        if let Some(Account { role, shown_as, .. }) = self.users.get(operator) {
            return Some(SignedIn {
                operator: operator.clone(),
                shown_as: shown_as.clone(),
                role: *role,
            });
        }
        let by_link = self
            .one_time
            .as_ref()
            .filter(|link| link.operator == *operator);
        let by_token = self.opens_by_token() && operator.as_str() == ADMIN;
        (by_token || by_link.is_some()).then(|| SignedIn {
            operator: operator.clone(),
            shown_as: by_link.and_then(|link| link.shown_as.clone()),
            role: Role::Admin,
        })
    }

    /// Whoever can come in at present, by name.
    pub(in crate::console) fn everybody(&self) -> Vec<SignedIn> {
        let mut names: BTreeSet<OperatorName> = self.users.keys().cloned().collect();
        names.extend(self.one_time.as_ref().map(|link| link.operator.clone()));
        names.extend(OperatorName::new(ADMIN));
        names.iter().filter_map(|name| self.known(name)).collect()
    }

    /// Somebody else to whom a conversation can be given.
    pub(in crate::console) fn colleague(&self, name: &str) -> Option<Colleague> {
        let known = self.known(&OperatorName::new(name).ok()?)?;
        Some(Colleague {
            name: known.operator,
            shown_as: known.shown_as,
        })
    }

    pub(in crate::console) fn opens_by_token(&self) -> bool {
        self.users.is_empty() && !self.token.is_empty()
    }

    /// What a session of theirs that is good at present is sealed by: of several, by any of them.
    pub(super) fn credentials(&self, operator: &OperatorName) -> Vec<Arc<SecretString>> {
        if let Some(user) = self.users.get(operator) {
            return vec![user.password_hash.get()];
        }
        let by_link = self.one_time.as_ref();
        if by_link.is_some_and(|link| link.operator == *operator) {
            return vec![no_credential()];
        }
        let tokens = self.token.fingerprints().into_iter();
        tokens.map(Arc::new).collect()
    }

    /// Whoever followed the link.
    pub(super) fn linked(&self, link: &OneTime) -> Opened {
        let credential = self.credentials(&link.operator).into_iter().next();
        Opened {
            operator: link.operator.clone(),
            credential: credential.unwrap_or_else(no_credential),
        }
    }

    /// Takes a good tenth of a second of a processor, whether or not there is such a user.
    pub(super) fn open(&self, name: &str, password: &str) -> Option<Opened> {
        let operator = OperatorName::new(name).ok()?;
        if self.opens_by_token() {
            return (name == ADMIN && self.token.matches(password)).then(|| Opened {
                operator,
                credential: Arc::new(Accepted::fingerprint(password)),
            });
        }
        let user = self.users.get(&operator);
        let current = user.map(|user| user.password_hash.get());
        let hash = match &current {
            Some(current) => current.expose_secret(),
            None => nobodys(),
        };
        let right = PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        });
        let credential = current.filter(|_| right)?;
        Some(Opened {
            operator,
            credential,
        })
    }
}

impl From<&User> for Account {
    fn from(user: &User) -> Self {
        let User {
            password_hash,
            role,
            shown_as,
        } = user;
        Self {
            password_hash: Rotating::new(password_hash.first().clone()),
            role: *role,
            shown_as: shown_as.clone(),
        }
    }
}

/// Of whoever came in by the link: nothing that changes.
fn no_credential() -> Arc<SecretString> {
    Arc::default()
}

/// A hash to compare with where there is no such user.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| User::hash("nobody").unwrap_or_default())
}
