//! Deliveries that nobody can make any more: to whom is gone, or unreadable. They become dead letters.

use super::{cancel, fault::Fault, memory::Change, settle::Delivery, warnings, work::Work};
use crate::{
    domain::effect::{Warning, WarningKind},
    store::given_up::GivenUp,
};

/// It holds up its lane no longer, and its conversation hears what it would hear of a call that is given up.
pub(super) fn give_up(work: &mut Work<'_>, row: i64, why: GivenUp) -> Result<(), Fault> {
    if let Some(delivery) = bury(work, row, why)? {
        work.trace = delivery.trace;
        delivery.conclude(work, why.result(), &[])?;
    }
    Ok(())
}

/// The row alone, where nothing can be decided.
pub(super) fn give_up_alone(work: &mut Work<'_>, row: i64, why: GivenUp) -> Result<(), Fault> {
    if let Some(delivery) = bury(work, row, why)? {
        let subject = delivery.handover.to_string();
        let kind = WarningKind::DeadLetter;
        warnings::raise(work, &Warning { kind, subject })?;
    }
    Ok(())
}

/// Gives the delivery, unless it is settled.
fn bury(work: &mut Work<'_>, row: i64, why: GivenUp) -> Result<Option<Delivery>, Fault> {
    let delivery = Delivery::by_row(work, row)?.filter(Delivery::is_unsettled);
    let Some(delivery) = delivery else {
        return Ok(None);
    };
    cancel::bury(work, delivery.row, delivery.letter(why.class))?;
    work.touch(delivery.lane);
    cancel::forget_echo(work, delivery.conversation, delivery.id)?;
    let lane = work.key_of(delivery.lane, delivery.order);
    work.change(Change::Remove {
        lane,
        order: delivery.order,
    });
    Ok(Some(delivery))
}
