//! Goes on with what is to be erased.

use std::sync::Arc;

use super::{fault::Fault, work::Ground};
use crate::store::{Erased, Erasure, Error, Whose};

pub(super) async fn begin(
    _ground: &Arc<Ground>,
    _whose: Whose,
    _at_platform: bool,
) -> Result<Erasure, Error> {
    Err(Fault::Late.into())
}

pub(super) async fn go_on(_ground: &Arc<Ground>, _limit: usize) -> Result<Erased, Error> {
    Err(Fault::Late.into())
}
