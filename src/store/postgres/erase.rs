//! Has a user erased.

use std::sync::Arc;

use super::{fault::Fault, work::Ground};
use crate::{
    domain::ids::ErasureId,
    store::{Erasure, Error, Whose},
};

pub(super) async fn erase(
    _ground: &Arc<Ground>,
    _whose: Whose,
    _at_platform: bool,
) -> Result<Erasure, Error> {
    Err(Fault::Late.into())
}

pub(super) async fn view(_ground: &Ground, _id: ErasureId) -> Result<Option<Erasure>, Fault> {
    Err(Fault::Late)
}
