//! Deliveries that nobody can make any more: to whom is gone, or unreadable. They become dead letters.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    cancel,
    fault::Fault,
    settle::Delivery,
    warnings,
    work::{Attempt, Ground, Work},
};
use crate::domain::{
    effect::{Warning, WarningKind},
    ids::DeliveryId,
};

/// The class of what could not be delivered because nobody is left to deliver it to.
const REMOVED: &str = "removed";
/// The class of what the store cannot put together any more.
const UNREADABLE: &str = "unreadable_row";

/// What cannot be put together any more holds up its lane no longer.
pub(super) async fn unreadable(ground: &Arc<Ground>, delivery: DeliveryId) -> Result<(), Fault> {
    let give_up = GiveUp {
        delivery,
        class: UNREADABLE,
        warns: true,
    };
    ground.run(give_up).await.map(|_| ())
}

/// Says whether it was given up: what is on its way is not.
pub(super) async fn removed(ground: &Arc<Ground>, delivery: DeliveryId) -> Result<bool, Fault> {
    let give_up = GiveUp {
        delivery,
        class: REMOVED,
        warns: false,
    };
    ground.run(give_up).await
}

struct GiveUp {
    delivery: DeliveryId,
    class: &'static str,
    warns: bool,
}

#[async_trait]
impl Attempt for GiveUp {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let Some(delivery) = Delivery::by_id(work, self.delivery).await? else {
            return Ok(false);
        };
        if !delivery.is_unsettled() || delivery.is_flying {
            return Ok(false);
        }
        cancel::bury(work, delivery.id, delivery.letter(self.class));
        cancel::forget_echo(work, delivery.conversation, delivery.id);
        delivery.stir(work);
        if self.warns {
            let subject = delivery.handover.to_string();
            let kind = WarningKind::DeadLetter;
            warnings::raise(work, &Warning { kind, subject })?;
        }
        Ok(true)
    }
}
