//! Deliveries that nobody can make any more: to whom is gone, or unreadable. They become dead letters.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    cancel,
    fault::Fault,
    settle::Delivery,
    subject::Subject,
    warnings,
    work::{Attempt, Ground, Landed, Work},
};
use crate::{
    domain::{
        effect::{Warning, WarningKind},
        ids::DeliveryId,
    },
    store::{Error, given_up::GivenUp},
};

/// It holds up its lane no longer, and its conversation hears what it would hear of a call that is given up. Says whether it
/// was given up: what is on its way is not.
pub(super) async fn give_up(
    ground: &Arc<Ground>,
    delivery: DeliveryId,
    why: GivenUp,
) -> Result<bool, Error> {
    let given_up = ground.step(GiveUp(delivery, why)).await;
    let Err(Error::Corrupt(error)) = given_up else {
        return given_up;
    };
    tracing::error!(
        error = &*error,
        delivery.id = %delivery,
        "a delivery is given up, and nothing follows from it"
    );
    ground.step(GiveUpAlone(delivery, why)).await
}

struct GiveUp(DeliveryId, GivenUp);

/// The row alone, where nothing can be decided.
struct GiveUpAlone(DeliveryId, GivenUp);

#[async_trait]
impl Attempt for GiveUp {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let Self(id, why) = *self;
        let Some(delivery) = bury(work, id, why).await? else {
            return Ok(false);
        };
        work.trace = delivery.trace;
        work.landed = Some(Landed::for_good(delivery.id));
        let subject = Subject::existing(work, delivery.conversation).await?;
        let result = (why.result(), &[][..]);
        delivery.conclude(work, Some(subject), result).await?;
        Ok(true)
    }
}

#[async_trait]
impl Attempt for GiveUpAlone {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let Self(id, why) = *self;
        let Some(delivery) = bury(work, id, why).await? else {
            return Ok(false);
        };
        let subject = delivery.handover.to_string();
        let kind = WarningKind::DeadLetter;
        warnings::raise(work, &Warning { kind, subject })?;
        Ok(true)
    }
}

/// Gives the delivery, unless it is settled or on its way.
async fn bury(work: &mut Work, id: DeliveryId, why: GivenUp) -> Result<Option<Delivery>, Fault> {
    let delivery = Delivery::by_id(work, id).await?;
    let Some(delivery) = delivery.filter(|found| found.is_unsettled() && !found.is_flying) else {
        return Ok(None);
    };
    cancel::bury(work, delivery.id, delivery.letter(why.class));
    cancel::forget_echo(work, delivery.conversation, delivery.id);
    delivery.stir(work);
    Ok(Some(delivery))
}
