//! Whether anybody is there: desks that require an agent take nobody while no one is signed in.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    domain::{delivery::Destination, ids::DeskName, policy::ClosedBecause, time::Clock},
    store::ConsoleStore,
};

/// An open page comes back each minute; who has not been seen for longer has left.
const THERE_FOR: Duration = Duration::from_mins(3);
/// So long after the last one has left, a user may still be promised an agent. Only where a desk wants to know.
const EVERY: Duration = Duration::from_secs(1);

/// Tells the store of these desks, at once and then for as long as what is given is polled: no request may come before it
/// is known that nobody is there.
pub async fn watch(
    store: Arc<dyn ConsoleStore>,
    clock: Arc<dyn Clock>,
    desks: Vec<DeskName>,
) -> impl Future<Output = ()> {
    look(&*store, &*clock, &desks).await;
    async move {
        if desks.is_empty() {
            return;
        }
        loop {
            sleep(EVERY).await;
            look(&*store, &*clock, &desks).await;
        }
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
