//! How calls to bots and desks go: what the process has seen, and what the rows say is owed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Standing;
use crate::{
    domain::{delivery::Destination, policy::ClosedBecause, retry::ErrorClass, time::Timestamp},
    store::Census,
};

/// How the last calls to a destination ended.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Calls {
    pub(in crate::store) last_success: Option<Timestamp>,
    pub(in crate::store) last_error: Option<(ErrorClass, Timestamp)>,
}

/// What is known of destinations beside what they are owed.
#[derive(Debug)]
pub(in crate::store) struct Known {
    pub(in crate::store) calls: HashMap<Destination, Calls>,
    pub(in crate::store) closed: BTreeMap<Destination, ClosedBecause>,
    /// Which of them are not called, and until when.
    pub(in crate::store) paused: HashMap<Destination, Timestamp>,
}

impl Known {
    /// Of the census only what is owed and what is dead counts.
    pub(in crate::store) fn standings(&self, census: &Census) -> Vec<Standing> {
        let mut destinations = BTreeSet::new();
        destinations.extend(self.calls.keys());
        destinations.extend(self.closed.keys());
        destinations.extend(self.paused.keys());
        destinations.extend(census.owed.keys());
        destinations.extend(census.dead_letters.keys());
        destinations
            .into_iter()
            .map(|destination| self.standing(destination, census))
            .collect()
    }

    fn standing(&self, of: &Destination, census: &Census) -> Standing {
        let called = self.calls.get(of).copied().unwrap_or_default();
        let owed = census.owed.get(of);
        Standing {
            destination: of.clone(),
            last_success: called.last_success,
            last_error: called.last_error,
            closed: self.closed.get(of).copied(),
            paused_until: self.paused.get(of).copied(),
            owed: owed.map_or(0, |owed| owed.count),
            oldest: owed.and_then(|owed| owed.since),
            dead: census.dead_letters.get(of).copied().unwrap_or(0),
        }
    }
}
