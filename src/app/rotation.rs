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

use super::{adapters::Presented, hooks};
use crate::{
    config::{Config, Kind, NamedSecrets, Platform, Rotating, Source},
    desks::webhook,
    domain::{
        ids::{BotName, DeskName},
        time::Clock,
    },
    http::{self, secret::Accepted},
    outbound::webhook_signature::WebhookSecrets,
};

/// Where the secrets of a running bridge are.
#[derive(Clone, Debug)]
pub(super) struct Holders {
    admin: Accepted,
    bots: BTreeMap<BotName, BotHolders>,
    desks: BTreeMap<DeskName, DeskHolders>,
}

#[derive(Clone, Debug)]
struct BotHolders {
    verify_token: Accepted,
    hook_key: Accepted,
    access_token: Rotating<SecretString>,
}

#[derive(Clone, Debug)]
struct DeskHolders {
    token: Accepted,
    signing: Rotating<WebhookSecrets>,
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
    pub(super) fn new(
        (bots, desks): (&[http::Bot], &[http::Desk]),
        admin: &Accepted,
        presented: Presented,
    ) -> Self {
        let Presented {
            mut access_tokens,
            mut signing,
        } = presented;
        let bots = bots.iter().filter_map(|bot| {
            let holders = BotHolders {
                verify_token: bot.verify_token.clone(),
                hook_key: bot.hook_key.clone(),
                access_token: access_tokens.remove(&bot.name)?,
            };
            Some((bot.name.clone(), holders))
        });
        let desks = desks.iter().filter_map(|desk| {
            let holders = DeskHolders {
                token: desk.token.clone(),
                signing: signing.remove(&desk.name)?,
            };
            Some((desk.name.clone(), holders))
        });
        Self {
            admin: admin.clone(),
            bots: bots.collect(),
            desks: desks.collect(),
        }
    }

    /// Takes over what `config` says. What can fail is done before anything is exchanged.
    fn exchange(&self, config: &Config) -> Result<(), webhook::SettingsError> {
        let desks = config.desks.iter().filter_map(|(name, desk)| {
            let Kind::Webhook(webhook) = &desk.kind;
            Some((self.desks.get(name)?, webhook))
        });
        let desks: Vec<_> = desks
            .map(|(holders, desk)| {
                let token = hooks::accepted(Some(&desk.token));
                Ok((holders, token, webhook::signing(&desk.secret)?))
            })
            .collect::<Result<_, webhook::SettingsError>>()?;

        self.admin
            .replace(&hooks::accepted(config.admin.token.as_ref()));
        for (holders, token, signing) in desks {
            holders.token.replace(&token);
            holders.signing.set(signing);
        }
        for (name, bot) in &config.bots {
            let Platform::Chatlayer(bot) = &bot.platform;
            let Some(holders) = self.bots.get(name) else {
                continue;
            };
            let verify_token = hooks::accepted(Some(&bot.verify_token));
            holders.verify_token.replace(&verify_token);
            let hook_key = hooks::accepted(bot.hook_key.as_ref());
            holders.hook_key.replace(&hook_key);
            holders.access_token.set(bot.access_token.first().clone());
        }
        Ok(())
    }
}

impl Rotation {
    /// `source` is what the bridge was started with, and pinned.
    pub(super) fn new(
        source: Source,
        (holders, current): (Holders, Vec<NamedSecrets>),
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
        if !current.iter().any(|named| named.secrets.from_files()) {
            tracing::warn!("no secret comes from a file, so there is nothing to read again");
            return;
        }
        let config = match Config::load(&self.source) {
            Ok(config) => config,
            Err(faults) => {
                for fault in &faults {
                    tracing::error!("all secrets stay as they were: {fault}");
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
