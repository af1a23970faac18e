//! Whether anybody is there: desks that require an agent take nobody while no one is signed in.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    domain::{delivery::Destination, ids::DeskName, policy::ClosedBecause, time::Clock},
    store::ConsoleStore,
};

/// An open page comes back each minute; who has not been seen for longer has left.
const THERE_FOR: Duration = Duration::from_mins(3);
/// So long after the last one has left without a word, or has come and gone at another replica, it may not be known here.
const EVERY: Duration = Duration::from_secs(1);

/// Tells the store of the desks that require an agent whether one is there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Presence {
    store: Arc<dyn ConsoleStore>,
    clock: Arc<dyn Clock>,
    desks: Arc<[DeskName]>,
}

impl Presence {
    /// The clock is the store's.
    pub fn new(store: Arc<dyn ConsoleStore>, clock: Arc<dyn Clock>, desks: Vec<DeskName>) -> Self {
        Self {
            store,
            clock,
            desks: desks.into(),
        }
    }

    /// A store that cannot be read says nothing of who is there, so what was known stays.
    pub async fn look(&self) {
        if self.desks.is_empty() {
            return;
        }
        let since = self.clock.now().minus(THERE_FOR);
        let Ok(sessions) = self.store.sessions_since(since).await else {
            return;
        };
        let condition = sessions.is_empty().then_some(ClosedBecause::NoAgent);
        for desk in self.desks.iter() {
            let desk = Destination::Desk(desk.clone());
            self.store.set_condition(&desk, condition);
        }
    }

    /// Again and again, for as long as it is polled.
    pub async fn watch(&self) {
        if self.desks.is_empty() {
            return;
        }
        loop {
            sleep(EVERY).await;
            self.look().await;
        }
    }
}
