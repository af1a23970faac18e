//! The lanes that this process holds: each with the number of its claim, for as long as the database's clock says, and
//! a little less by the process's own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    domain::{
        ids::DeliveryId,
        time::{Clock, Timestamp},
    },
    store::claim::DROPPED_FOR,
};

/// How long a lane is held without a word from its holder. `lanes` says the same to the database.
pub(super) const LEASE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Leases {
    /// Under this name the process holds lanes.
    pub(super) owner: Uuid,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    /// Had by whoever gives dropped claims back: the next one finds them given back.
    pub(super) giving_back: tokio::sync::Mutex<()>,
    /// Rings when a claim was dropped.
    pub(super) dropped: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    held: HashMap<Claimed, Instant>,
    dropped: Vec<Dropped>,
    /// Until then lanes may be held for this process without its knowing.
    in_doubt: Option<Instant>,
}

/// A lane and the number of its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claimed {
    pub(super) lane: Uuid,
    pub(super) fence: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Dropped {
    pub(super) claimed: Claimed,
    pub(super) not_before: Timestamp,
}

/// A lane that is held, with what is on its way in it. Dropped, it gives the lane back after a while.
#[derive(Debug)]
pub struct Hold {
    leases: Arc<Leases>,
    pub(super) claimed: Claimed,
    pub(super) delivery: DeliveryId,
    spent: bool,
}

impl Leases {
    pub(super) fn new(owner: Uuid, clock: Arc<dyn Clock>) -> Self {
        Self {
            owner,
            clock,
            inner: Mutex::default(),
            giving_back: tokio::sync::Mutex::default(),
            dropped: Notify::new(),
        }
    }

    /// A lane that was claimed by a statement sent at `asked`.
    pub(super) fn hold(
        self: &Arc<Self>,
        claimed: Claimed,
        delivery: DeliveryId,
        asked: Instant,
    ) -> Hold {
        self.lock().held.insert(claimed, asked + LEASE);
        Hold {
            leases: Arc::clone(self),
            claimed,
            delivery,
            spent: false,
        }
    }

    /// How long a lane is certainly held, whatever has become of the database's clock.
    pub(super) fn remaining(&self, claimed: Claimed) -> Duration {
        let until = self.lock().held.get(&claimed).copied();
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    pub(super) fn held(&self) -> Vec<Claimed> {
        self.lock().held.keys().copied().collect()
    }

    /// These have been renewed by a statement sent at `asked`.
    pub(super) fn renewed(&self, claims: &[Claimed], asked: Instant) {
        let mut inner = self.lock();
        for claimed in claims {
            if let Some(until) = inner.held.get_mut(claimed) {
                *until = asked + LEASE;
            }
        }
    }

    /// A claim may have been written, or a lane not given back, and nobody has heard so.
    pub(super) fn doubt(&self) {
        self.lock().in_doubt = Some(Instant::now() + LEASE);
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        let in_doubt = self.lock().in_doubt;
        in_doubt.is_some_and(|until| until > Instant::now())
    }

    /// The lanes that this process knows to be its own.
    pub(super) fn known(&self) -> Vec<Uuid> {
        let inner = self.lock();
        let held = inner.held.keys().map(|claimed| claimed.lane);
        let dropped = inner.dropped.iter().map(|dropped| dropped.claimed.lane);
        held.chain(dropped).collect()
    }

    pub(super) fn take_dropped(&self) -> Vec<Dropped> {
        std::mem::take(&mut self.lock().dropped)
    }

    /// They could not be given back.
    pub(super) fn put_back(&self, dropped: Vec<Dropped>) {
        self.lock().dropped.extend(dropped);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// The lane is given back, or held on under another number, by a statement of its own.
    pub(super) fn spend(mut self) -> Claimed {
        self.spent = true;
        self.claimed
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut inner = self.leases.lock();
        inner.held.remove(&self.claimed);
        if !self.spent {
            inner.dropped.push(Dropped {
                claimed: self.claimed,
                not_before: self.leases.clock.now().plus(DROPPED_FOR),
            });
            drop(inner);
            self.leases.dropped.notify_one();
        }
    }
}
