//! What the store knows without asking the file: lanes, pauses, who waits for what.
//!
//! Changed only after the commit that the change belongs to, in the order of the steps, under one lock.

mod asked;
mod hold;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub(super) use self::asked::Asked;
pub(in crate::store) use self::hold::Hold;
use super::{
    changes::Changes,
    handed_over::HandedOver,
    lanes::{Head, LaneKey, Lanes, Waiting},
};
use crate::{
    domain::{
        conversation::ConversationKey,
        delivery::{Destination, Lane},
        ids::{ConversationId, DeskName, HandoverId},
        policy::{ClosedBecause, Conditions},
        retry::{ErrorClass, is_due},
        time::{Clock, Timestamp},
    },
    store::{Pause, bells::Bells},
};

/// What a committed step changes here.
#[derive(Debug)]
pub(super) enum Change {
    Put(Waiting),
    Remove {
        lane: LaneKey,
        order: u64,
    },
    Landed(LaneKey),
    /// What is at hand in the lane has become old.
    LetGo(Lane),
    Wake(Timestamp),
    Answered(HandoverId),
    /// A handover went from one desk to another, came to one or left it.
    Moved {
        from: Option<DeskName>,
        to: Option<DeskName>,
    },
    /// A conversation has been handed over, or given back to its bot at that time.
    HandedOver {
        key: ConversationKey,
        until: Option<Timestamp>,
    },
    Paused {
        destination: Destination,
        pause: Option<Pause>,
    },
    /// A person would see the conversation changed.
    Touched(ConversationId),
    /// The destination was called, and this came of it.
    Called {
        destination: Destination,
        failed: Option<ErrorClass>,
        at: Timestamp,
    },
}

#[derive(Debug)]
pub(super) struct Memory {
    inner: Mutex<Inner>,
    pub(super) bells: Bells,
    changes: Changes,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct Inner {
    lanes: Lanes,
    pauses: HashMap<Destination, Pause>,
    /// How many handovers each desk has.
    open: BTreeMap<DeskName, u64>,
    handed_over: HandedOver,
}

/// The lanes that a claim got, and when to come again.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) holds: Vec<Hold>,
    pub(super) next_due: Option<Timestamp>,
    pub(super) paused_until: Option<Timestamp>,
}

impl Memory {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Mutex::default(),
            bells: Bells::default(),
            changes: Changes::since(clock.now()),
            clock,
        }
    }

    /// Takes over what has been committed.
    pub(super) fn apply(&self, changes: Vec<Change>) {
        let mut touched = Vec::new();
        let mut inner = self.lock();
        for change in changes {
            match change {
                Change::Put(waiting) => {
                    let rings = inner.lanes.put(waiting);
                    self.ring(rings);
                }
                Change::Remove { lane, order } => {
                    let rings = inner.lanes.remove(lane, order);
                    self.ring(rings);
                }
                Change::Landed(lane) => inner.lanes.landed(lane),
                Change::LetGo(lane) => inner.lanes.let_go(lane),
                Change::Wake(at) => {
                    self.bells.wake(at);
                }
                Change::Answered(handover) => {
                    self.bells.answered(handover);
                }
                Change::Moved { from, to } => {
                    moved(&mut inner.open, from.as_ref(), to.as_ref());
                }
                Change::HandedOver { key, until } => inner.handed_over.put(key, until),
                Change::Paused { destination, pause } => {
                    match pause {
                        Some(pause) => inner.pauses.insert(destination.clone(), pause),
                        None => inner.pauses.remove(&destination),
                    };
                    self.ring(Some(destination));
                }
                Change::Touched(conversation) => touched.push(conversation),
                Change::Called {
                    destination,
                    failed,
                    at,
                } => self.bells.called(destination, failed, at),
            }
        }
        drop(inner);
        self.changes.committed(touched, self.clock.now());
    }

    /// Which conversations have changed, and when.
    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Which destinations are not called, and until when.
    pub(super) fn pauses(&self, now: Timestamp) -> HashMap<Destination, Timestamp> {
        let inner = self.lock();
        let paused = inner
            .pauses
            .iter()
            .filter(|(_, pause)| !is_due(pause.until, now));
        paused
            .map(|(destination, pause)| (destination.clone(), pause.until))
            .collect()
    }

    pub(super) fn freeze(&self, lane: LaneKey) -> Option<i64> {
        self.lock().lanes.freeze(lane)
    }

    pub(super) fn thaw(&self, lanes: &[LaneKey]) {
        if lanes.is_empty() {
            return;
        }
        let mut inner = self.lock();
        for lane in lanes {
            let rings = inner.lanes.thaw(*lane);
            self.ring(rings);
        }
    }

    pub(super) fn claim(self: &Arc<Self>, destination: &Destination, limit: usize) -> Taken {
        let now = self.clock.now();
        let mut inner = self.lock();
        if let Some(until) = inner.paused(destination, now) {
            let next_due = inner
                .lanes
                .next_due(destination, now)
                .map(|due| due.max(until));
            return Taken {
                holds: Vec::new(),
                next_due,
                paused_until: Some(until),
            };
        }
        let heads = inner.lanes.claim(destination, now, limit);
        let next_due = inner.lanes.next_due(destination, now);
        Taken {
            holds: heads.into_iter().map(|head| self.hold(head)).collect(),
            next_due,
            paused_until: None,
        }
    }

    /// Goes on to the lane's next head, or gives the lane back.
    pub(super) fn advance(
        self: &Arc<Self>,
        mut hold: Hold,
        destination: &Destination,
    ) -> Option<Hold> {
        hold.spent = true;
        let now = self.clock.now();
        let mut inner = self.lock();
        let open = inner.paused(destination, now).is_none();
        let advanced = inner
            .lanes
            .advance((hold.head.lane, hold.head.fence), now, open);
        self.ring(advanced.rings);
        advanced.head.map(|head| self.hold(head))
    }

    /// What `decide` may know of bots and desks: what it was told, and which of them are paused.
    pub(super) fn conditions(&self, now: Timestamp) -> Conditions {
        let inner = self.lock();
        let mut conditions = self.bells.conditions();
        for (destination, pause) in &inner.pauses {
            if !is_due(pause.until, now) {
                conditions
                    .closed
                    .entry(destination.clone())
                    .or_insert(ClosedBecause::Paused(pause.because));
            }
        }
        conditions
    }

    /// Whether the bot has this conversation, has had it for a while, and does not ask for an agent just now.
    pub(super) fn is_the_bots(&self, key: &ConversationKey) -> bool {
        let now = self.clock.now();
        self.lock().handed_over.is_long_over(key, now)
    }

    /// The rows of a lane that are unsettled once these changes are committed, by their place in its order.
    pub(super) fn unsettled_after(&self, changes: &[Change], lane: Lane) -> BTreeMap<u64, i64> {
        let mut rows: BTreeMap<u64, i64> = self.lock().lanes.unsettled(lane).collect();
        for change in changes {
            match change {
                Change::Put(waiting) if waiting.lane.0 == lane => {
                    rows.insert(waiting.order, waiting.row);
                }
                Change::Remove { lane: of, order } if of.0 == lane => {
                    rows.remove(order);
                }
                _ => {}
            }
        }
        rows
    }

    /// The rows of a lane that are on their way.
    pub(super) fn flying(&self, lane: Lane) -> Vec<i64> {
        self.lock().lanes.flying(lane).collect()
    }

    /// How many handovers each desk has once these changes are committed.
    pub(super) fn open_after(&self, changes: &[Change]) -> BTreeMap<DeskName, u64> {
        let mut open = self.lock().open.clone();
        for change in changes {
            if let Change::Moved { from, to } = change {
                moved(&mut open, from.as_ref(), to.as_ref());
            }
        }
        open
    }

    fn ring(&self, destination: Option<Destination>) {
        if let Some(destination) = destination {
            self.bells.ring(&destination);
        }
    }

    fn hold(self: &Arc<Self>, head: Head) -> Hold {
        Hold {
            memory: Arc::clone(self),
            head,
            handed_over: false,
            spent: false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn moved(open: &mut BTreeMap<DeskName, u64>, from: Option<&DeskName>, to: Option<&DeskName>) {
    if let Some(count) = from.and_then(|desk| open.get_mut(desk)) {
        *count = count.saturating_sub(1);
    }
    if let Some(desk) = to {
        *open.entry(desk.clone()).or_default() += 1;
    }
}

impl Inner {
    fn paused(&self, destination: &Destination, now: Timestamp) -> Option<Timestamp> {
        self.pauses
            .get(destination)
            .map(|pause| pause.until)
            .filter(|until| !is_due(*until, now))
    }
}
