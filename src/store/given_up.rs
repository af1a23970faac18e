//! Why a store gives up a delivery that nobody has refused.

use crate::domain::{delivery::StepResult, retry::ErrorClass};

#[derive(Clone, Copy, Debug)]
pub(super) struct GivenUp {
    /// As its row says it.
    pub(super) class: &'static str,
    /// As its conversation hears of it.
    heard: ErrorClass,
}

/// It cannot be put together any more: no call that could be made would ever be taken.
pub(super) const UNREADABLE: GivenUp = GivenUp {
    class: "unreadable_row",
    heard: ErrorClass::Rejected,
};

/// Nobody is left to deliver it to.
pub(super) const REMOVED: GivenUp = GivenUp {
    class: "removed",
    heard: ErrorClass::Gone,
};

impl GivenUp {
    pub(super) const fn result(self) -> StepResult {
        StepResult::Dead { class: self.heard }
    }
}
