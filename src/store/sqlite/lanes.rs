//! The lanes with unsettled deliveries, as this process sees them: who is at the head, when it is due, who holds it.
//!
//! Filled from the rows when the store is opened and changed only by what has been committed. The file lock proves
//! that no other process holds a lane, so claims need no rows.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

use super::at_hand::AtHand;
use crate::domain::{
    delivery::{Destination, Lane},
    retry,
    time::Timestamp,
};

/// Names a lane. The number is 0 but for the mutant that knows no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LaneKey(pub(super) Lane, pub(super) u64);

/// An unsettled delivery.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) row: i64,
    pub(super) lane: LaneKey,
    pub(super) destination: Destination,
    pub(super) order: u64,
    pub(super) urgent: bool,
    pub(super) due: Timestamp,
    pub(super) at_hand: Option<Box<AtHand>>,
}

/// A lane that was just claimed, with the row at its head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) lane: LaneKey,
    pub(super) row: i64,
    pub(super) fence: u64,
    /// None: what the call needs is to be read.
    pub(super) at_hand: Option<Box<AtHand>>,
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    queues: BTreeMap<LaneKey, Queue>,
    /// The lanes that may be claimed, by the time their head is due. A lane whose head is not due waits whole.
    due: HashMap<Destination, BTreeSet<(Timestamp, LaneKey)>>,
    fences: u64,
}

#[derive(Debug)]
struct Queue {
    destination: Destination,
    waiting: BTreeMap<Place, Entry>,
    /// What comes after all that has been here is put in, and not looked for.
    last: Option<u64>,
    claim: Option<Held>,
    /// The writer is about to cancel something here; nobody claims the lane until it is done.
    frozen: bool,
    /// A claim was dropped: nobody claims the lane before this.
    not_before: Timestamp,
    /// Its entry in `due`.
    listed: Option<Timestamp>,
}

/// Urgent ones first, then by order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    patient: bool,
    order: u64,
}

#[derive(Debug)]
struct Entry {
    row: i64,
    due: Timestamp,
    at_hand: Option<Box<AtHand>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    fence: u64,
    /// The row that is on its way.
    flying: Option<i64>,
}

impl Lanes {
    /// Takes a delivery in, or moves it to its new place. Says whose bell rings.
    pub(super) fn put(&mut self, waiting: Waiting) -> Option<Destination> {
        let queue = self
            .queues
            .entry(waiting.lane)
            .or_insert_with(|| Queue::new(waiting.destination));
        if queue.last >= Some(waiting.order) {
            queue.remove(waiting.order);
        }
        queue.last = queue.last.max(Some(waiting.order));
        let place = Place {
            patient: !waiting.urgent,
            order: waiting.order,
        };
        queue.waiting.insert(
            place,
            Entry {
                row: waiting.row,
                due: waiting.due,
                at_hand: waiting.at_hand,
            },
        );
        self.list(waiting.lane)
    }

    /// A delivery is settled or cancelled.
    pub(super) fn remove(&mut self, lane: LaneKey, order: u64) -> Option<Destination> {
        self.queues.get_mut(&lane)?.remove(order);
        self.list(lane)
    }

    /// What waits in the lane or is on its way: each with its place in the order and its row.
    pub(super) fn unsettled(&self, lane: Lane) -> impl Iterator<Item = (u64, i64)> {
        let queues = self.queues.range(keys_of(lane)).map(|(_, queue)| queue);
        queues
            .flat_map(|queue| &queue.waiting)
            .map(|(place, entry)| (place.order, entry.row))
    }

    /// What is on its way in the lane, also where it was called off meanwhile.
    pub(super) fn flying(&self, lane: Lane) -> impl Iterator<Item = i64> {
        let queues = self.queues.range(keys_of(lane)).map(|(_, queue)| queue);
        queues.filter_map(|queue| queue.claim?.flying)
    }

    /// What is at hand in the lane is not what the rows say any more.
    pub(super) fn let_go(&mut self, lane: Lane) {
        for (_, queue) in self.queues.range_mut(keys_of(lane)) {
            for entry in queue.waiting.values_mut() {
                entry.at_hand = None;
            }
        }
    }

    /// The call is over, whatever comes next; the lane is still held.
    pub(super) fn landed(&mut self, lane: LaneKey) {
        if let Some(held) = self
            .queues
            .get_mut(&lane)
            .and_then(|queue| queue.claim.as_mut())
        {
            held.flying = None;
        }
    }

    pub(super) fn claim(
        &mut self,
        destination: &Destination,
        now: Timestamp,
        limit: usize,
    ) -> Vec<Head> {
        let Some(due) = self.due.get(destination) else {
            return Vec::new();
        };
        let on_time = due.iter().take_while(|(at, _)| *at <= now);
        let too_far = |(at, _): &&(Timestamp, LaneKey)| retry::is_too_far(*at, now);
        let chosen: Vec<LaneKey> = on_time
            .chain(due.iter().rev().take_while(too_far))
            .take(limit)
            .map(|(_, lane)| *lane)
            .collect();
        chosen
            .into_iter()
            .filter_map(|lane| self.take(lane))
            .collect()
    }

    /// When the next lane of this destination that nobody holds is due.
    pub(super) fn next_due(&self, destination: &Destination, now: Timestamp) -> Option<Timestamp> {
        let due = self.due.get(destination)?;
        let ((first, _), (last, _)) = (due.first()?, due.last()?);
        Some(if retry::is_too_far(*last, now) {
            now.min(*first)
        } else {
            *first
        })
    }

    /// Goes on to the next head of a held lane if it is due and `open`; else gives the lane back.
    pub(super) fn advance(
        &mut self,
        (lane, fence): (LaneKey, u64),
        now: Timestamp,
        open: bool,
    ) -> Advanced {
        let Some(queue) = self.held(lane, fence) else {
            return Advanced::default();
        };
        let goes_on =
            open && !queue.frozen && queue.head_due().is_some_and(|due| retry::is_due(due, now));
        let head = goes_on.then(|| queue.take(lane, fence)).flatten();
        let rings = match head {
            Some(_) => None,
            None => self.give_back(lane, fence, Timestamp::default()),
        };
        Advanced { head, rings }
    }

    pub(super) fn give_back(
        &mut self,
        lane: LaneKey,
        fence: u64,
        not_before: Timestamp,
    ) -> Option<Destination> {
        let queue = self.held(lane, fence)?;
        queue.claim = None;
        queue.not_before = not_before;
        self.list(lane)
    }

    /// Keeps the lane from being claimed while the writer looks at it. Says which row is on its way.
    pub(super) fn freeze(&mut self, lane: LaneKey) -> Option<i64> {
        let queue = self.queues.get_mut(&lane)?;
        queue.frozen = true;
        let flying = queue.claim.and_then(|held| held.flying);
        self.list(lane);
        flying
    }

    pub(super) fn thaw(&mut self, lane: LaneKey) -> Option<Destination> {
        self.queues.get_mut(&lane)?.frozen = false;
        self.list(lane)
    }

    fn take(&mut self, lane: LaneKey) -> Option<Head> {
        self.fences += 1;
        let fence = self.fences;
        let head = self.queues.get_mut(&lane)?.take(lane, fence)?;
        self.list(lane);
        Some(head)
    }

    fn held(&mut self, lane: LaneKey, fence: u64) -> Option<&mut Queue> {
        self.queues
            .get_mut(&lane)
            .filter(|queue| queue.claim.is_some_and(|held| held.fence == fence))
    }

    /// Brings the entry in `due` up to date. Says whose bell rings: a lane can be claimed that could not before, or
    /// at another time.
    fn list(&mut self, lane: LaneKey) -> Option<Destination> {
        let queue = self.queues.get_mut(&lane)?;
        let free = queue.claim.is_none() && !queue.frozen;
        let wanted = queue
            .head_due()
            .filter(|_| free)
            .map(|due| due.max(queue.not_before));
        let listed = std::mem::replace(&mut queue.listed, wanted);
        let gone = free && queue.waiting.is_empty();
        let destination = (wanted != listed).then(|| queue.destination.clone());
        if gone {
            self.queues.remove(&lane);
        }
        let destination = destination?;
        if let Some(listed) = listed
            && let Some(due) = self.due.get_mut(&destination)
        {
            due.remove(&(listed, lane));
        }
        let Some(wanted) = wanted else {
            if self.due.get(&destination).is_some_and(BTreeSet::is_empty) {
                self.due.remove(&destination);
            }
            return None;
        };
        self.due
            .entry(destination.clone())
            .or_default()
            .insert((wanted, lane));
        Some(destination)
    }
}

fn keys_of(lane: Lane) -> RangeInclusive<LaneKey> {
    LaneKey(lane, u64::MIN)..=LaneKey(lane, u64::MAX)
}

/// What came of going on.
#[derive(Debug, Default)]
pub(super) struct Advanced {
    pub(super) head: Option<Head>,
    pub(super) rings: Option<Destination>,
}

impl Queue {
    fn new(destination: Destination) -> Self {
        Self {
            destination,
            waiting: BTreeMap::new(),
            last: None,
            claim: None,
            frozen: false,
            not_before: Timestamp::default(),
            listed: None,
        }
    }

    fn head_due(&self) -> Option<Timestamp> {
        self.waiting.first_key_value().map(|(_, entry)| entry.due)
    }

    /// The head sets out.
    fn take(&mut self, lane: LaneKey, fence: u64) -> Option<Head> {
        let mut first = self.waiting.first_entry()?;
        let entry = first.get_mut();
        self.claim = Some(Held {
            fence,
            flying: Some(entry.row),
        });
        Some(Head {
            lane,
            row: entry.row,
            fence,
            at_hand: entry.at_hand.take(),
        })
    }

    fn remove(&mut self, order: u64) {
        for patient in [true, false] {
            if self.waiting.remove(&Place { patient, order }).is_some() {
                return;
            }
        }
    }
}
