//! What one caller may hold of a gate that it shares with others.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Capacity, Counts, Gate, UNPROVED};
use crate::{
    domain::ids::{BotName, DeskName},
    http::source::Source,
};

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
}
