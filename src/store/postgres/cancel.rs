//! Deliveries that wait and are overtaken by events: not sent any more, or sent first.

use uuid::Uuid;

use super::{
    columns::{self, count, lane_id, values},
    fault::Fault,
    memory::Change,
    warnings,
    work::Work,
};
use crate::{
    domain::{
        delivery::{Destination, Lane, Task, Unsaid},
        effect::{Cancelled, Warning, WarningKind},
        ids::{ConversationId, DeliveryId, HandoverId, MessageId},
    },
    store::{
        DeliveryState,
        keyed::{overtaken, told_to_desk},
        tally::DeadLetter,
    },
};

/// An unsettled row of a lane.
#[derive(Clone, Debug)]
pub(super) struct Unsent {
    id: DeliveryId,
    handover: HandoverId,
    destination: Destination,
    order: u64,
    /// None: a newer version wrote it.
    task: Option<Task>,
    is_flying: bool,
}

/// What waits in the lane is not sent. What is on its way cannot be called back and is settled as it comes.
pub(super) async fn unsent(work: &mut Work, lane: Lane, only: Cancelled) -> Result<(), Fault> {
    let key = lane_id(lane);
    new_ones(work, key, only);
    let (mut stay, mut ended, mut rings) = (Vec::new(), Ended::default(), None);
    for unsent in waiting(work, key).await? {
        let state = match &unsent.task {
            Some(task) if only.also_flying() || !unsent.is_flying => {
                overtaken(only, task, unsent.order)
            }
            _ => None,
        };
        let Some(state) = state else {
            stay.push(unsent);
            continue;
        };
        if state == DeliveryState::Dead {
            warn(work, unsent.handover);
            work.after.dead.push(DeadLetter {
                id: unsent.id,
                destination: unsent.destination.clone(),
                class: None,
            });
        }
        ended.push(unsent.id, state);
        rings = Some(unsent.destination);
    }
    ended.write(work, lane);
    work.unsent.insert(key, stay);
    changed(work, key, rings);
    Ok(())
}

/// Rows of a lane that are settled without having been sent.
#[derive(Default)]
struct Ended {
    ids: Vec<Uuid>,
    states: Vec<String>,
}

impl Ended {
    fn push(&mut self, id: DeliveryId, state: DeliveryState) {
        self.ids.push(id.as_uuid());
        self.states.push(state.label().to_owned());
    }

    /// However many they are.
    fn write(self, work: &mut Work, lane: Lane) {
        if self.ids.is_empty() {
            return;
        }
        if let Lane::Bot(conversation) = lane {
            work.write(
                "DELETE FROM echoes WHERE conversation = $1 AND delivery = ANY ($2)",
                values![conversation, self.ids.clone()],
            );
        }
        work.write(
            "UPDATE deliveries d SET state = g.state, settled_at = $3 FROM unnest($1, $2) AS g (id, state) \
             WHERE d.id = g.id",
            values![self.ids, self.states, work.now],
        );
    }
}

/// What agents have said in this handover and nobody is sending, in its order.
pub(super) async fn unsaid(
    work: &mut Work,
    lane: Lane,
    handover: HandoverId,
) -> Result<Vec<Unsaid>, Fault> {
    let lane = lane_id(lane);
    let waiting = waiting(work, lane).await?;
    let tasks = waiting
        .iter()
        .filter(|unsent| !unsent.is_flying && unsent.handover == handover)
        .filter_map(|unsent| unsent.task.as_ref());
    let unsaid = tasks.filter_map(Task::unsaid).collect();
    work.unsent.insert(lane, waiting);
    Ok(unsaid)
}

/// The message that the desk of this lane is just being told, or a part of it.
pub(super) async fn told_now(work: &mut Work, lane: Lane) -> Result<Option<MessageId>, Fault> {
    let lane = lane_id(lane);
    let waiting = waiting(work, lane).await?;
    let mut flying = waiting.iter().filter(|unsent| unsent.is_flying);
    let told = flying.find_map(|unsent| told_to_desk(unsent.task.as_ref()?));
    work.unsent.insert(lane, waiting);
    Ok(told)
}

/// The control tasks of the lane go ahead of its messages, and at once.
pub(super) async fn hurry(work: &mut Work, lane: Lane) -> Result<(), Fault> {
    let lane = lane_id(lane);
    for row in &mut work.writes.deliveries {
        if lane_id(row.delivery.lane) == lane && is_control(&row.delivery.task) {
            row.urgent = true;
        }
    }
    let waiting = waiting(work, lane).await?;
    let (mut hurried, mut rings): (Vec<Uuid>, _) = (Vec::new(), None);
    for unsent in &waiting {
        if !unsent.is_flying && unsent.task.as_ref().is_some_and(is_control) {
            hurried.push(unsent.id.as_uuid());
            rings = Some(unsent.destination.clone());
        }
    }
    if !hurried.is_empty() {
        work.write(
            "UPDATE deliveries SET urgent = TRUE, due_at = $2 WHERE id = ANY ($1) AND settled_at IS NULL",
            values![hurried, work.now],
        );
    }
    work.unsent.insert(lane, waiting);
    changed(work, lane, rings);
    Ok(())
}

/// Settles a row that need not be sent any more.
pub(super) fn call_off(work: &mut Work, id: DeliveryId) {
    end(work, id, DeliveryState::Cancelled, None);
}

/// Settles a row that was to be sent and will not be.
pub(super) fn bury(work: &mut Work, id: DeliveryId, letter: DeadLetter) {
    end(work, id, DeliveryState::Dead, letter.class);
    work.after.dead.push(letter);
}

/// What was never said does not come back.
pub(super) fn forget_echo(work: &mut Work, conversation: ConversationId, delivery: DeliveryId) {
    work.write(
        "DELETE FROM echoes WHERE conversation = $1 AND delivery = $2",
        values![conversation, delivery],
    );
}

/// The same for what the step itself is about to owe.
fn new_ones(work: &mut Work, lane: Uuid, only: Cancelled) {
    let mut ended = Vec::new();
    for row in &mut work.writes.deliveries {
        let new = &row.delivery;
        if lane_id(new.lane) != lane || row.settled_at.is_some() {
            continue;
        }
        if let Some(state) = overtaken(only, &new.task, new.order) {
            row.state = state;
            row.settled_at = Some(work.now);
            ended.push((row.conversation, row.state, new.clone()));
        }
    }
    for (conversation, state, new) in ended {
        if state == DeliveryState::Dead {
            warn(work, new.handover);
            work.after.dead.push(DeadLetter {
                id: new.id,
                destination: new.destination,
                class: None,
            });
        }
        forget_echo(work, conversation, new.id);
    }
}

fn warn(work: &mut Work, handover: HandoverId) {
    let (kind, subject) = (WarningKind::DeadLetter, handover.to_string());
    warnings::raise(work, &Warning { kind, subject });
}

fn changed(work: &mut Work, lane: Uuid, rings: Option<Destination>) {
    if let Some(destination) = rings {
        work.writes.lanes.insert(lane);
        work.change(Change::Due(destination));
    }
}

fn is_control(task: &Task) -> bool {
    matches!(task, Task::Resume { .. } | Task::Close { .. })
}

fn end(work: &mut Work, id: DeliveryId, state: DeliveryState, class: Option<&str>) {
    work.write(
        "UPDATE deliveries SET state = $2, error_class = coalesce($3, error_class), settled_at = $4 WHERE id = $1",
        values![id, state, class, work.now],
    );
}

/// What is unsettled in the lane, but for what this step has settled for good, in order. Nobody may claim the lane between this
/// and the write, else what is taken to wait may be on its way.
async fn waiting(work: &mut Work, lane: Uuid) -> Result<Vec<Unsent>, Fault> {
    if let Some(seen) = work.unsent.remove(&lane) {
        return Ok(seen);
    }
    let sql = "SELECT d.id, d.handover, d.destination, d.ord, d.task, l.fence, \
               coalesce(l.flying = d.id AND l.leased_until > handover_clock(), FALSE) \
               FROM deliveries d LEFT JOIN lanes l ON l.id = d.lane \
               WHERE d.lane = $1 AND d.settled_at IS NULL ORDER BY d.ord";
    let mut waiting = Vec::new();
    for row in work.rows(sql, values![lane]).await? {
        if let Some(fence) = row.try_get(5)? {
            // One that the step has looked at before guards more than this look.
            work.writes.fences.entry(lane).or_insert(fence);
        }
        let id: DeliveryId = row.try_get(0)?;
        let landed = work.landed.filter(|landed| landed.id == id);
        if landed.is_some_and(|landed| !landed.waits) {
            continue;
        }
        waiting.push(Unsent {
            id,
            handover: row.try_get(1)?,
            destination: row.try_get(2)?,
            order: count(row.try_get(3)?),
            task: columns::json(&row, 4).ok(),
            is_flying: row.try_get(6)? && landed.is_none(),
        });
    }
    Ok(waiting)
}
