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
    /// How many readings there have been. Several may be under way at once.
    readings: AtomicU64,
    /// Held while secrets are exchanged, so that two exchanges do not mix.
    current: Mutex<Current>,
}

/// The secrets of this moment.
#[derive(Debug)]
struct Current {
    named: Vec<NamedSecrets>,
    /// Which reading they are of.
    reading: u64,
}

/// Why nothing is exchanged.
#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    /// To take it for none would be to let nobody in any more.
    #[error("{0} was there at the start and is there no more")]
    Missing(String),
    #[error(transparent)]
    Signing(#[from] webhook::SettingsError),
}

/// Both sides of a rotation should be done within this.
const LONG: Duration = Duration::from_hours(7 * 24);
const DAY: Duration = Duration::from_hours(24);

impl Holders {
    pub(super) fn new(holders: impl IntoIterator<Item = (String, Holder)>) -> Self {
        Self(holders.into_iter().collect())
    }

    /// Takes over what `config` says. What can fail is done before anything is exchanged.
    fn exchange(&self, config: &Config) -> Result<(), ExchangeError> {
        let named = config.secrets();
        let mut named: BTreeMap<_, _> = named
            .iter()
            .map(|named| (named.key.as_str(), &named.secrets))
            .collect();
        let holders = self.0.iter();
        let exchanges: Vec<_> = holders
            .map(|(key, holder)| {
                let secrets = named.remove(key.as_str());
                if secrets.is_none() && !holder.is_empty() {
                    return Err(ExchangeError::Missing(key.clone()));
                }
                Ok(holder.exchange(secrets)?)
            })
            .collect::<Result<_, _>>()?;
        for exchange in exchanges {
            exchange();
        }
        Ok(())
    }
}

impl Holder {
    /// Whether there was nothing at the start either.
    fn is_empty(&self) -> bool {
        match self {
            Self::Accepted(accepted) => accepted.is_empty(),
            Self::Verifying(held) => held.get().is_empty(),
            Self::Presented(_) | Self::Hash(_) | Self::Signing(_) => false,
        }
    }

    /// What makes the exchange when it is called.
    fn exchange(
        &self,
        secrets: Option<&Secrets>,
    ) -> Result<Box<dyn FnOnce() + '_>, webhook::SettingsError> {
        Ok(match (self, secrets) {
            (Self::Accepted(accepted), Some(secrets)) => {
                let other = Accepted::from(secrets);
                Box::new(move || accepted.replace(&other))
            }
            (Self::Verifying(held), Some(secrets)) => {
                let others = secrets.iter().cloned().collect();
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
            (_, None) => Box::new(|| ()),
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
            readings: AtomicU64::new(0),
            current: Mutex::new(Current {
                named: current,
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
        let from_files = |named: &NamedSecrets| named.secrets.from_files();
        if !self.current().named.iter().any(from_files) {
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
        self.holders.exchange(config)?;
        let named = config.secrets();
        let changed = changed(&current.named, &named);
        *current = Current { named, reading };
        Ok(changed)
    }

    /// Says which secrets are in the middle of a rotation, and louder if one has been for long.
    pub(super) fn remind(&self) {
        let current = self.current();
        let now = self.clock.now();
        let several = current.named.iter().filter(|one| one.secrets.count() > 1);
        for NamedSecrets { key, secrets } in several {
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

/// The keys whose secrets are others than before.
fn changed(before: &[NamedSecrets], after: &[NamedSecrets]) -> Vec<String> {
    let both = before.iter().zip(after);
    both.filter(|(one, other)| !one.secrets.equals(&other.secrets))
        .map(|(_, other)| other.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write as _,
        process::Command,
        thread,
    };

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::clock::SystemClock;

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
    fn what_others_sign_with_is_exchanged_as_a_whole_and_never_for_nothing() {
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
        let fault = holders.exchange(&none).unwrap_err();
        assert!(fault.to_string().starts_with(KEY), "{fault}");
        assert_eq!(now(), ["new", "old"]);
    }

    #[test]
    fn a_key_that_is_spelt_otherwise_than_in_the_configuration_shuts_nobody_out() {
        let accepted: Accepted = ["hook-key-of-the-inbox"].into_iter().collect();
        let empty = Accepted::default();
        let holders = Holders::new([
            (
                "desks.inbox.key".to_owned(),
                Holder::Accepted(accepted.clone()),
            ),
            ("admin.token".to_owned(), Holder::Accepted(empty.clone())),
        ]);
        let read = config("hook_key = \"another-key-of-the-inbox\"");
        assert!(holders.exchange(&read).is_err());
        assert!(accepted.matches("hook-key-of-the-inbox"));
        assert!(empty.is_empty());
    }

    #[test]
    fn a_disk_that_hangs_keeps_nobody_waiting_and_undoes_nothing_when_it_is_back() {
        const TOKENS: [&str; 3] = [
            "first-token-of-the-operators-0123456789",
            "second-token-of-the-operators-012345678",
            "third-token-of-the-operators-0123456789",
        ];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, TOKENS[0]).unwrap();
        let text = format!("admin.token_file = \"{}\"", file.display());
        let source = Source::text("test.toml", text);
        let config = Config::load(&source).unwrap();
        let accepted: Accepted = [TOKENS[0]].into_iter().collect();
        let holder = Holder::Accepted(accepted.clone());
        let holders = Holders::new([("admin.token".to_owned(), holder)]);
        let rotation = Rotation::new(source, holders, config.secrets(), Arc::new(SystemClock));
        fs::remove_file(&file).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&file)
                .status()
                .unwrap()
                .success()
        );
        thread::scope(|scope| {
            let hangs = scope.spawn(|| rotation.read_again());
            // Opens when the other end is read.
            let mut disk = File::options().write(true).open(&file).unwrap();
            rotation.remind();
            fs::remove_file(&file).unwrap();
            fs::write(&file, TOKENS[2]).unwrap();
            rotation.read_again();
            assert!(accepted.matches(TOKENS[2]));
            disk.write_all(TOKENS[1].as_bytes()).unwrap();
            drop(disk);
            hangs.join().unwrap();
        });
        assert!(accepted.matches(TOKENS[2]) && !accepted.matches(TOKENS[1]));
    }
}
