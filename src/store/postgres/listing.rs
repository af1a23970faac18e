//! Deliveries and open handovers, page by page.

use super::{fault::Fault, work::Ground};
use crate::{
    domain::ids::HandoverId,
    store::{DeliveryFilter, DeliveryView, HandoverSummary, Page},
};

pub(super) async fn deliveries(
    _ground: &Ground,
    _filter: &DeliveryFilter,
) -> Result<Page<DeliveryView>, Fault> {
    Err(Fault::Late)
}

pub(super) async fn open_handovers(
    _ground: &Ground,
    _after: Option<HandoverId>,
    _limit: usize,
) -> Result<Page<HandoverSummary>, Fault> {
    Err(Fault::Late)
}
