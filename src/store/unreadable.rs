//! What becomes of a delivery that a store cannot put together any more.

use crate::domain::{delivery::StepResult, retry::ErrorClass};

/// As its row says it.
pub(super) const CLASS: &str = "unreadable_row";
/// As its conversation hears of it: no call that could be made would ever be taken.
pub(super) const RESULT: StepResult = StepResult::Dead {
    class: ErrorClass::Rejected,
};
