//! Deliveries that wait and are overtaken by events: not sent any more, or sent first.

use rusqlite::{OptionalExtension, params};

use super::{columns, fault::Fault, lanes::Waiting, memory::Change, warnings, work::Work};
use crate::{
    domain::{
        delivery::{Destination, Lane, Task, Unsaid},
        effect::{Cancelled, Warning, WarningKind},
        ids::{DeliveryId, HandoverId, MessageId},
    },
    store::{
        DeliveryState,
        keyed::{overtaken, told_to_desk},
        tally::DeadLetter,
    },
};

/// An unsettled row of a lane that nobody is sending.
struct Unsent {
    row: i64,
    id: DeliveryId,
    conversation: i64,
    handover: HandoverId,
    destination: Destination,
    order: u64,
    task: Task,
}

/// What waits in the lane is not sent. What is on its way cannot be called back and is settled as it comes.
pub(super) fn unsent(work: &mut Work<'_>, lane: Lane, only: Cancelled) -> Result<(), Fault> {
    for unsent in waiting(work, lane, only.also_flying())? {
        let Some(state) = overtaken(only, &unsent.task, unsent.order) else {
            continue;
        };
        if state == DeliveryState::Dead {
            let subject = unsent.handover.to_string();
            let kind = WarningKind::DeadLetter;
            warnings::raise(work, &Warning { kind, subject })?;
            let letter = DeadLetter {
                id: unsent.id,
                destination: unsent.destination,
                class: None,
            };
            bury(work, unsent.row, letter)?;
        } else {
            call_off(work, unsent.row)?;
        }
        forget_echo(work, unsent.conversation, unsent.id)?;
        let lane = work.key_of(lane, unsent.order);
        work.change(Change::Remove {
            lane,
            order: unsent.order,
        });
    }
    Ok(())
}

/// What agents have said in this handover and nobody is sending, in its order.
pub(super) fn unsaid(
    work: &mut Work<'_>,
    lane: Lane,
    handover: HandoverId,
) -> Result<Vec<Unsaid>, Fault> {
    let waiting = waiting(work, lane, false)?;
    let unsaid = waiting
        .iter()
        .filter(|unsent| unsent.handover == handover)
        .filter_map(|unsent| unsent.task.unsaid());
    Ok(unsaid.collect())
}

/// The message that the desk of this lane is just being told, or a part of it.
pub(super) fn told_now(work: &mut Work<'_>, lane: Lane) -> Result<Option<MessageId>, Fault> {
    for (order, row) in work.unsettled(lane) {
        if work.flying(work.key_of(lane, order)) == Some(row) {
            let sql = "SELECT task FROM deliveries WHERE row = ?1";
            let task = work
                .prepare(sql)?
                .query_row([row], |found| columns::json(found, 0))?;
            return Ok(told_to_desk(&task));
        }
    }
    Ok(None)
}

/// The control tasks of the lane go ahead of its messages, and at once.
pub(super) fn hurry(work: &mut Work<'_>, lane: Lane) -> Result<(), Fault> {
    for unsent in waiting(work, lane, false)? {
        let (Task::Resume { .. } | Task::Close { .. }) = &unsent.task else {
            continue;
        };
        work.execute(
            "UPDATE deliveries SET urgent = 1, due_at = ?2 WHERE row = ?1",
            params![unsent.row, work.now],
        )?;
        let waiting = Waiting {
            row: unsent.row,
            lane: work.key_of(lane, unsent.order),
            destination: unsent.destination,
            order: unsent.order,
            urgent: true,
            due: work.now,
            at_hand: None,
        };
        work.change(Change::Put(waiting));
    }
    Ok(())
}

/// Settles a row that need not be sent any more.
pub(super) fn call_off(work: &Work<'_>, row: i64) -> Result<(), Fault> {
    end(work, row, DeliveryState::Cancelled, None)
}

/// Settles a row that was to be sent and will not be. The only way to become a dead letter.
pub(super) fn bury(work: &mut Work<'_>, row: i64, letter: DeadLetter) -> Result<(), Fault> {
    end(work, row, DeliveryState::Dead, letter.class)?;
    work.batch.dead.push(letter);
    Ok(())
}

/// What was never said does not come back.
pub(super) fn forget_echo(
    work: &Work<'_>,
    conversation: i64,
    delivery: DeliveryId,
) -> Result<(), Fault> {
    work.execute(
        "DELETE FROM echoes WHERE conversation = ?1 AND delivery = ?2",
        params![conversation, delivery],
    )?;
    Ok(())
}

fn end(work: &Work<'_>, row: i64, state: DeliveryState, class: Option<&str>) -> Result<(), Fault> {
    work.execute(
        "UPDATE deliveries SET state = ?2, error_class = coalesce(?3, error_class), settled_at = ?4 WHERE row = ?1",
        params![row, state, class, work.now],
    )?;
    Ok(())
}

/// The memory knows them: to find them in the table, each delivery would have to be in an index by lane.
fn waiting(work: &mut Work<'_>, lane: Lane, also_flying: bool) -> Result<Vec<Unsent>, Fault> {
    let mut waiting = Vec::new();
    for (order, row) in work.unsettled(lane) {
        let is_flying = work.flying(work.key_of(lane, order)) == Some(row);
        if is_flying && !also_flying {
            continue;
        }
        let sql = "SELECT id, conversation, handover, destination, task FROM deliveries \
                   WHERE row = ?1 AND settled_at IS NULL";
        let unsent = work.prepare(sql)?.query_row([row], |found| {
            Ok(Unsent {
                row,
                id: found.get(0)?,
                conversation: found.get(1)?,
                handover: found.get(2)?,
                destination: found.get(3)?,
                order,
                task: columns::json(found, 4)?,
            })
        });
        waiting.extend(unsent.optional()?);
    }
    Ok(waiting)
}
