//! What came of an attempt: the row's end or next attempt, and what follows for the handover, in one step.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{
    apply, cancel,
    columns::{self, lane_id, values},
    fault::Fault,
    lanes,
    leases::{Claimed, Hold},
    memory::Change,
    mutant,
    subject::Subject,
    work::{Attempt, Ground, Work},
    writes::Read,
};
use crate::{
    domain::{
        delivery::{Destination, Lane, StepResult, Task},
        effect::Effect,
        event::{Event, NamedLeg, Settled},
        ids::{ConversationId, DeliveryId, HandoverId},
    },
    store::{
        Claim, DeliveryState, Error, RowOutcome, Settlement,
        hashing::Hashed,
        keyed::{ECHO_FOR, KeyedSettlement},
        tally::DeadLetter,
    },
    telemetry::traces::TraceParent,
};

/// How long an outcome waits before it is tried to be written again, while the database cannot be reached.
const SETTLE_AGAIN: Duration = Duration::from_millis(500);

/// Gives the lane's next head, still held, if it is due. Of a lane that another replica has by now nothing is changed.
pub(super) async fn settle(
    ground: &Arc<Ground>,
    claim: Claim,
    settlement: Settlement,
) -> Result<Option<Claim>, Error> {
    let Some(hold) = claim.ticket.into_postgres() else {
        return Ok(None);
    };
    let settled = Arc::new(KeyedSettlement::new(settlement, &ground.hasher));
    let next = loop {
        let settle = Settle {
            ground: Arc::clone(ground),
            claimed: hold.claimed,
            delivery: hold.delivery,
            settled: Arc::clone(&settled),
            asked: Instant::now(),
            destination: claim.destination.clone(),
        };
        match ground.step(settle).await {
            Err(Error::Unavailable(_)) => tokio::time::sleep(SETTLE_AGAIN).await,
            done => break done,
        }
    };
    let deposed = matches!(&next, Err(Error::Corrupt(source))
        if matches!(source.downcast_ref::<Fault>(), Some(Fault::Deposed)));
    if deposed {
        tracing::warn!(
            destination = %claim.destination,
            delivery.id = %hold.delivery,
            "a call ended after its lane had been taken over; what came of it is not kept"
        );
        hold.spend();
        return Ok(None);
    }
    // A lane whose outcome cannot be written is not given back at once: nothing in it can be trusted to go out once.
    let next = next?;
    hold.spend();
    // The outcome is written. A head that cannot be read now is claimed by whoever comes next.
    let claims = lanes::claims(ground, next.into_iter().collect()).await;
    Ok(claims.unwrap_or_default().pop())
}

struct Settle {
    ground: Arc<Ground>,
    claimed: Claimed,
    delivery: DeliveryId,
    settled: Arc<KeyedSettlement>,
    asked: Instant,
    destination: Destination,
}

#[async_trait]
impl Attempt for Settle {
    type Done = Option<Hold>;

    async fn attempt(&mut self, work: &mut Work) -> Result<Option<Hold>, Fault> {
        let Claimed { lane, fence } = self.claimed;
        let held = "SELECT 1 FROM lanes WHERE id = $1 AND fence = $2";
        let is_held = work.row(held, values![lane, fence]).await?.is_some();
        if !is_held && !mutant::ignores_fences() {
            return Err(Fault::Deposed);
        }
        let KeyedSettlement { settlement, found } = &*self.settled;
        let delivery = Delivery::by_id(work, self.delivery)
            .await?
            .ok_or(Fault::Missing)?;
        if !mutant::ignores_fences() {
            work.writes.fences.insert(lane, fence);
        }
        work.writes.lanes.insert(lane);
        work.trace = delivery.trace;
        work.landed = Some(delivery.id);
        delivery.write(work, settlement.row);
        delivery
            .conclude(work, (settlement.result.clone(), found))
            .await?;
        self.asked = Instant::now();
        work.writes
            .last
            .push(lanes::advance(self.claimed, work.now));
        Ok(None)
    }

    fn told(&mut self, _: Option<Hold>, given: Vec<Vec<Row>>) -> Result<Option<Hold>, Fault> {
        let Some(row) = given.first().and_then(|rows| rows.first()) else {
            return Ok(None);
        };
        if row.try_get::<_, Option<DeliveryId>>(2)?.is_some() {
            return lanes::held(&self.ground, row, self.asked).map(Some);
        }
        if row.try_get::<_, Option<i64>>(3)?.is_some() {
            let waits = Change::Due(self.destination.clone());
            self.ground.memory.apply(vec![waits], Vec::new());
        }
        Ok(None)
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
    /// What comes of the delivery belongs to the same trace.
    trace: Option<TraceParent>,
}

impl Delivery {
    /// Whatever the step writes of it is written if nobody else has changed anything of its conversation meanwhile, and
    /// nobody has claimed its lane.
    pub(super) async fn by_id(work: &mut Work, id: DeliveryId) -> Result<Option<Self>, Fault> {
        let sql = "SELECT d.id, d.conversation, d.handover, d.lane, d.destination, d.task, d.state, \
                   coalesce(l.closed, FALSE), d.trace, c.revision, n.fence, \
                   coalesce(n.flying = d.id AND n.leased_until > handover_clock(), FALSE) \
                   FROM deliveries d LEFT JOIN conversations c ON c.id = d.conversation \
                   LEFT JOIN legs l ON l.id = d.lane LEFT JOIN lanes n ON n.id = d.lane WHERE d.id = $1";
        let Some(row) = work.row(sql, values![id]).await? else {
            return Ok(None);
        };
        let destination: Destination = row.try_get(4)?;
        let conversation = row.try_get(1)?;
        if let Some(revision) = row.try_get(9)? {
            work.writes
                .read
                .insert(conversation, Read::Revision(revision));
        }
        let lane = row.try_get(3)?;
        if let Some(fence) = row.try_get(10)? {
            work.writes.fences.insert(lane, fence);
        }
        Ok(Some(Self {
            id,
            conversation,
            handover: row.try_get(2)?,
            lane: columns::lane(lane, &destination),
            destination,
            task: columns::json(&row, 5).ok(),
            state: row.try_get(6)?,
            is_flying: row.try_get(11)?,
            leg_closed: row.try_get(7)?,
            trace: row.try_get(8)?,
        }))
    }

    pub(super) fn is_unsettled(&self) -> bool {
        matches!(self.state, DeliveryState::Pending | DeliveryState::Retrying)
    }

    pub(super) fn letter(&self, class: &'static str) -> DeadLetter {
        DeadLetter {
            id: self.id,
            destination: self.destination.clone(),
            class: Some(class),
        }
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
        self,
        work: &mut Work,
        (mut result, found): (StepResult, &[Vec<Hashed>]),
    ) -> Result<(), Fault> {
        let Some(task) = self.task else { return Ok(()) };
        let subject = Subject::existing(work, self.conversation).await?;
        if let StepResult::Done(done) = &mut result {
            let items = &mut done.found.transcript;
            let waits = subject.state.looks_up(self.handover);
            if waits.is_some_and(|look_up| look_up.history) {
                apply::mark_known(work, items, found).await?;
            } else {
                // Too late, or not asked for. Nothing of it is recorded, so nothing of it may be known from now on.
                items.clear();
            }
        }
        let event = Event::Settled(Settled {
            handover: self.handover,
            lane: self.lane,
            destination: self.destination,
            task,
            result,
            leg_closed: self.leg_closed,
        });
        let (subject, turned) = subject.turn(work, &event).await?;
        if let Event::Settled(Settled {
            result: StepResult::Done(done),
            ..
        }) = &event
        {
            let items = (&done.found.transcript[..], found);
            apply::store_transcript_keys(work, items, &turned.effects);
        }
        if turned.effects.contains(&Effect::Withdraw) {
            cancel::call_off(work, self.id);
            cancel::forget_echo(work, self.conversation, self.id);
        }
        for effect in &turned.effects {
            if let Effect::PutOff { until } = effect {
                work.write(
                    "UPDATE deliveries SET due_at = greatest(due_at, $2) WHERE id = $1",
                    values![self.id, until],
                );
            }
        }
        tell_what_waited(work, subject, &turned.effects).await
    }

    /// What was delivered is delivered, even if it was given up meanwhile; else a row that was given up stays so.
    fn write(&self, work: &mut Work, outcome: RowOutcome) {
        if let Lane::Bot(conversation) = self.lane {
            work.touch(conversation);
        }
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
                work.write(
                    "UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, settled_at = $2 WHERE id = $1",
                    values![self.id, work.now],
                );
                if matches!(self.task, Some(Task::Say { .. })) {
                    work.write(
                        "UPDATE echoes SET expires_at = $3 WHERE conversation = $1 AND delivery = $2",
                        values![self.conversation, self.id, work.now.plus(ECHO_FOR)],
                    );
                }
            }
            _ if !self.is_unsettled() => {}
            RowOutcome::Retry { at, class, counts } => work.write(
                "UPDATE deliveries SET state = 'retrying', attempts = attempts + $2, error_class = $3, due_at = $4 \
                 WHERE id = $1",
                values![self.id, i64::from(counts), class.label(), at],
            ),
            RowOutcome::Dead { class } => {
                work.write(
                    "UPDATE deliveries SET attempts = attempts + 1 WHERE id = $1",
                    values![self.id],
                );
                cancel::bury(work, self.id, self.letter(class.label()));
                cancel::forget_echo(work, self.conversation, self.id);
            }
        }
    }
}

/// A desk may tell of its conversation before it has answered the call that began it.
async fn tell_what_waited(
    work: &mut Work,
    mut subject: Subject,
    effects: &[Effect],
) -> Result<(), Fault> {
    for effect in effects {
        if let Effect::Name(name) = effect {
            let leg = NamedLeg {
                id: name.leg,
                handover: name.handover,
                desk: name.desk.clone(),
                reference: Some(name.reference.clone()),
                is_new: false,
            };
            subject = apply::tell_what_was_kept(work, subject, (&leg, &name.reference)).await?;
        }
    }
    Ok(())
}
