//! Fires the deadlines of the handovers. Sleeps until the next one and polls nothing.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{SHORTEST_WAIT, STORE_PAUSE, sleep_or_pend};
use crate::{
    domain::time::Clock,
    store::{Fired, Store},
};

#[derive(Debug)]
pub(super) struct Timers {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bell: Arc<Notify>,
}

/// As many as fit into one group of the store without keeping other steps waiting.
const AT_ONCE: usize = 64;

impl Timers {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let bell = store.timer_bell();
        Self { store, clock, bell }
    }

    pub(super) async fn run(self) {
        loop {
            let mut rung = pin!(self.bell.notified());
            rung.as_mut().enable();
            let wait = self.fire().await;
            tokio::select! {
                () = rung => {}
                () = sleep_or_pend(wait) => {}
            }
        }
    }

    /// Fires what is due and says how long nothing will be.
    async fn fire(&self) -> Option<Duration> {
        match self.store.fire_timers(AT_ONCE).await {
            Ok(Fired { next, .. }) => {
                next.map(|next| next.since(self.clock.now()).max(SHORTEST_WAIT))
            }
            Err(error) => {
                tracing::warn!(error = error.told(), "cannot fire the timers, trying again");
                Some(STORE_PAUSE)
            }
        }
    }
}
