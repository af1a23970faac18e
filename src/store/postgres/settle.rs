//! What came of an attempt: the row's end or next attempt, and what follows for the handover, in one step.

use std::{mem, sync::Arc, time::Instant};

use async_trait::async_trait;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    apply, cancel,
    columns::{self, lane_id, values},
    fault::Fault,
    intake,
    lanes::{self, Head},
    leases::Claimed,
    memory::Change,
    mutant,
    subject::Subject,
    work::{Attempt, Ground, Landed, Work},
    writes::{Attempted, Read},
};
use crate::{
    domain::{
        conversation::ConversationKey,
        delivery::{Destination, Lane, StepResult, Task},
        event::{Event, Settled},
        ids::{ConversationId, DeliveryId, HandoverId},
    },
    store::{
        Claim, DeliveryState, Error, RowOutcome, Settlement,
        hashing::Hashed,
        keyed::KeyedSettlement,
        settled::{self, Follows, SETTLE_AGAIN},
        tally::DeadLetter,
    },
    telemetry::traces::TraceParent,
};

/// Gives the lane's next head, still held, if it is due. Of a lane that another replica has by now nothing is changed.
pub(super) async fn settle(
    ground: &Arc<Ground>,
    claim: Claim,
    settlement: Settlement,
) -> Result<Option<Claim>, Error> {
    let Some(hold) = claim.ticket.into_postgres() else {
        return Ok(None);
    };
    let settle = Settle {
        key: claim.job.about.key,
        claimed: hold.claimed,
        delivery: hold.delivery,
        settled: Arc::new(KeyedSettlement::new(settlement, &ground.hasher)),
        destination: claim.destination,
    };
    let id = settle.delivery;
    let (written, in_doubt) = until_written(id, || intake::settle(ground, settle.clone())).await;
    if let Err(Error::Corrupt(error)) = written {
        tracing::error!(
            error = &*error,
            delivery.id = %id,
            "what came of a call is kept, and nothing follows from it"
        );
        let (alone, _) = until_written(id, || ground.step(Alone(settle.clone()))).await;
        alone?;
        lanes::give_back(ground, hold.spend()).await?;
        return Ok(None);
    }
    // A lane whose outcome cannot be written is not given back at once: nothing in it can be trusted to go out once.
    let landing = written?;
    let claimed = hold.spend();
    match landing {
        // The outcome is written. A head that cannot be read now is claimed by whoever comes next.
        Landing::Done(next) => {
            let claims = lanes::claims(ground, next.into_iter().collect()).await;
            Ok(claims.unwrap_or_default().pop())
        }
        Landing::Deposed if in_doubt => {
            // An earlier try may have gone on to the lane's next head, for nobody.
            ground.leases.doubt();
            let waits = Change::Due(settle.destination.clone());
            ground.memory.apply(vec![waits], Vec::new());
            tracing::info!(
                destination = %settle.destination,
                delivery.id = %id,
                "what came of a call has been stored by an earlier try, or its lane has been taken over"
            );
            Ok(None)
        }
        Landing::Deposed => {
            tracing::warn!(
                destination = %settle.destination,
                delivery.id = %id,
                "a call ended after its lane had been taken over or its delivery removed; what came of it is not kept"
            );
            // Where the delivery alone is gone it is still held.
            lanes::give_back(ground, claimed).await?;
            Ok(None)
        }
    }
}

/// Writes an outcome, however long the database is away: forgotten, it would be sent again and again. Says whether a try
/// before the last one may have been written after all.
async fn until_written<T, F>(
    delivery: DeliveryId,
    write: impl Fn() -> F,
) -> (Result<T, Error>, bool)
where
    F: Future<Output = Result<T, Error>>,
{
    let mut in_doubt = false;
    loop {
        match write().await {
            Err(error @ Error::Unavailable(_)) => {
                if !mem::replace(&mut in_doubt, true) {
                    tracing::warn!(
                        error = error.told(),
                        delivery.id = %delivery,
                        "what came of a call cannot be stored yet, it is tried again"
                    );
                }
                tokio::time::sleep(SETTLE_AGAIN).await;
            }
            done => return (done, in_doubt),
        }
    }
}

/// An outcome that is to be written.
#[derive(Clone, Debug)]
pub(super) struct Settle {
    /// Whose delivery it is.
    pub(super) key: ConversationKey,
    pub(super) delivery: DeliveryId,
    claimed: Claimed,
    settled: Arc<KeyedSettlement>,
    destination: Destination,
}

/// The row alone, where nothing can be decided: what has been sent is not sent again for that.
struct Alone(Settle);

#[async_trait]
impl Attempt for Alone {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        let Self(settle) = self;
        let delivery = Delivery::by_id(work, settle.delivery).await?;
        let is_held = |delivery: &Delivery| delivery.fence == Some(settle.claimed.fence);
        if let Some(delivery) = delivery.filter(is_held) {
            delivery.stir(work);
            delivery.write(work, settle.settled.settlement.row);
        }
        Ok(())
    }
}

/// What became of an outcome.
#[derive(Debug)]
pub(super) enum Landing {
    /// With the lane's next head, if it is due.
    Done(Option<Head>),
    /// The lane has another holder by now, or none, or the delivery is not kept any more. Nothing is changed.
    Deposed,
}

impl Settle {
    pub(super) const fn lane(&self) -> Uuid {
        self.claimed.lane
    }

    /// Without a delivery there is no lane to hold.
    pub(super) async fn decide(
        &self,
        work: &mut Work,
        delivery: Option<Delivery>,
        subject: Option<Subject>,
    ) -> Result<Landing, Fault> {
        let fence = delivery.as_ref().and_then(|delivery| delivery.fence);
        let is_held = fence == Some(self.claimed.fence);
        let Some(delivery) = delivery.filter(|_| is_held || mutant::ignores_fences()) else {
            if let Some(subject) = subject {
                work.writes.read.remove(&subject.state.id);
            }
            return Ok(Landing::Deposed);
        };
        let lane = lane_id(delivery.lane);
        if is_held {
            work.writes.landed.insert(lane);
        } else {
            work.writes.lanes.insert(lane);
        }
        delivery.guard(work);
        work.trace = delivery.trace;
        work.landed = Some(Landed {
            id: delivery.id,
            waits: matches!(self.settled.settlement.row, RowOutcome::Retry { .. }),
        });
        let KeyedSettlement { settlement, found } = &*self.settled;
        delivery.write(work, settlement.row);
        let result = settled::heard(settlement.result.clone(), delivery.state);
        delivery.conclude(work, subject, result, found).await?;
        Ok(Landing::Done(None))
    }

    /// Once it is durable, with what waits in the lane, asked for at `asked`.
    pub(super) fn told(&self, ground: &Ground, row: Row, asked: Instant) -> Result<Landing, Fault> {
        let next = lanes::held(ground, row, asked)?;
        if next.is_none() {
            let waits = Change::Due(self.destination.clone());
            ground.memory.apply(vec![waits], Vec::new());
        }
        Ok(Landing::Done(next))
    }
}

/// A delivery's row, with all that settling it needs.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) conversation: ConversationId,
    pub(super) handover: HandoverId,
    pub(super) lane: Lane,
    pub(super) destination: Destination,
    /// None: a newer version wrote it.
    pub(super) task: Option<Task>,
    pub(super) state: DeliveryState,
    /// Somebody is sending it just now.
    pub(super) is_flying: bool,
    leg_closed: bool,
    /// The number of the lane's last claim.
    fence: Option<i64>,
    /// What comes of the delivery belongs to the same trace.
    pub(super) trace: Option<TraceParent>,
}

impl Delivery {
    /// Whatever the step writes of it is written if nobody else has changed anything of its conversation meanwhile, and
    /// nobody has claimed its lane.
    pub(super) async fn by_id(work: &mut Work, id: DeliveryId) -> Result<Option<Self>, Fault> {
        let sql = "SELECT d.destination, d.id, d.conversation, d.handover, d.lane, d.task, d.state, \
                   coalesce(l.closed, FALSE), d.trace, n.fence, \
                   coalesce(n.flying = d.id AND n.leased_until > handover_clock(), FALSE), c.revision \
                   FROM deliveries d LEFT JOIN conversations c ON c.id = d.conversation \
                   LEFT JOIN legs l ON l.id = d.lane LEFT JOIN lanes n ON n.id = d.lane WHERE d.id = $1";
        let Some(row) = work.row(sql, values![id]).await? else {
            return Ok(None);
        };
        let delivery = Self::read(&row, 0, 1)?;
        if let Some(revision) = row.try_get(11)? {
            let read = Read::Revision(revision);
            work.writes.read.insert(delivery.conversation, read);
        }
        delivery.guard(work);
        Ok(Some(delivery))
    }

    /// From a row in which stands, from a column on: `id, conversation, handover, lane, task, state, leg_closed, trace, fence,
    /// is_flying`; and somewhere the destination.
    pub(super) fn read(row: &Row, destination: usize, from: usize) -> Result<Self, Fault> {
        let destination: Destination = row.try_get(destination)?;
        Ok(Self {
            id: row.try_get(from)?,
            conversation: row.try_get(from + 1)?,
            handover: row.try_get(from + 2)?,
            lane: columns::lane(row.try_get(from + 3)?, &destination),
            destination,
            task: columns::json(row, from + 4).ok(),
            state: row.try_get(from + 5)?,
            leg_closed: row.try_get(from + 6)?,
            trace: row.try_get(from + 7)?,
            fence: row.try_get(from + 8)?,
            is_flying: row.try_get(from + 9)?,
        })
    }

    /// Nobody else may claim the lane meanwhile.
    fn guard(&self, work: &mut Work) {
        if let Some(fence) = self.fence {
            work.writes.fences.insert(lane_id(self.lane), fence);
        }
    }

    pub(super) fn is_unsettled(&self) -> bool {
        matches!(self.state, DeliveryState::Pending | DeliveryState::Retrying)
    }

    /// Settles it for good without its having been taken: as a dead letter of this class, or called off where there is none.
    /// What was never said does not come back.
    pub(super) fn end(&self, work: &mut Work, dead: Option<&'static str>) {
        match dead {
            Some(_) => {
                let letter = DeadLetter {
                    id: self.id,
                    destination: self.destination.clone(),
                    class: dead,
                };
                cancel::bury(work, self.id, letter);
            }
            None => cancel::call_off(work, self.id),
        }
        cancel::forget_echo(work, self.conversation, self.id);
    }

    /// Something of the row has changed: its lane is looked at anew.
    pub(super) fn stir(&self, work: &mut Work) {
        work.writes.lanes.insert(lane_id(self.lane));
        work.change(Change::Due(self.destination.clone()));
        if let Lane::Bot(conversation) = self.lane {
            work.touch(conversation);
        }
    }

    /// Lets `decide` draw the consequences; it has nothing to say about a task that it does not know.
    pub(super) async fn conclude(
        mut self,
        work: &mut Work,
        subject: Option<Subject>,
        mut result: StepResult,
        found: &[Vec<Hashed>],
    ) -> Result<(), Fault> {
        let Some(task) = self.task.take() else {
            return Ok(());
        };
        let subject = subject.ok_or(Fault::Missing)?;
        let items = settled::found(&mut result, &subject.state, self.handover);
        if !items.is_empty() {
            apply::mark_seen(work, items, found).await?;
        }
        let event = Event::Settled(Settled {
            handover: self.handover,
            lane: self.lane,
            destination: self.destination.clone(),
            task,
            result,
            leg_closed: self.leg_closed,
        });
        let (mut subject, turned) = subject.turn(work, &event).await?;
        let items = settled::found_in(&event);
        apply::store_transcript_keys(work, items, found, &turned.effects);
        let follows = Follows::of(&turned.effects);
        if follows.withdrawn {
            self.end(work, None);
            work.after.dead.retain(|letter| letter.id != self.id);
        }
        if let Some(until) = follows.put_off {
            work.write(
                "UPDATE deliveries SET due_at = greatest(due_at, $2) WHERE id = $1",
                values![self.id, until],
            );
        }
        for leg in &follows.named {
            subject = apply::tell_what_was_kept(work, subject, leg).await?;
        }
        Ok(())
    }

    /// The same where nobody has made a call.
    pub(super) async fn conclude_without_call(
        self,
        work: &mut Work,
        result: StepResult,
    ) -> Result<(), Fault> {
        work.landed = Some(Landed::for_good(self.id));
        let subject = Subject::existing(work, self.conversation).await?;
        self.conclude(work, Some(subject), result, &[]).await
    }

    /// What was delivered is delivered, even if it was given up meanwhile; else a row that was given up stays so.
    fn write(&self, work: &mut Work, outcome: RowOutcome) {
        if let Lane::Bot(conversation) = self.lane {
            work.touch(conversation);
        }
        work.change(Change::Called {
            destination: self.destination.clone(),
            failed: outcome.failed(),
            at: work.now,
        });
        match outcome {
            RowOutcome::Delivered => {
                work.writes.attempted.push(Attempted {
                    id: self.id,
                    state: DeliveryState::Delivered,
                    counts: true,
                    class: None,
                    due_at: None,
                    settled_at: Some(work.now),
                });
                if matches!(self.task, Some(Task::Say { .. })) {
                    work.writes.said.push((self.conversation, self.id));
                }
            }
            _ if !self.is_unsettled() => {}
            RowOutcome::Retry { at, class, counts } => work.writes.attempted.push(Attempted {
                id: self.id,
                state: DeliveryState::Retrying,
                counts,
                class: Some(class.label()),
                due_at: Some(at),
                settled_at: None,
            }),
            RowOutcome::Dead { class } => {
                work.write(
                    "UPDATE deliveries SET attempts = attempts + 1 WHERE id = $1",
                    values![self.id],
                );
                self.end(work, Some(class.label()));
            }
        }
    }
}
