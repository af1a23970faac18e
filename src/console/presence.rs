//! Whether anybody is there: desks that require an agent take nobody while no one is signed in.

use std::{sync::Arc, time::Duration};

use tokio::time::interval;

use crate::{
    domain::{delivery::Destination, ids::DeskName, policy::ClosedBecause, time::Clock},
    store::ConsoleStore,
};

/// An open page comes back each minute; who has not been seen for longer has left.
const THERE_FOR: Duration = Duration::from_mins(3);
/// Only where a desk wants to know.
const EVERY: Duration = Duration::from_secs(5);

/// Tells the store of these desks for as long as it is polled.
pub async fn watch(store: Arc<dyn ConsoleStore>, clock: Arc<dyn Clock>, desks: Vec<DeskName>) {
    if desks.is_empty() {
        return;
    }
    let mut turns = interval(EVERY);
    loop {
        turns.tick().await;
        look(&*store, &*clock, &desks).await;
    }
}

/// A store that cannot be read says nothing of who is there, so what was known stays.
async fn look(store: &dyn ConsoleStore, clock: &dyn Clock, desks: &[DeskName]) {
    let Ok(sessions) = store.sessions_since(clock.now().minus(THERE_FOR)).await else {
        return;
    };
    let condition = sessions.is_empty().then_some(ClosedBecause::NoAgent);
    for desk in desks {
        store.set_condition(&Destination::Desk(desk.clone()), condition);
    }
}
