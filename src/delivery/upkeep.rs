//! What has to be done now and then: retention, and handovers whose bot or desk is gone from the configuration.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::{Instant, interval_at};

use crate::{
    domain::ids::{BotName, DeskName},
    store::{Error, Gone, Retention, Store},
};

#[derive(Debug)]
pub(super) struct Upkeep {
    store: Arc<dyn Store>,
    retention: Retention,
    known: Known,
}

/// The names that are configured.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bots: BTreeSet<BotName>,
    pub(super) desks: BTreeSet<DeskName>,
}

const PURGE_EVERY: Duration = Duration::from_mins(10);
/// Small, so that steps of conversations do not wait behind it.
const PURGE_AT_ONCE: usize = 500;
/// Time for an operator to notice that a name was dropped by mistake, and to start again with it.
const FIRST_LOOK_AT_NAMES: Duration = Duration::from_mins(1);
const LOOK_AT_NAMES_EVERY: Duration = Duration::from_hours(1);
const REMOVE_AT_ONCE: usize = 50;

impl Upkeep {
    pub(super) fn new(store: Arc<dyn Store>, retention: Retention, known: Known) -> Self {
        Self {
            store,
            retention,
            known,
        }
    }

    pub(super) async fn run(self) {
        let start = Instant::now();
        let mut purge = interval_at(start + PURGE_EVERY, PURGE_EVERY);
        let mut names = interval_at(start + FIRST_LOOK_AT_NAMES, LOOK_AT_NAMES_EVERY);
        loop {
            let done = tokio::select! {
                _ = purge.tick() => self.purge().await,
                _ = names.tick() => self.remove_what_is_gone().await,
            };
            if let Err(error) = done {
                tracing::warn!(
                    error = error.told(),
                    "upkeep could not finish, it goes on at its next turn"
                );
            }
        }
    }

    async fn purge(&self) -> Result<(), Error> {
        while self.store.purge(self.retention, PURGE_AT_ONCE).await? > 0 {}
        Ok(())
    }

    /// Nobody claims the lanes of a name that is gone; this moves on what depends on them.
    async fn remove_what_is_gone(&self) -> Result<(), Error> {
        let used = self.store.names_in_use().await?;
        let bots = used
            .bots
            .into_iter()
            .filter(|name| !self.known.bots.contains(name))
            .map(Gone::Bot);
        let desks = used
            .desks
            .into_iter()
            .filter(|name| !self.known.desks.contains(name))
            .map(Gone::Desk);
        for gone in bots.chain(desks) {
            match &gone {
                Gone::Bot(name) => {
                    tracing::warn!(bot = %name, "bot is not configured any more, ending its handovers");
                }
                Gone::Desk(name) => {
                    tracing::warn!(desk = %name, "desk is not configured any more, moving its handovers on");
                }
            }
            while self.store.remove(&gone, REMOVE_AT_ONCE).await? > 0 {}
        }
        Ok(())
    }
}
