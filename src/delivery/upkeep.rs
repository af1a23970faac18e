//! What has to be done now and then: retention, and handovers whose bot or desk is gone from every configuration.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::{Instant, interval_at};

use crate::{
    domain::ids::{BotName, DeskName},
    store::{Error, Gone, Names, Retention, Store},
};

#[derive(Debug)]
pub(super) struct Upkeep {
    store: Arc<dyn Store>,
    retention: Retention,
    known: Known,
    /// What was left to others at the last look.
    left: BTreeSet<Gone>,
}

/// The names that are configured.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bots: BTreeSet<BotName>,
    pub(super) desks: BTreeSet<DeskName>,
}

/// What came of a look at the names.
#[derive(Clone, Copy, Debug)]
enum Looked {
    /// Whatever is used is known here, or has been taken away.
    Finished,
    /// Other replicas have the rest.
    Left,
    /// Nobody can say yet what others know.
    TooEarly,
}

const PURGE_EVERY: Duration = Duration::from_mins(10);
/// Small, so that steps of conversations do not wait behind it.
const PURGE_AT_ONCE: usize = 500;
/// Time for an operator to notice that a name was dropped by mistake, and to start again with it.
const FIRST_LOOK_AT_NAMES: Duration = Duration::from_mins(1);
const LOOK_AT_NAMES_EVERY: Duration = Duration::from_hours(1);
/// When something was left to others, who may be about to leave, and when it could not be looked.
const LOOK_AT_NAMES_AGAIN: Duration = Duration::from_mins(1);
const REMOVE_AT_ONCE: usize = 50;

impl Upkeep {
    pub(super) fn new(store: Arc<dyn Store>, retention: Retention, known: Known) -> Self {
        Self {
            store,
            retention,
            known,
            left: BTreeSet::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let start = Instant::now();
        let mut purge = interval_at(start + PURGE_EVERY, PURGE_EVERY);
        let mut names = interval_at(start + FIRST_LOOK_AT_NAMES, LOOK_AT_NAMES_EVERY);
        loop {
            let done = tokio::select! {
                _ = purge.tick() => self.purge().await,
                _ = names.tick() => {
                    let looked = self.remove_what_is_gone().await;
                    if !matches!(looked, Ok(Looked::Finished)) {
                        names.reset_after(LOOK_AT_NAMES_AGAIN);
                    }
                    looked.map(drop)
                }
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

    /// Nobody claims the lanes of a name that is gone; this moves on what depends on them. What is used is read before what
    /// others know: who makes use of a name has said before that it knows it.
    async fn remove_what_is_gone(&mut self) -> Result<Looked, Error> {
        let used = self.store.names_in_use().await?;
        let unknown: Vec<Gone> = self.unknown(used).collect();
        if unknown.is_empty() {
            self.left.clear();
            return Ok(Looked::Finished);
        }
        let Some(others) = self.store.names_of_others().await? else {
            return Ok(Looked::TooEarly);
        };
        let (left, gone): (BTreeSet<_>, BTreeSet<_>) =
            unknown.into_iter().partition(|name| match name {
                Gone::Bot(name) => others.bots.contains(name),
                Gone::Desk(name) => others.desks.contains(name),
            });
        for name in gone {
            self.remove(&name).await?;
        }
        for name in left.difference(&self.left) {
            match name {
                Gone::Bot(name) => {
                    tracing::info!(bot = %name, "bot is not configured here, its handovers are left to replicas that know it");
                }
                Gone::Desk(name) => {
                    tracing::info!(desk = %name, "desk is not configured here, its handovers are left to replicas that know it");
                }
            }
        }
        self.left = left;
        Ok(if self.left.is_empty() {
            Looked::Finished
        } else {
            Looked::Left
        })
    }

    fn unknown(&self, used: Names) -> impl Iterator<Item = Gone> {
        let Names { bots, desks } = used;
        let known = &self.known;
        let bots = bots
            .into_iter()
            .filter(|name| !known.bots.contains(name))
            .map(Gone::Bot);
        let desks = desks
            .into_iter()
            .filter(|name| !known.desks.contains(name))
            .map(Gone::Desk);
        bots.chain(desks)
    }

    async fn remove(&self, gone: &Gone) -> Result<(), Error> {
        match gone {
            Gone::Bot(name) => {
                tracing::warn!(bot = %name, "bot is not configured any more, ending its handovers");
            }
            Gone::Desk(name) => {
                tracing::warn!(desk = %name, "desk is not configured any more, moving its handovers on");
            }
        }
        while self.store.remove(gone, REMOVE_AT_ONCE).await? > 0 {}
        Ok(())
    }
}
