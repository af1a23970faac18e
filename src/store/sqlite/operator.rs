//! What operators ask of the embedded store, and how deliveries are retried and given up.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    SqliteStore, audit, census, effects, erase, fault::Fault, jobs, memory::Change, pauses,
    settle::Delivery, subject::Subject, views, warnings, work::Work,
};
use crate::{
    domain::{
        dedupe::Fingerprint,
        delivery::{Destination, StepResult, Task},
        fallback::{self, Capabilities},
        ids::{BotName, DeliveryId, ErasureId, HandoverId},
    },
    store::{
        Census, Changed, DeliveryFilter, DeliveryState, DeliveryView, Erasure, Error,
        HandoverSummary, OperatorStore, Page, WarningView, Whose, audit::Action, keyed,
    },
};

#[async_trait]
impl OperatorStore for SqliteStore {
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<DeliveryView>, Error> {
        self.readers
            .read(move |connection| views::deliveries(connection, &filter))
            .await
    }

    async fn retry_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        let by = by.to_owned();
        self.writer.step(move |work| retry(work, id, &by)).await
    }

    async fn skip_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        let by = by.to_owned();
        self.writer.step(move |work| skip(work, id, &by)).await
    }

    async fn open_handovers(
        &self,
        after: Option<HandoverId>,
        limit: usize,
    ) -> Result<Page<HandoverSummary>, Error> {
        self.readers
            .read(move |connection| views::open_handovers(connection, after, limit))
            .await
    }

    async fn warnings(&self) -> Result<Vec<WarningView>, Error> {
        let now = self.clock.now();
        self.readers
            .read(move |connection| warnings::all(connection, now))
            .await
    }

    async fn erase(&self, whose: Whose, at_platform: bool, by: &str) -> Result<Erasure, Error> {
        self.begin_erasing(whose, at_platform, by).await
    }

    async fn is_kept_of(&self, bot: &BotName) -> Result<bool, Error> {
        let bot = bot.clone();
        let kept = self
            .readers
            .read(move |connection| erase::is_kept_of(connection, &bot));
        kept.await
    }

    async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Error> {
        self.readers
            .read(move |connection| erase::view(connection, id))
            .await
    }

    async fn census(&self) -> Result<Census, Error> {
        let (limits, now) = (self.policy.limits, self.clock.now());
        let census = self
            .readers
            .read(move |connection| census::take(connection, &limits, now))
            .await?;
        let queued = u64::try_from(self.writer.queued()).unwrap_or(u64::MAX);
        Ok(Census { queued, ..census })
    }
}

fn retry(work: &mut Work<'_>, id: DeliveryId, by: &str) -> Result<Changed, Fault> {
    let Some(delivery) = by_id(work, id)? else {
        return Ok(Changed::NotFound);
    };
    let destination = delivery.destination.clone();
    let changed = make_due(work, delivery)?;
    if changed == Changed::Yes {
        pauses::end_if_refused(work, &destination)?;
        audit::keep(work, by, Action::RetryDelivery, id)?;
    }
    Ok(changed)
}

/// Dead letters and those that wait for their next attempt.
pub(super) fn retryable(
    connection: &Connection,
    destination: &Destination,
) -> Result<Vec<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT row FROM deliveries WHERE state = 'dead' AND destination = ?1 \
         UNION ALL SELECT row FROM deliveries INDEXED BY deliveries_owed \
         WHERE settled_at IS NULL AND destination = ?1 AND state = 'retrying' ORDER BY row",
    )?;
    let rows = statement.query_map([destination], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Before the deliveries themselves: who has a destination called again is known also if that is as far as it comes.
pub(super) fn begin_to_retry(
    work: &mut Work<'_>,
    destination: &Destination,
    by: &str,
) -> Result<(), Fault> {
    pauses::end_if_refused(work, destination)?;
    audit::keep(work, by, Action::RetryDestination, destination)
}

/// Says how many of these are due now. What has been settled meanwhile, or is on its way, is left alone.
pub(super) fn retry_rows(work: &mut Work<'_>, rows: &[i64]) -> Result<usize, Fault> {
    let mut retried = 0;
    for row in rows {
        if let Some(delivery) = Delivery::by_row(work, *row)? {
            retried += usize::from(make_due(work, delivery)? == Changed::Yes);
        }
    }
    Ok(retried)
}

fn make_due(work: &mut Work<'_>, mut delivery: Delivery) -> Result<Changed, Fault> {
    match delivery.state {
        DeliveryState::Dead => {}
        DeliveryState::Pending | DeliveryState::Retrying if !is_flying(work, &delivery) => {}
        _ => return Ok(Changed::NotNow),
    }
    if delivery.state == DeliveryState::Dead {
        if !is_kept(work, &delivery)? {
            return Ok(Changed::NotNow);
        }
        if is_overtaken(work, &delivery)? {
            return Ok(Changed::Overtaken);
        }
        delivery.urgent = false;
        work.execute(
            "UPDATE deliveries SET state = ?2, error_class = NULL, urgent = 0, settled_at = NULL WHERE row = ?1",
            params![delivery.row, DeliveryState::Retrying],
        )?;
        let said = delivery.task.as_ref().and_then(Task::unsaid);
        if let Some(said) = said.filter(|said| said.whole) {
            effects::mark_said(work, said.message, true)?;
        }
        expect_again(work, &delivery)?;
    }
    work.execute(
        "UPDATE deliveries SET due_at = ?2 WHERE row = ?1",
        params![delivery.row, work.now],
    )?;
    let waiting = delivery.waiting(work, work.now);
    work.change(Change::Put(waiting));
    work.touch(delivery.lane);
    Ok(Changed::Yes)
}

fn skip(work: &mut Work<'_>, id: DeliveryId, by: &str) -> Result<Changed, Fault> {
    let Some(delivery) = by_id(work, id)? else {
        return Ok(Changed::NotFound);
    };
    let dead = delivery.state == DeliveryState::Dead;
    let waits = delivery.is_unsettled() && !is_flying(work, &delivery);
    if !dead && !waits {
        return Ok(Changed::NotNow);
    }
    delivery.end(work, None)?;
    // What was dead is no longer shown; of what was owed the conversation learns that it will not be done.
    if waits {
        delivery.conclude(work, StepResult::Skipped, &[])?;
    }
    audit::keep(work, by, Action::SkipDelivery, id)?;
    Ok(Changed::Yes)
}

/// Whether the conversation and the handover of a dead letter are still there, and are to stay.
fn is_kept(work: &Work<'_>, delivery: &Delivery) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM handovers WHERE id = ?1 AND conversation = ?2) \
               AND NOT EXISTS (SELECT 1 FROM erasing WHERE conversation = ?2)";
    let parameters = params![delivery.handover, delivery.conversation];
    Ok(work.prepare(sql)?.query_row(parameters, |row| row.get(0))?)
}

/// Whether a later handover forbids it. Where the state cannot be read nobody speaks with the user by it.
fn is_overtaken(work: &mut Work<'_>, delivery: &Delivery) -> Result<bool, Fault> {
    let Some(task @ Task::Resume { .. }) = &delivery.task else {
        return Ok(false);
    };
    match Subject::by_row(work, delivery.conversation) {
        Ok(subject) => {
            let may = keyed::may_go_out_again(task, delivery.handover, &subject.state);
            subject.put_back(work);
            Ok(!may)
        }
        Err(fault) if fault.concerns_everyone() => Err(fault),
        Err(_) => Ok(false),
    }
}

/// A dead letter that goes out after all may come back from the platform after all, part by part.
fn expect_again(work: &Work<'_>, delivery: &Delivery) -> Result<(), Fault> {
    let Some(Task::Say { message, part, .. }) = &delivery.task else {
        return Ok(());
    };
    let Destination::Bot(bot) = &delivery.destination else {
        return Ok(());
    };
    let Some(message) = jobs::read_message(work.connection, *message)? else {
        return Ok(());
    };
    let able = work.settings.policy.bots.get(bot);
    let able = able.map_or(&Capabilities::EVERY_USER, |bot| &bot.capabilities);
    // What cannot be shown any more will not be said either.
    for shown in fallback::said(&message.content, *part, able).unwrap_or_default() {
        let fingerprint = Fingerprint::of(&shown);
        effects::expect_echo(work, delivery.conversation, fingerprint, delivery.id)?;
    }
    Ok(())
}

pub(super) fn is_flying(work: &mut Work<'_>, delivery: &Delivery) -> bool {
    work.flying(work.key_of(delivery.lane, delivery.order)) == Some(delivery.row)
}

fn by_id(work: &Work<'_>, id: DeliveryId) -> Result<Option<Delivery>, Fault> {
    let row = work
        .prepare("SELECT row FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    row.map_or(Ok(None), |row| Delivery::by_row(work, row))
}
