//! Fires the deadlines of the handovers. Sleeps until the next one and polls nothing.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};

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
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The shortest wait: a store that says that a timer was due already must not be asked in a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

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
                () = async { match wait {
                    Some(wait) => sleep(wait).await,
                    None => std::future::pending().await,
                }} => {}
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
