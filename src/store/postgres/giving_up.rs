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
    store::{Error, unreadable},
};

/// The class of what could not be delivered because nobody is left to deliver it to.
const REMOVED: &str = "removed";

/// What cannot be put together any more holds up its lane no longer, and its conversation hears what it would hear of a
/// call that is given up.
pub(super) async fn unreadable(ground: &Arc<Ground>, delivery: DeliveryId) -> Result<(), Error> {
    let given_up = ground.step(Unreadable(delivery)).await;
    let Err(Error::Corrupt(error)) = given_up else {
        return given_up;
    };
    tracing::error!(
        error = &*error,
        delivery.id = %delivery,
        "a delivery is given up, and nothing follows from it"
    );
    ground.step(UnreadableAlone(delivery)).await
}

/// Says whether it was given up: what is on its way is not. The operator was told with its handover.
pub(super) async fn removed(ground: &Arc<Ground>, delivery: DeliveryId) -> Result<bool, Error> {
    ground.step(Removed(delivery)).await
}

struct Unreadable(DeliveryId);

/// The row alone, where nothing can be decided.
struct UnreadableAlone(DeliveryId);

struct Removed(DeliveryId);

#[async_trait]
impl Attempt for Unreadable {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        let Some(delivery) = bury(work, self.0, unreadable::CLASS).await? else {
            return Ok(());
        };
        work.trace = delivery.trace;
        work.landed = Some(Landed::for_good(delivery.id));
        let subject = Subject::existing(work, delivery.conversation).await?;
        let result = (unreadable::RESULT, &[][..]);
        delivery.conclude(work, Some(subject), result).await
    }
}

#[async_trait]
impl Attempt for UnreadableAlone {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        if let Some(delivery) = bury(work, self.0, unreadable::CLASS).await? {
            let subject = delivery.handover.to_string();
            let kind = WarningKind::DeadLetter;
            warnings::raise(work, &Warning { kind, subject })?;
        }
        Ok(())
    }
}

#[async_trait]
impl Attempt for Removed {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        Ok(bury(work, self.0, REMOVED).await?.is_some())
    }
}

/// Gives the delivery, unless it is settled or on its way.
async fn bury(
    work: &mut Work,
    id: DeliveryId,
    class: &'static str,
) -> Result<Option<Delivery>, Fault> {
    let delivery = Delivery::by_id(work, id).await?;
    let Some(delivery) = delivery.filter(|found| found.is_unsettled() && !found.is_flying) else {
        return Ok(None);
    };
    cancel::bury(work, delivery.id, delivery.letter(class));
    cancel::forget_echo(work, delivery.conversation, delivery.id);
    delivery.stir(work);
    Ok(Some(delivery))
}
