//! Exchanges the secrets of a running bridge for those that its files hold now, when SIGHUP asks for it.
//!
//! The configuration is loaded once more from the text that the bridge was started with, so every rule holds again and
//! nothing but the contents of secret files can differ. All of it or nothing: with one fault every secret stays as it
//! was. Each holder is exchanged as a whole, and a call that has begun with one secret ends with it, so with both
//! secrets in the list of either side no call is refused on the way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::SecretString;

use crate::{
    config::{Config, NamedSecrets, Rotating, Secrets, Source},
    desks::webhook,
    domain::time::Clock,
    http::secret::Accepted,
    outbound::webhook_signature::WebhookSecrets,
};

/// Where the secrets of a running bridge are, by their keys in the configuration.
#[derive(Clone, Debug)]
pub(super) struct Holders(BTreeMap<String, Holder>);

/// Where one secret is used. Clones share it.
#[derive(Clone, Debug)]
pub(super) enum Holder {
    /// Others show it to us.
    Accepted(Accepted),
    /// We show it to others.
    Presented(Rotating<SecretString>),
    /// Passwords are compared with it.
    Hash(Rotating<SecretString>),
    /// Others sign with it what they send us.
    Verifying(Rotating<Vec<SecretString>>),
    /// We sign with it.
    Signing(Rotating<WebhookSecrets>),
}

/// Reads the files of secrets again, as often as it is told.
#[derive(Debug)]
pub(super) struct Rotation {
    source: Source,
    holders: Holders,
    clock: Arc<dyn Clock>,
    /// The secrets of this moment; held while they are exchanged, so that two exchanges do not mix.
    current: Mutex<Vec<NamedSecrets>>,
}

/// Both sides of a rotation should be done within this.
const LONG: Duration = Duration::from_hours(7 * 24);
const DAY: Duration = Duration::from_hours(24);

impl Holders {
    pub(super) fn new(holders: impl IntoIterator<Item = (String, Holder)>) -> Self {
        Self(holders.into_iter().collect())
    }

    /// Takes over what `config` says. What can fail is done before anything is exchanged.
    fn exchange(&self, config: &Config) -> Result<(), webhook::SettingsError> {
        let named = config.secrets();
        let mut named: BTreeMap<_, _> = named
            .iter()
            .map(|named| (named.key.as_str(), &named.secrets))
            .collect();
        let holders = self.0.iter();
        let exchanges: Vec<_> = holders
            .map(|(key, holder)| holder.exchange(named.remove(key.as_str())))
            .collect::<Result<_, _>>()?;
        for exchange in exchanges {
            exchange();
        }
        Ok(())
    }
}

impl Holder {
    /// What makes the exchange when it is called. A secret that is not configured is left as it is if it is ours, and
    /// opens nothing if it is others'.
    fn exchange(
        &self,
        secrets: Option<&Secrets>,
    ) -> Result<Box<dyn FnOnce() + '_>, webhook::SettingsError> {
        Ok(match (self, secrets) {
            (Self::Accepted(accepted), secrets) => {
                let other = secrets.map(Accepted::from).unwrap_or_default();
                Box::new(move || accepted.replace(&other))
            }
            (Self::Verifying(held), secrets) => {
                let others = secrets.into_iter().flat_map(Secrets::iter);
                let others = others.cloned().collect();
                Box::new(move || held.set(others))
            }
            (Self::Presented(held) | Self::Hash(held), Some(secrets)) => {
                let other = secrets.first().clone();
                Box::new(move || held.set(other))
            }
            (Self::Signing(signing), Some(secrets)) => {
                let other = webhook::signing(secrets)?;
                Box::new(move || signing.set(other))
            }
            (Self::Presented(_) | Self::Hash(_) | Self::Signing(_), None) => Box::new(|| ()),
        })
    }
}

impl Rotation {
    /// `source` is what the bridge was started with, and pinned.
    pub(super) fn new(
        source: Source,
        holders: Holders,
        current: Vec<NamedSecrets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            source,
            holders,
            clock,
            current: Mutex::new(current),
        }
    }

    /// Reads and exchanges, and logs what came of it. Waits for the disk.
    pub(super) fn read_again(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if self.source.is_outdated() {
            tracing::warn!(
                "the configuration file is another than at the start, and counts from the next start on"
            );
        }
        if !current.iter().any(|named| named.secrets.from_files()) {
            tracing::warn!("no secret comes from a file, so there is nothing to read again");
            return;
        }
        let config = match Config::load(&self.source) {
            Ok(config) => config,
            Err(faults) => {
                for fault in &faults {
                    tracing::error!(config.fault = %fault, "all secrets stay as they were");
                }
                return;
            }
        };
        if let Err(fault) = self.holders.exchange(&config) {
            tracing::error!(error = %fault, "all secrets stay as they were");
            return;
        }
        let read = config.secrets();
        let changed = changed(&current, &read);
        if changed.is_empty() {
            tracing::info!("secrets have been read again, none has changed");
        } else {
            tracing::info!(
                secrets.changed = changed.join(" "),
                "secrets have been exchanged"
            );
        }
        *current = read;
        drop(current);
        self.remind();
    }

    /// Says which secrets are in the middle of a rotation, and louder if one has been for long.
    pub(super) fn remind(&self) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        for NamedSecrets { key, secrets } in current.iter().filter(|one| one.secrets.count() > 1) {
            let age = secrets.age(now);
            let days = age.map(|age| age.as_secs() / DAY.as_secs());
            let values = secrets.count();
            if age.is_some_and(|age| age >= LONG) {
                tracing::warn!(
                    secret.key = key,
                    secret.values = values,
                    secret.age_days = days,
                    "a secret has taken several values for long; if the other side uses the first, remove the others"
                );
            } else {
                tracing::info!(
                    secret.key = key,
                    secret.values = values,
                    secret.age_days = days,
                    "a secret takes several values"
                );
            }
        }
    }
}

/// The keys whose secrets are others than before.
fn changed(before: &[NamedSecrets], after: &[NamedSecrets]) -> Vec<String> {
    let both = before.iter().zip(after);
    both.filter(|(one, other)| !one.secrets.equals(&other.secrets))
        .map(|(_, other)| other.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const KEY: &str = "desks.inbox.webhook_secret";

    fn config(opened_by: &str) -> Config {
        let text = format!(
            r#"
            [desks.inbox]
            kind = "chatwoot"
            api_url = "https://chat.example.com"
            account_id = 1
            inbox_id = 2
            api_access_token = "access"
            {opened_by}
            "#
        );
        Config::load(&Source::text("test.toml", text)).unwrap()
    }

    #[test]
    fn what_others_sign_with_is_exchanged_as_a_whole_and_none_of_it_believes_nobody() {
        let held = Rotating::new(vec![SecretString::from("old")]);
        let holders = Holders::new([(KEY.to_owned(), Holder::Verifying(held.clone()))]);
        let now = || {
            let secrets = held.get();
            let secrets = secrets
                .iter()
                .map(|secret| secret.expose_secret().to_owned());
            secrets.collect::<Vec<_>>()
        };
        let both = config("webhook_secret = [\"new\", \"old\"]");
        holders.exchange(&both).unwrap();
        assert_eq!(now(), ["new", "old"]);
        let none = config("hook_key = \"hook-key-of-the-inbox\"");
        holders.exchange(&none).unwrap();
        assert!(now().is_empty());
    }
}
