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
        effect::Effect,
        event::{Event, NamedLeg, Settled},
        ids::{DeliveryId, HandoverId},
        time::Timestamp,
    },
    store::{
        DeliveryState, RowOutcome,
        hashing::Hashed,
        keyed::{ECHO_FOR, KeyedSettlement},
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

pub(super) fn settle(
    work: &mut Work<'_>,
    row: i64,
    settled: &KeyedSettlement,
) -> Result<(), Fault> {
    let KeyedSettlement { settlement, found } = settled;
    settle_row(work, row, settlement.row)?.conclude(work, settlement.result.clone(), found)
}

/// The row alone, where nothing can be decided: what has been sent is not sent again for that.
pub(super) fn settle_alone(
    work: &mut Work<'_>,
    row: i64,
    outcome: RowOutcome,
) -> Result<(), Fault> {
    settle_row(work, row, outcome).map(drop)
}

fn settle_row(work: &mut Work<'_>, row: i64, outcome: RowOutcome) -> Result<Delivery, Fault> {
    let delivery = Delivery::by_row(work, row)?.ok_or(Fault::Missing)?;
    let lane = work.key_of(delivery.lane, delivery.order);
    work.trace = delivery.trace;
    work.batch.landed.push(row);
    work.change(Change::Landed(lane));
    delivery.write(work, outcome)?;
    Ok(delivery)
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

    pub(super) fn letter(&self, class: &'static str) -> DeadLetter {
        DeadLetter {
            id: self.id,
            destination: self.destination.clone(),
            class: Some(class),
        }
    }

    /// Lets `decide` draw the consequences; it has nothing to say about a task that it does not know.
    pub(super) fn conclude(
        self,
        work: &mut Work<'_>,
        mut result: StepResult,
        found: &[Vec<Hashed>],
    ) -> Result<(), Fault> {
        let Some(task) = self.task else { return Ok(()) };
        let subject = Subject::by_row(work, self.conversation)?;
        if let StepResult::Done(done) = &mut result {
            let items = &mut done.found.transcript;
            let waits = subject.state.looks_up(self.handover);
            if waits.is_some_and(|look_up| look_up.history) {
                apply::mark_seen(work, items, found)?;
            } else {
                // Too late, or not asked for. Nothing of it is recorded, so nothing of it may be known from now on.
                items.clear();
            }
        }
        let lane = work.key_of(self.lane, self.order);
        let event = Event::Settled(Settled {
            handover: self.handover,
            lane: self.lane,
            destination: self.destination,
            task,
            result,
            leg_closed: self.leg_closed,
        });
        let (subject, turned) = subject.turn(work, &event)?;
        if let Event::Settled(Settled {
            result: StepResult::Done(done),
            ..
        }) = &event
        {
            let items = &done.found.transcript;
            apply::store_transcript_keys(work, items, found, &turned.effects)?;
        }
        if turned.effects.contains(&Effect::Withdraw) {
            cancel::call_off(work, self.row)?;
            work.batch.dead.retain(|letter| letter.id != self.id);
            cancel::forget_echo(work, self.conversation, self.id)?;
            work.change(Change::Remove {
                lane,
                order: self.order,
            });
        }
        for effect in &turned.effects {
            if let Effect::PutOff { until } = effect {
                put_off(work, self.row, *until)?;
            }
        }
        tell_what_waited(work, subject, &turned.effects)
    }

    /// What was delivered is delivered, even if it was given up meanwhile; else a row that was given up stays so.
    fn write(&self, work: &mut Work<'_>, outcome: RowOutcome) -> Result<(), Fault> {
        let lane = work.key_of(self.lane, self.order);
        work.touch(self.lane);
        work.change(Change::Called {
            destination: self.destination.clone(),
            failed: match outcome {
                RowOutcome::Delivered => None,
                RowOutcome::Retry { class, .. } | RowOutcome::Dead { class } => Some(class),
            },
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
                work.change(Change::Remove {
                    lane,
                    order: self.order,
                });
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
                cancel::bury(work, self.row, self.letter(class.label()))?;
                cancel::forget_echo(work, self.conversation, self.id)?;
                work.change(Change::Remove {
                    lane,
                    order: self.order,
                });
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

/// A desk may tell of its conversation before it has answered the call that began it.
fn tell_what_waited(
    work: &mut Work<'_>,
    mut subject: Subject,
    effects: &[Effect],
) -> Result<(), Fault> {
    for effect in effects {
        if let Effect::Name(name) = effect {
            let leg = NamedLeg::from(name);
            subject = apply::tell_what_was_kept(work, subject, &leg, &name.reference)?;
        }
    }
    subject.put_back(work);
    Ok(())
}
