//! Exchanges the secrets of a running bridge for those that its files hold now, when SIGHUP asks for it.
//!
//! The configuration is loaded once more from the text that the bridge was started with, so every rule holds again and
//! nothing but the contents of secret files can differ. All of it or nothing: with one fault every secret stays as it
//! was. No lock is held while the disk is waited for, which may be for ever. Each holder is exchanged as a whole, and a
//! call that has begun with one secret ends with it, so with both secrets in the list of either side no call is refused
//! on the way.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use secrecy::SecretString;

use crate::{
    config::{Config, KeyPath, Rotating, Secrets, Source},
    desks::webhook,
    domain::time::Clock,
    http::secret::Accepted,
    outbound::webhook_signature::WebhookSecrets,
};

/// The secrets of a running bridge, and who has them.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders(BTreeMap<KeyPath, Held>);

/// One of them as it was read last.
#[derive(Clone, Debug)]
struct Held {
    secrets: Secrets,
    holder: Holder,
}

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
    clock: Arc<dyn Clock>,
    /// How many readings there have been. Several may be under way at once.
    readings: AtomicU64,
    /// Held while secrets are exchanged, so that two exchanges do not mix.
    current: Mutex<Current>,
}

/// The secrets of this moment.
#[derive(Debug)]
struct Current {
    holders: Holders,
    /// Which reading they are of.
    reading: u64,
}

/// Why nothing is exchanged.
#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    /// To take it for none would be to let nobody in any more.
    #[error("{0} was there at the start and is there no more")]
    Missing(KeyPath),
    #[error(transparent)]
    Signing(#[from] webhook::SettingsError),
}

/// Both sides of a rotation should be done within this.
const LONG: Duration = Duration::from_hours(7 * 24);
const DAY: Duration = Duration::from_hours(24);

impl Holders {
    /// What others may show of these, now and after each exchange. None take nobody.
    pub(super) fn accept<'s>(&mut self, secrets: impl Into<Option<&'s Secrets>>) -> Accepted {
        let Some(secrets) = secrets.into() else {
            return Accepted::default();
        };
        let accepted = Accepted::from(secrets);
        self.hold(secrets, Holder::Accepted(accepted.clone()));
        accepted
    }

    /// Has them exchanged where they are used.
    pub(super) fn hold(&mut self, secrets: &Secrets, holder: Holder) {
        let held = Held {
            secrets: secrets.clone(),
            holder,
        };
        self.0.insert(secrets.key().clone(), held);
    }

    pub(super) fn take_over(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    fn secrets(&self) -> impl Iterator<Item = &Secrets> {
        self.0.values().map(|held| &held.secrets)
    }

    /// Exchanges them for what `config` says, and tells the keys of those that are others now. What can fail is done
    /// before anything is exchanged.
    fn exchange(&mut self, config: &Config) -> Result<Vec<String>, ExchangeError> {
        let mut held: BTreeMap<_, _> = self.0.iter_mut().collect();
        let mut exchanges = Vec::new();
        for now in config.secrets() {
            if let Some(Held { secrets, holder }) = held.remove(now.key()) {
                exchanges.push((secrets, now, holder.exchange(now)?));
            }
        }
        if let Some(missing) = held.into_keys().next() {
            return Err(ExchangeError::Missing(missing.clone()));
        }
        let mut changed = Vec::new();
        for (before, now, exchange) in exchanges {
            exchange();
            if !before.equals(now) {
                changed.push(now.key().to_string());
            }
            *before = now.clone();
        }
        Ok(changed)
    }
}

impl Holder {
    /// What makes the exchange when it is called.
    fn exchange(
        &self,
        secrets: &Secrets,
    ) -> Result<Box<dyn FnOnce() + '_>, webhook::SettingsError> {
        Ok(match self {
            Self::Accepted(accepted) => {
                let other = Accepted::from(secrets);
                Box::new(move || accepted.replace(&other))
            }
            Self::Verifying(held) => {
                let others = secrets.iter().cloned().collect();
                Box::new(move || held.set(others))
            }
            Self::Presented(held) | Self::Hash(held) => {
                let other = secrets.first().clone();
                Box::new(move || held.set(other))
            }
            Self::Signing(signing) => {
                let other = webhook::signing(secrets)?;
                Box::new(move || signing.set(other))
            }
        })
    }
}

impl Rotation {
    /// `source` is what the bridge was started with, and pinned.
    pub(super) fn new(source: Source, holders: Holders, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            readings: AtomicU64::new(0),
            current: Mutex::new(Current {
                holders,
                reading: 0,
            }),
        }
    }

    /// Reads and exchanges, and logs what came of it. Waits for the disk.
    pub(super) fn read_again(&self) {
        let reading = self.readings.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        if self.source.is_outdated() {
            tracing::warn!(
                "the configuration file is another than at the start, and counts from the next start on"
            );
        }
        if !self.current().holders.secrets().any(Secrets::from_files) {
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
        let changed = match self.exchange(&config, reading) {
            Ok(changed) => changed,
            Err(fault) => {
                tracing::error!(error = %fault, "all secrets stay as they were");
                return;
            }
        };
        if changed.is_empty() {
            tracing::info!("secrets have been read again, none has changed");
        } else {
            tracing::info!(
                secrets.changed = changed.join(" "),
                "secrets have been exchanged"
            );
        }
        self.remind();
    }

    /// Tells the keys of those that are others now. None of a reading that was overtaken by a later one.
    fn exchange(&self, config: &Config, reading: u64) -> Result<Vec<String>, ExchangeError> {
        let mut current = self.current();
        if reading < current.reading {
            return Ok(Vec::new());
        }
        let changed = current.holders.exchange(config)?;
        current.reading = reading;
        Ok(changed)
    }

    /// Says which secrets are in the middle of a rotation, and louder if one has been for long.
    pub(super) fn remind(&self) {
        let current = self.current();
        let now = self.clock.now();
        let held = current.holders.secrets();
        for secrets in held.filter(|secrets| secrets.count() > 1) {
            let key = secrets.key().to_string();
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

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
