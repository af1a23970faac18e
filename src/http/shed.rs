//! Load shedding: how many requests may be with the store at once, and how much of their bodies is kept for them.
//!
//! There is one gate for the vendors' hooks and one for the desk API, so that neither can keep the other out; probes
//! and operators pass none. Callers that have shown no secret never get as far as these: the accept loop bounds how
//! many there are, and bodies that have to be read before it is known whose they are have a small gate of their own,
//! [`UNPROVED`]. Behind the other two each bot and each desk has a [share](Shares), so that none of them can keep all
//! others out. Nobody waits at a gate: without a place or without room the answer is given at once. It is `Unavailable`,
//! but a request for an agent is declined, so a hook asks for its place only once it knows what the call is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    problem::{Kind, Problem, Result},
    source::Source,
};
use crate::domain::ids::{BotName, DeskName};

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

/// Whose secret a call has shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tenant {
    Bot(BotName),
    Desk(DeskName),
}

/// A gate as each of its tenants passes it. Where there are several, one may hold half of all that there is: then
/// whatever it does, and however slow its line is, the others have as much.
#[derive(Debug)]
pub struct Shares {
    all: Gate,
    of: BTreeMap<Tenant, Gate>,
}

/// The gate of those who have shown no secret yet. One source may hold a quarter of it: then a single stranger does not
/// keep those out who will show one.
#[derive(Debug)]
pub struct Strangers {
    all: Gate,
    /// Who is there now.
    known: Mutex<HashMap<Source, Weak<Counts>>>,
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

impl Shares {
    pub fn new(capacity: Capacity, tenants: impl IntoIterator<Item = Tenant>) -> Self {
        let all = Gate::new(capacity);
        let tenants: BTreeSet<_> = tenants.into_iter().collect();
        let each = if tenants.len() > 1 {
            capacity.half()
        } else {
            capacity
        };
        let of = tenants.into_iter();
        let of = of.map(|tenant| (tenant, all.share(each))).collect();
        Self { all, of }
    }

    pub fn all(&self) -> &Gate {
        &self.all
    }

    pub fn of(&self, tenant: &Tenant) -> &Gate {
        self.of.get(tenant).unwrap_or(&self.all)
    }
}

impl Strangers {
    pub fn new(all: Gate) -> Self {
        let known = Mutex::default();
        Self { all, known }
    }

    pub fn all(&self) -> &Gate {
        &self.all
    }

    pub fn of(&self, source: Source) -> Gate {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = known.get(&source).and_then(Weak::upgrade) {
            return Gate {
                own,
                ..self.all.clone()
            };
        }
        known.retain(|_, own| own.strong_count() > 0);
        let gate = self.all.share(UNPROVED.half().half());
        known.insert(source, Arc::downgrade(&gate.own));
        gate
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

impl From<&BotName> for Tenant {
    fn from(bot: &BotName) -> Self {
        Self::Bot(bot.clone())
    }
}

impl From<&DeskName> for Tenant {
    fn from(desk: &DeskName) -> Self {
        Self::Desk(desk.clone())
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
    use std::net::IpAddr;

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
    fn a_tenant_holds_half_of_a_gate_and_the_only_one_all_of_it() {
        let [shop, room] = [
            Tenant::Bot("shop".parse().unwrap()),
            Tenant::Desk("room".parse().unwrap()),
        ];
        let shares = Shares::new(SMALL, [shop.clone(), room.clone()]);
        let (mut body, mut other) = (shares.of(&shop).room(), shares.of(&room).room());
        assert!(body.grow(5) && body.hold(2) && !body.grow(1) && !body.hold(1));
        assert!(
            other.grow(5) && other.hold(1) && !other.hold(1),
            "three in all"
        );
        let place = shares.of(&shop).enter();
        assert!(place.is_some() && shares.of(&shop).enter().is_none());
        assert!(shares.of(&room).peek().is_ok() && shares.of(&room).enter().is_some());
        drop((body, place));
        assert!(shares.of(&shop).enter().is_some() && other.hold(1));
        let alone = Shares::new(SMALL, [shop.clone()]);
        assert!(alone.of(&shop).room().grow(10));
        assert!(
            alone.of(&room).room().grow(10),
            "all of it is anybody's else"
        );
    }

    #[test]
    fn a_stranger_holds_a_quarter_and_is_forgotten_when_it_has_gone() {
        let strangers = Strangers::new(Gate::new(UNPROVED));
        let [one, other] = [1, 2].map(|last| Source::from(IpAddr::from([192, 0, 2, last])));
        let (gate, again) = (strangers.of(one), strangers.of(one));
        let (mut body, mut more) = (gate.room(), again.room());
        assert!(body.grow(2 << 20) && !more.grow(1));
        assert!(strangers.of(other).room().grow(2 << 20));
        drop((gate, again, body, more));
        assert!(strangers.of(other).room().grow(1));
        assert_eq!(strangers.known.lock().unwrap().len(), 1);
    }

    #[test]
    fn whoever_is_turned_away_is_counted_and_told_when_to_come_back() {
        let gate = Gate::new(SMALL);
        assert_eq!(gate.shed().kind(), Kind::Unavailable);
        gate.shed();
        assert_eq!(gate.shed_total(), 2);
    }
}
