//! Deliveries that nobody makes any more: to whom is gone, unreadable, or of a conversation that is to be erased.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    fault::Fault,
    settle::Delivery,
    warnings,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        effect::{Warning, WarningKind},
        ids::DeliveryId,
    },
    store::{Error, given_up::GivenUp},
};

/// It holds up its lane no longer, and its conversation hears what it would hear of a call that ended so, if it can be
/// read. Says whether it was given up: what is on its way is not.
pub(super) async fn give_up(
    ground: &Arc<Ground>,
    delivery: DeliveryId,
    why: GivenUp,
) -> Result<bool, Error> {
    let alone = false;
    let whole = GiveUp {
        delivery,
        why,
        alone,
    };
    let given_up = ground.step(whole).await;
    let Err(Error::Corrupt(error)) = given_up else {
        return given_up;
    };
    tracing::error!(
        error = &*error,
        delivery.id = %delivery,
        "a delivery is given up, and nothing follows from it"
    );
    let alone = true;
    ground.step(GiveUp { alone, ..whole }).await
}

#[derive(Clone, Copy)]
struct GiveUp {
    delivery: DeliveryId,
    why: GivenUp,
    /// The row alone, where nothing can be decided.
    alone: bool,
}

#[async_trait]
impl Attempt for GiveUp {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let Self {
            delivery,
            why,
            alone,
        } = *self;
        let delivery = Delivery::by_id(work, delivery).await?;
        let waits = |found: &Delivery| found.is_unsettled() && !found.is_flying;
        let Some(delivery) = delivery.filter(waits) else {
            return Ok(false);
        };
        delivery.end(work, why.class());
        delivery.stir(work);
        if !alone {
            work.trace = delivery.trace;
            delivery.conclude_without_call(work, why.result()).await?;
        } else if why.class().is_some() {
            let subject = delivery.handover.to_string();
            let kind = WarningKind::DeadLetter;
            warnings::raise(work, &Warning { kind, subject });
        }
        Ok(true)
    }
}
