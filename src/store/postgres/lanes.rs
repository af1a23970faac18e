//! Lanes in this process's hands.

use std::sync::Arc;

use super::{fault::Fault, work::Ground};
use crate::{domain::delivery::Destination, store::Claimed};

/// A lane that is held.
#[derive(Debug)]
pub struct Hold {}

pub(super) async fn claim(
    _ground: &Arc<Ground>,
    _destination: &Destination,
    _limit: usize,
) -> Result<Claimed, Fault> {
    Err(Fault::Late)
}
