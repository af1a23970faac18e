//! Deliveries that nobody can make any more: to whom is gone, or unreadable. They become dead letters.

use super::{cancel, fault::Fault, memory::Change, settle::Delivery, warnings, work::Work};
use crate::{
    domain::effect::{Warning, WarningKind},
    store::unreadable,
};

/// The class of what could not be delivered because nobody is left to deliver it to.
const REMOVED: &str = "removed";

/// The operator was told with its handover.
pub(super) fn removed(work: &mut Work<'_>, delivery: &Delivery) -> Result<(), Fault> {
    bury(work, delivery, REMOVED)
}

/// What cannot be put together any more holds up its lane no longer, and its conversation hears what it would hear of a
/// call that is given up.
pub(super) fn unreadable(work: &mut Work<'_>, row: i64) -> Result<(), Fault> {
    let delivery = Delivery::by_row(work, row)?.filter(Delivery::is_unsettled);
    if let Some(delivery) = delivery {
        bury(work, &delivery, unreadable::CLASS)?;
        work.trace = delivery.trace;
        delivery.conclude(work, unreadable::RESULT, &[])?;
    }
    Ok(())
}

/// The row alone, where nothing can be decided.
pub(super) fn unreadable_alone(work: &mut Work<'_>, row: i64) -> Result<(), Fault> {
    let delivery = Delivery::by_row(work, row)?.filter(Delivery::is_unsettled);
    if let Some(delivery) = delivery {
        bury(work, &delivery, unreadable::CLASS)?;
        let subject = delivery.handover.to_string();
        let kind = WarningKind::DeadLetter;
        warnings::raise(work, &Warning { kind, subject })?;
    }
    Ok(())
}

fn bury(work: &mut Work<'_>, delivery: &Delivery, class: &'static str) -> Result<(), Fault> {
    cancel::bury(work, delivery.row, delivery.letter(class))?;
    work.touch(delivery.lane);
    cancel::forget_echo(work, delivery.conversation, delivery.id)?;
    let lane = work.key_of(delivery.lane, delivery.order);
    work.change(Change::Remove {
        lane,
        order: delivery.order,
    });
    Ok(())
}
