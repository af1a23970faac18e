//! What came of an attempt: the row's end or next attempt, and what follows for the handover, in one step.

use rusqlite::{OptionalExtension, Row, params};

use super::{
    apply, cancel,
    columns::{self, AnyId, count},
    fault::Fault,
    lanes::Waiting,
    memory::Change,
    subject::Subject,
    work::Work,
};
use crate::{
    domain::{
        delivery::{Destination, Lane, StepResult, Task},
        event::{Event, Settled},
        ids::{DeliveryId, HandoverId},
        time::Timestamp,
    },
    store::{
        DeliveryState, RowOutcome,
        hashing::Hashed,
        keyed::{ECHO_FOR, KeyedSettlement},
        settled::{self, Follows},
        tally::DeadLetter,
    },
    telemetry::traces::TraceParent,
};

/// A delivery's row, with all that settling it needs.
pub(super) struct Delivery {
    pub(super) row: i64,
    pub(super) id: DeliveryId,
    pub(super) conversation: i64,
    pub(super) handover: HandoverId,
    pub(super) lane: Lane,
    pub(super) destination: Destination,
    pub(super) order: u64,
    pub(super) urgent: bool,
    /// None: a newer version wrote it.
    pub(super) task: Option<Task>,
    pub(super) state: DeliveryState,
    leg_closed: bool,
    /// What comes of the delivery belongs to the same trace.
    pub(super) trace: Option<TraceParent>,
}

/// A delivery that was called. Once it is gone, another may have got the number of its row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called {
    pub(super) row: i64,
    pub(super) id: DeliveryId,
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landing {
    Done,
    /// The delivery had been called off, and is not kept any more. Nothing is changed.
    Gone,
}

pub(super) fn settle(
    work: &mut Work<'_>,
    called: Called,
    settled: &KeyedSettlement,
) -> Result<Landing, Fault> {
    let KeyedSettlement { settlement, found } = settled;
    let Some(delivery) = settle_row(work, called, settlement.row)? else {
        return Ok(Landing::Gone);
    };
    let result = settled::heard(settlement.result.clone(), delivery.state);
    delivery.conclude(work, result, found)?;
    Ok(Landing::Done)
}

/// The row alone, where nothing can be decided: what has been sent is not sent again for that.
pub(super) fn settle_alone(
    work: &mut Work<'_>,
    called: Called,
    outcome: RowOutcome,
) -> Result<Landing, Fault> {
    let delivery = settle_row(work, called, outcome)?;
    Ok(delivery.map_or(Landing::Gone, |_| Landing::Done))
}

fn settle_row(
    work: &mut Work<'_>,
    called: Called,
    outcome: RowOutcome,
) -> Result<Option<Delivery>, Fault> {
    let delivery = Delivery::by_row(work, called.row)?;
    let Some(delivery) = delivery.filter(|delivery| delivery.id == called.id) else {
        return Ok(None);
    };
    let lane = work.key_of(delivery.lane, delivery.order);
    work.trace = delivery.trace;
    work.batch.landed.push(delivery.row);
    work.change(Change::Landed(lane));
    delivery.write(work, outcome)?;
    Ok(Some(delivery))
}

impl Delivery {
    pub(super) fn by_row(work: &Work<'_>, row: i64) -> Result<Option<Self>, Fault> {
        let mut statement = work.prepare(
            "SELECT d.row, d.id, d.conversation, d.handover, d.lane, d.destination, d.ord, d.urgent, d.task, d.state, \
             coalesce(l.closed, 0), d.trace FROM deliveries d LEFT JOIN legs l ON l.id = d.lane WHERE d.row = ?1",
        )?;
        Ok(statement.query_row([row], Self::read).optional()?)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let destination = row.get(5)?;
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            conversation: row.get(2)?,
            handover: row.get(3)?,
            lane: columns::lane(row.get::<_, AnyId>(4)?.as_uuid(), &destination),
            destination,
            order: count(row.get(6)?),
            urgent: row.get(7)?,
            task: columns::json(row, 8).ok(),
            state: row.get(9)?,
            leg_closed: row.get(10)?,
            trace: row.get(11)?,
        })
    }

    pub(super) fn is_unsettled(&self) -> bool {
        matches!(self.state, DeliveryState::Pending | DeliveryState::Retrying)
    }

    pub(super) fn waiting(&self, work: &Work<'_>, due: Timestamp) -> Waiting {
        Waiting {
            row: self.row,
            lane: work.key_of(self.lane, self.order),
            destination: self.destination.clone(),
            order: self.order,
            urgent: self.urgent,
            due,
            at_hand: None,
        }
    }

    /// Settles it for good without its having been taken: as a dead letter of this class, or called off where there is none.
    /// It leaves its lane, and what was never said does not come back.
    pub(super) fn end(&self, work: &mut Work<'_>, dead: Option<&'static str>) -> Result<(), Fault> {
        match dead {
            Some(_) => {
                let letter = DeadLetter {
                    id: self.id,
                    destination: self.destination.clone(),
                    class: dead,
                };
                cancel::bury(work, self.row, letter)?;
            }
            None => cancel::call_off(work, self.row)?,
        }
        cancel::forget_echo(work, self.conversation, self.id)?;
        work.touch(self.lane);
        self.leave_lane(work);
        Ok(())
    }

    fn leave_lane(&self, work: &mut Work<'_>) {
        let lane = work.key_of(self.lane, self.order);
        let order = self.order;
        work.change(Change::Remove { lane, order });
    }

    /// Lets `decide` draw the consequences; it has nothing to say about a task that it does not know.
    pub(super) fn conclude(
        mut self,
        work: &mut Work<'_>,
        mut result: StepResult,
        found: &[Vec<Hashed>],
    ) -> Result<(), Fault> {
        let Some(task) = self.task.take() else {
            return Ok(());
        };
        let subject = Subject::by_row(work, self.conversation)?;
        let items = settled::found(&mut result, &subject.state, self.handover);
        if !items.is_empty() {
            apply::mark_seen(work, items, found)?;
        }
        let event = Event::Settled(Settled {
            handover: self.handover,
            lane: self.lane,
            destination: self.destination.clone(),
            task,
            result,
            leg_closed: self.leg_closed,
        });
        let (mut subject, turned) = subject.turn(work, &event)?;
        let items = settled::found_in(&event);
        apply::store_transcript_keys(work, items, found, &turned.effects)?;
        let follows = Follows::of(&turned.effects);
        if follows.withdrawn {
            self.end(work, None)?;
            work.batch.dead.retain(|letter| letter.id != self.id);
        }
        if let Some(until) = follows.put_off {
            put_off(work, self.row, until)?;
        }
        for leg in &follows.named {
            subject = apply::tell_what_was_kept(work, subject, leg)?;
        }
        subject.put_back(work);
        Ok(())
    }

    /// What was delivered is delivered, even if it was given up meanwhile; else a row that was given up stays so.
    fn write(&self, work: &mut Work<'_>, outcome: RowOutcome) -> Result<(), Fault> {
        work.touch(self.lane);
        work.change(Change::Called {
            destination: self.destination.clone(),
            failed: outcome.failed(),
            at: work.now,
        });
        match outcome {
            RowOutcome::Delivered => {
                work.execute(
                    "UPDATE deliveries SET state = ?2, attempts = attempts + 1, settled_at = ?3 WHERE row = ?1",
                    params![self.row, DeliveryState::Delivered, work.now],
                )?;
                if matches!(self.task, Some(Task::Say { .. })) {
                    work.execute(
                        "UPDATE echoes SET expires_at = ?3 WHERE conversation = ?1 AND delivery = ?2",
                        params![self.conversation, self.id, work.now.plus(ECHO_FOR)],
                    )?;
                }
                self.leave_lane(work);
            }
            _ if !self.is_unsettled() => {}
            RowOutcome::Retry { at, class, counts } => {
                work.execute(
                    "UPDATE deliveries SET state = ?2, attempts = attempts + ?3, error_class = ?4, due_at = ?5 \
                     WHERE row = ?1",
                    params![self.row, DeliveryState::Retrying, counts, class.label(), at],
                )?;
                let waiting = self.waiting(work, at);
                work.change(Change::Put(waiting));
            }
            RowOutcome::Dead { class } => {
                work.execute(
                    "UPDATE deliveries SET attempts = attempts + 1 WHERE row = ?1",
                    [self.row],
                )?;
                self.end(work, Some(class.label()))?;
            }
        }
        Ok(())
    }
}

/// The next attempt is not made before this.
fn put_off(work: &mut Work<'_>, row: i64, until: Timestamp) -> Result<(), Fault> {
    work.execute(
        "UPDATE deliveries SET due_at = max(due_at, ?2) WHERE row = ?1",
        params![row, until],
    )?;
    let due = work
        .prepare("SELECT due_at FROM deliveries WHERE row = ?1")?
        .query_row([row], |row| row.get(0))?;
    if let Some(delivery) = Delivery::by_row(work, row)?.filter(Delivery::is_unsettled) {
        let waiting = delivery.waiting(work, due);
        work.change(Change::Put(waiting));
    }
    Ok(())
}
