//! What operators ask of the database, and how deliveries are retried and given up.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    PostgresStore, audit, census,
    columns::{select_messages, values},
    effects, erase, erasing,
    fault::Fault,
    listing, pauses,
    settle::Delivery,
    subject::Subject,
    views, warnings,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        dedupe::Fingerprint,
        delivery::{Destination, StepResult, Task},
        fallback::{self, Capabilities},
        ids::{BotName, DeliveryId, ErasureId, HandoverId, MessageId},
        message::Message,
    },
    store::{
        Census, Changed, DeliveryFilter, DeliveryState, DeliveryView, Erasure, Error,
        HandoverSummary, OperatorStore, Page, WarningView, Whose, audit::Action, keyed,
    },
};

/// As many deliveries are made due side by side.
const RETRIED_AT_ONCE: usize = 8;

#[async_trait]
impl OperatorStore for PostgresStore {
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<DeliveryView>, Error> {
        Ok(listing::deliveries(&self.ground, &filter).await?)
    }

    async fn retry_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        let by = Some(by.to_owned());
        self.ground.step(Retry { id, by }).await
    }

    async fn skip_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        let by = by.to_owned();
        self.ground.step(Skip { id, by }).await
    }

    async fn open_handovers(
        &self,
        after: Option<HandoverId>,
        limit: usize,
    ) -> Result<Page<HandoverSummary>, Error> {
        Ok(listing::open_handovers(&self.ground, after, limit).await?)
    }

    async fn warnings(&self) -> Result<Vec<WarningView>, Error> {
        Ok(warnings::all(&self.ground).await?)
    }

    async fn erase(&self, whose: Whose, at_platform: bool, by: &str) -> Result<Erasure, Error> {
        erasing::begin(&self.ground, whose, at_platform, by).await
    }

    async fn is_kept_of(&self, bot: &BotName) -> Result<bool, Error> {
        Ok(erase::is_kept_of(&self.ground, bot).await?)
    }

    async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Error> {
        Ok(erase::view(&self.ground, id).await?)
    }

    async fn census(&self) -> Result<Census, Error> {
        Ok(census::take(&self.ground).await?)
    }
}

/// Dead letters and those that wait for their next attempt.
pub(super) async fn retry_all(
    ground: &Arc<Ground>,
    destination: &Destination,
    by: &str,
) -> Result<usize, Error> {
    let begin = BeginToRetry {
        destination: destination.clone(),
        by: by.to_owned(),
    };
    ground.step(begin).await?;
    let sql = "SELECT id FROM (SELECT id, row FROM deliveries WHERE state = 'dead' AND destination = $1 \
               UNION ALL SELECT id, row FROM deliveries WHERE settled_at IS NULL AND destination = $1 \
               AND state = 'retrying') wanted ORDER BY row";
    let rows = ground.database.rows(sql, values![destination]).await?;
    let ids = rows.iter().map(|row| row.try_get(0).map_err(Fault::from));
    let ids: Vec<DeliveryId> = ids.collect::<Result<_, _>>()?;
    let mut retried = 0;
    for some in ids.chunks(RETRIED_AT_ONCE) {
        let steps = some.iter().map(|id| {
            let (id, by) = (*id, None);
            ground.step(Retry { id, by })
        });
        let changed = futures_util::future::try_join_all(steps).await?;
        retried += changed
            .into_iter()
            .filter(|changed| *changed == Changed::Yes)
            .count();
    }
    Ok(retried)
}

/// Before the deliveries themselves: who has a destination called again is known also if that is as far as it comes.
struct BeginToRetry {
    destination: Destination,
    by: String,
}

struct Retry {
    id: DeliveryId,
    /// None: they have been kept with the destination.
    by: Option<String>,
}

struct Skip {
    id: DeliveryId,
    by: String,
}

#[async_trait]
impl Attempt for BeginToRetry {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        pauses::end_if_refused(work, &self.destination);
        keep(work, &self.by, Action::RetryDestination, &self.destination);
        Ok(())
    }
}

#[async_trait]
impl Attempt for Retry {
    type Done = Changed;

    async fn attempt(&mut self, work: &mut Work) -> Result<Changed, Fault> {
        let Some(delivery) = Delivery::by_id(work, self.id).await? else {
            return Ok(Changed::NotFound);
        };
        let changed = make_due(work, &delivery).await?;
        if let (Changed::Yes, Some(by)) = (changed, &self.by) {
            pauses::end_if_refused(work, &delivery.destination);
            keep(work, by, Action::RetryDelivery, self.id);
        }
        Ok(changed)
    }
}

#[async_trait]
impl Attempt for Skip {
    type Done = Changed;

    async fn attempt(&mut self, work: &mut Work) -> Result<Changed, Fault> {
        let Some(delivery) = Delivery::by_id(work, self.id).await? else {
            return Ok(Changed::NotFound);
        };
        let dead = delivery.state == DeliveryState::Dead;
        let waits = delivery.is_unsettled() && !delivery.is_flying;
        if !dead && !waits {
            return Ok(Changed::NotNow);
        }
        delivery.end(work, None);
        delivery.stir(work);
        // What was dead is no longer shown; of what was owed the conversation learns that it will not be done.
        if waits {
            delivery
                .conclude_without_call(work, StepResult::Skipped)
                .await?;
        }
        keep(work, &self.by, Action::SkipDelivery, self.id);
        Ok(Changed::Yes)
    }
}

async fn make_due(work: &mut Work, delivery: &Delivery) -> Result<Changed, Fault> {
    match delivery.state {
        DeliveryState::Dead if !is_kept(work, delivery).await? => return Ok(Changed::NotNow),
        DeliveryState::Dead if is_overtaken(work, delivery).await? => {
            return Ok(Changed::Overtaken);
        }
        DeliveryState::Dead => {
            let said = delivery.task.as_ref().and_then(Task::unsaid);
            if let Some(said) = said.filter(|said| said.whole) {
                effects::mark_said(work, said.message, true);
            }
            expect_again(work, delivery).await?;
        }
        DeliveryState::Pending | DeliveryState::Retrying if !delivery.is_flying => {}
        _ => return Ok(Changed::NotNow),
    }
    let sql = match delivery.state {
        DeliveryState::Dead => {
            "UPDATE deliveries SET state = 'retrying', error_class = NULL, urgent = FALSE, settled_at = NULL, \
             due_at = $2 WHERE id = $1"
        }
        _ => "UPDATE deliveries SET due_at = $2 WHERE id = $1",
    };
    work.write(sql, values![delivery.id, work.now]);
    delivery.stir(work);
    Ok(Changed::Yes)
}

/// Whether the conversation and the handover of a dead letter are still there, and are to stay.
async fn is_kept(work: &mut Work, delivery: &Delivery) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT FROM handovers h JOIN conversations c ON c.id = h.conversation \
               WHERE h.id = $1 AND c.id = $2) \
               AND NOT EXISTS (SELECT FROM erasing WHERE conversation = $2)";
    let values = values![delivery.handover, delivery.conversation];
    let kept = work.row(sql, values).await?.ok_or(Fault::Missing)?;
    Ok(kept.try_get(0)?)
}

/// Whether a later handover forbids it. Where the state cannot be read nobody speaks with the user by it.
async fn is_overtaken(work: &mut Work, delivery: &Delivery) -> Result<bool, Fault> {
    let Some(task @ Task::Resume { .. }) = &delivery.task else {
        return Ok(false);
    };
    match Subject::existing(work, delivery.conversation).await {
        Ok(subject) => {
            let may = keyed::may_go_out_again(task, delivery.handover, &subject.state);
            Ok(!may)
        }
        Err(fault) if fault.concerns_everyone() => Err(fault),
        Err(_) => Ok(false),
    }
}

/// A dead letter that goes out after all may come back from the platform after all, part by part.
async fn expect_again(work: &mut Work, delivery: &Delivery) -> Result<(), Fault> {
    let Some(Task::Say { message, part, .. }) = &delivery.task else {
        return Ok(());
    };
    let Destination::Bot(bot) = &delivery.destination else {
        return Ok(());
    };
    let Some(message) = read_message(work, *message).await? else {
        return Ok(());
    };
    let able = work.ground.policy.bots.get(bot);
    let able = able.map_or(&Capabilities::EVERY_USER, |bot| &bot.capabilities);
    // What cannot be shown any more will not be said either.
    let shown = fallback::said(&message.content, *part, able).unwrap_or_default();
    for content in &shown {
        let fingerprint = Fingerprint::of(content);
        effects::expect_echo(work, delivery.conversation, fingerprint, delivery.id);
    }
    Ok(())
}

async fn read_message(work: &mut Work, id: MessageId) -> Result<Option<Message>, Fault> {
    let sql = select_messages!("WHERE id = $1");
    let found = work.row(sql, values![id]).await?;
    found.as_ref().map(views::message).transpose()
}

fn keep(work: &mut Work, by: &str, action: Action, subject: impl std::fmt::Display) {
    let entry = audit::kept(by, action, subject, work.now);
    work.writes.others.push(entry);
}
