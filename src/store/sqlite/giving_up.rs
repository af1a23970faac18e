//! Deliveries that nobody makes any more: to whom is gone, unreadable, or of a conversation that is to be erased.

use super::{
    SqliteStore, fault::Fault, operator::is_flying, settle::Delivery, warnings, work::Work,
};
use crate::{
    domain::effect::{Warning, WarningKind},
    store::{Error, given_up::GivenUp},
};

impl SqliteStore {
    /// It holds up its lane no longer, and its conversation hears what it would hear of a call that ended so, if it can be
    /// read. Says whether it was given up.
    pub(super) async fn give_up(&self, delivery: i64, why: GivenUp) -> Result<bool, Error> {
        let whole = self.writer.step(move |work| give_up(work, delivery, why));
        let given_up = whole.await;
        let Err(Error::Corrupt(error)) = given_up else {
            return given_up;
        };
        tracing::error!(
            error = &*error,
            delivery.row = delivery,
            "a delivery is given up, and nothing follows from it"
        );
        let alone = self
            .writer
            .step(move |work| give_up_alone(work, delivery, why));
        alone.await
    }
}

fn give_up(work: &mut Work<'_>, delivery: i64, why: GivenUp) -> Result<bool, Fault> {
    let Some(delivery) = end(work, delivery, why)? else {
        return Ok(false);
    };
    work.trace = delivery.trace;
    delivery.conclude(work, why.result(), &[])?;
    Ok(true)
}

/// The row alone, where nothing can be decided.
fn give_up_alone(work: &mut Work<'_>, delivery: i64, why: GivenUp) -> Result<bool, Fault> {
    let Some(delivery) = end(work, delivery, why)? else {
        return Ok(false);
    };
    if why.class().is_some() {
        let subject = delivery.handover.to_string();
        let kind = WarningKind::DeadLetter;
        warnings::raise(work, &Warning { kind, subject })?;
    }
    Ok(true)
}

/// Gives the delivery, unless it is settled or on its way. One that cannot be read is held by whoever wanted to send it.
fn end(work: &mut Work<'_>, delivery: i64, why: GivenUp) -> Result<Option<Delivery>, Fault> {
    let delivery = Delivery::by_row(work, delivery)?.filter(Delivery::is_unsettled);
    let Some(delivery) = delivery else {
        return Ok(None);
    };
    if !matches!(why, GivenUp::Unreadable) && is_flying(work, &delivery) {
        return Ok(None);
    }
    delivery.end(work, why.class())?;
    Ok(Some(delivery))
}
