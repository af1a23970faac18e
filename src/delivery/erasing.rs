//! Erasure goes on beside the deliveries that it waits for.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};

use super::sleep_or_pend;
use crate::store::{Erased, Store};

#[derive(Debug)]
pub(super) struct Erasing {
    store: Arc<dyn Store>,
    bell: Arc<Notify>,
}

/// Small, so that steps of conversations do not wait behind it.
const ROWS_AT_ONCE: usize = 500;
/// How soon it is looked whether what an erasure waits for has been settled.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A store that cannot do it now is not asked again at once.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(10);

impl Erasing {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let bell = store.erasure_bell();
        Self { store, bell }
    }

    /// Begins with what was left to do when the process ended before.
    pub(super) async fn run(self) {
        loop {
            let mut rung = pin!(self.bell.notified());
            rung.as_mut().enable();
            let wait = match self.store.go_on_erasing(ROWS_AT_ONCE).await {
                Ok(Erased::More) => continue,
                Ok(Erased::Waits) => Some(LOOK_EVERY),
                Ok(Erased::All) => None,
                Err(error) => {
                    tracing::warn!(
                        error = error.told(),
                        "an erasure could not go on, it is tried again"
                    );
                    // Whoever rings meanwhile is heard then.
                    sleep(TRIED_AGAIN_AFTER).await;
                    continue;
                }
            };
            tokio::select! {
                () = rung => {}
                () = sleep_or_pend(wait) => {}
            }
        }
    }
}
