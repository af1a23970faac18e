//! Load shedding: how many requests may be with the store at once, and how much of their bodies is kept for them.
//!
//! There is one gate for the vendors' hooks and one for the desk API, so that neither can keep the other out; probes
//! and operators pass none. Callers that have shown no secret never get as far as these: the accept loop bounds how
//! many there are, and bodies that have to be read before it is known whose they are have a small gate of their own,
//! [`UNPROVED`]. Behind the other two each bot and each desk has a [share](Shares), so that none of them can keep all
//! others out. Nobody waits at a gate: without a place or without room the answer is given at once. It is `Unavailable`,
//! but a request for an agent is declined, so a hook asks for its place only once it knows what the call is.

mod shares;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::shares::{Shares, Strangers, Tenant};

use super::problem::{Kind, Problem, Result};

/// How much one gate lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Requests that the store is working for. A request that waits for a desk to decide is none of them.
    pub requests: usize,
    /// What is kept of bodies, from their first byte until the store has answered, and of long answers until they are
    /// written.
    pub body_bytes: usize,
    /// The JSON values in whole bodies: what becomes of a body when it is read goes by these, and not by its bytes. One
    /// takes up half a kilobyte until the store has answered.
    pub values: usize,
}

/// Of bodies whose signature is not looked at yet. No work of the store waits for them, so they are bounded in what they
/// take up.
pub const UNPROVED: Capacity = Capacity {
    requests: 256,
    body_bytes: 8 << 20,
    // As many as these bytes may hold: they are not read before the signature has been looked at.
    values: 512 << 10,
};

/// Cheap to clone; all clones share one count.
#[derive(Clone, Debug)]
pub struct Gate {
    all: Arc<Counts>,
    /// What of that those may hold who pass it by this one.
    own: Arc<Counts>,
    shed: Arc<AtomicU64>,
}

/// One request's place behind the gate, until dropped.
#[derive(Debug)]
pub struct RequestPermit {
    _permit: Permit,
}

/// What one body takes up, until dropped.
#[derive(Debug)]
pub struct BodyPermit {
    bytes: Held,
    values: Held,
}

/// As much of something as was taken, until dropped.
#[derive(Debug)]
struct Held {
    of: Both<Arc<Semaphore>>,
    permit: Option<Permit>,
}

/// Of the tenant's own and of all.
type Both<T> = [T; 2];
type Permit = Both<OwnedSemaphorePermit>;

#[derive(Debug)]
struct Counts {
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    values: Arc<Semaphore>,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            // Four full commits of the store: whoever is let in is answered after a few of them, on a slow disk too, and
            // the store's own queue never fills from outside.
            requests: 1024,
            // 32 KiB for each of them, ten times an ordinary call, or eight of the largest.
            body_bytes: 32 << 20,
            // Two bodies with the most that one may hold, or five hundred for each request.
            values: 512 << 10,
        }
    }
}

impl Capacity {
    fn half(self) -> Self {
        Self {
            requests: self.requests.div_ceil(2),
            body_bytes: self.body_bytes.div_ceil(2),
            values: self.values.div_ceil(2),
        }
    }
}

impl Counts {
    fn new(capacity: Capacity) -> Arc<Self> {
        let [places, bytes, values] = [capacity.requests, capacity.body_bytes, capacity.values]
            .map(|most| Arc::new(Semaphore::new(most)));
        Arc::new(Self {
            places,
            bytes,
            values,
        })
    }
}

impl Gate {
    pub fn new(capacity: Capacity) -> Self {
        Self {
            all: Counts::new(capacity),
            own: Counts::new(capacity),
            shed: Arc::default(),
        }
    }

    /// The same gate for somebody who may not hold more than this of it.
    fn share(&self, most: Capacity) -> Self {
        Self {
            own: Counts::new(most),
            ..self.clone()
        }
    }

    /// The answer to a request that would find no place now. Nothing is taken yet.
    pub fn peek(&self) -> Result<()> {
        self.admit().map(drop)
    }

    /// A place, or the answer that there is none.
    pub fn admit(&self) -> Result<RequestPermit> {
        self.enter().ok_or_else(|| self.shed())
    }

    /// None: as many are in as may be, and the caller is [turned away](Self::turned_away).
    pub fn enter(&self) -> Option<RequestPermit> {
        let places = self.both(|counts| &counts.places);
        take(&places, 1).map(|permit| RequestPermit { _permit: permit })
    }

    /// For a body that is about to be read: nothing is taken yet.
    pub fn room(&self) -> BodyPermit {
        BodyPermit {
            bytes: Held::of(self.both(|counts| &counts.bytes)),
            values: Held::of(self.both(|counts| &counts.values)),
        }
    }

    fn both(&self, what: impl Fn(&Counts) -> &Arc<Semaphore>) -> Both<Arc<Semaphore>> {
        [&self.own, &self.all].map(|counts| Arc::clone(what(counts)))
    }

    /// Turns a request away, and gives the answer to one that may be told so.
    pub fn shed(&self) -> Problem {
        self.turned_away();
        Kind::Unavailable.into()
    }

    /// Counts a request that is not let in, whatever it is answered.
    pub fn turned_away(&self) {
        let total = self.shed.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // A line for each would be a flood of its own: each time that the total has doubled says enough.
        if total.is_power_of_two() {
            tracing::warn!(
                http.shed_total = total,
                "more is asked than can be taken, some calls are turned away"
            );
        }
    }

    /// How many requests were not let in since the start.
    pub fn shed_total(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }
}

impl BodyPermit {
    /// Whether there is room for so much more. What it has already stays its own.
    pub fn grow(&mut self, bytes: usize) -> bool {
        self.bytes.grow(bytes)
    }

    /// Whether there is room for what a whole body with so many values becomes.
    pub fn hold(&mut self, values: usize) -> bool {
        self.values.grow(values)
    }
}

impl Held {
    fn of(of: Both<Arc<Semaphore>>) -> Self {
        Self { of, permit: None }
    }

    fn grow(&mut self, by: usize) -> bool {
        let Some(more) = take(&self.of, by) else {
            return false;
        };
        match &mut self.permit {
            Some(held) => held
                .iter_mut()
                .zip(more)
                .for_each(|(held, more)| held.merge(more)),
            None => self.permit = Some(more),
        }
        true
    }
}

/// From both, or from none.
fn take([own, all]: &Both<Arc<Semaphore>>, many: usize) -> Option<Permit> {
    let many = u32::try_from(many).ok()?;
    let of = |semaphore: &Arc<Semaphore>| Arc::clone(semaphore).try_acquire_many_owned(many).ok();
    Some([of(own)?, of(all)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Capacity = Capacity {
        requests: 2,
        body_bytes: 10,
        values: 3,
    };

    #[test]
    fn a_place_comes_free_when_it_is_dropped() {
        let gate = Gate::new(SMALL);
        let (first, _second) = (gate.enter().unwrap(), gate.enter().unwrap());
        assert!(gate.enter().is_none());
        drop(first);
        assert!(gate.clone().enter().is_some());
    }

    #[test]
    fn bodies_share_the_room_and_a_refused_piece_takes_nothing() {
        let gate = Gate::new(SMALL);
        let (mut first, mut second) = (gate.room(), gate.room());
        assert!(first.grow(4) && first.grow(2) && second.grow(3));
        assert!(!second.grow(2));
        assert!(second.grow(1) && second.grow(0));
        drop(first);
        assert!(second.grow(6));
        assert!(!gate.room().grow(1));
    }

    #[test]
    fn values_are_counted_beside_the_bytes() {
        let gate = Gate::new(SMALL);
        let (mut first, mut second) = (gate.room(), gate.room());
        assert!(first.grow(10) && first.hold(2));
        assert!(!second.hold(2) && second.hold(1));
        drop(first);
        assert!(second.hold(2));
    }

    #[test]
    fn whoever_is_turned_away_is_counted_and_told_when_to_come_back() {
        let gate = Gate::new(SMALL);
        assert_eq!(gate.shed().kind(), Kind::Unavailable);
        gate.shed();
        assert_eq!(gate.shed_total(), 2);
    }
}
