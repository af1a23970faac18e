//! Tasks that a newer version wrote. This process leaves them, for a while, to a replica that may know them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use crate::domain::{delivery::Destination, ids::DeliveryId, time::Timestamp};

/// Looked at again after this: somebody may have put right what only looked like a newer version's.
const LEFT_FOR: Duration = Duration::from_secs(15);

/// The heads of lanes that this process does not claim.
#[derive(Debug, Default)]
pub(super) struct Newer(Mutex<HashMap<DeliveryId, Left>>);

#[derive(Debug)]
struct Left {
    destination: Destination,
    until: Timestamp,
}

impl Newer {
    pub(super) fn leave(&self, delivery: DeliveryId, destination: Destination, now: Timestamp) {
        let until = now.plus(LEFT_FOR);
        self.lock().insert(delivery, Left { destination, until });
    }

    /// What is left to others at this destination, and until when the first of it is.
    pub(super) fn left(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> (Vec<Uuid>, Option<Timestamp>) {
        let mut all = self.lock();
        // A clock that was set back keeps nothing from being looked at for longer.
        all.retain(|_, left| left.until > now && left.until <= now.plus(LEFT_FOR));
        let here = all
            .iter()
            .filter(|(_, left)| left.destination == *destination);
        let (ids, ends): (Vec<Uuid>, Vec<Timestamp>) = here
            .map(|(delivery, left)| (delivery.as_uuid(), left.until))
            .unzip();
        (ids, ends.into_iter().min())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeliveryId, Left>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
