//! What operators change: deliveries retried or given up.

use std::sync::Arc;

use super::{fault::Fault, work::Ground};
use crate::{
    domain::{delivery::Destination, ids::DeliveryId},
    store::{Changed, Error},
};

pub(super) async fn retry(
    _ground: &Arc<Ground>,
    _id: DeliveryId,
    _by: &str,
) -> Result<Changed, Error> {
    Err(Fault::Late.into())
}

pub(super) async fn skip(
    _ground: &Arc<Ground>,
    _id: DeliveryId,
    _by: &str,
) -> Result<Changed, Error> {
    Err(Fault::Late.into())
}

pub(super) async fn retry_all(
    _ground: &Arc<Ground>,
    _destination: &Destination,
    _by: &str,
) -> Result<usize, Error> {
    Err(Fault::Late.into())
}
