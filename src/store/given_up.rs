//! Why a store gives up a delivery that nobody has refused.

use super::listed::{REMOVED, UNREADABLE_ROW};
use crate::domain::{delivery::StepResult, retry::ErrorClass};

#[derive(Clone, Copy, Debug)]
pub(super) enum GivenUp {
    /// It cannot be put together any more: no call that could be made would ever be taken.
    Unreadable,
    /// Nobody is left to deliver it to.
    Removed,
    /// Its conversation is to be erased, and has waited for it for long enough.
    Overdue,
}

impl GivenUp {
    /// As the row of a dead letter says it. None: it is none, and is called off.
    pub(super) const fn class(self) -> Option<&'static str> {
        match self {
            Self::Unreadable => Some(UNREADABLE_ROW),
            Self::Removed => Some(REMOVED),
            Self::Overdue => None,
        }
    }

    /// As its conversation hears of it.
    pub(super) const fn result(self) -> StepResult {
        match self {
            Self::Unreadable => StepResult::Dead {
                class: ErrorClass::Rejected,
            },
            Self::Removed => StepResult::Dead {
                class: ErrorClass::Gone,
            },
            Self::Overdue => StepResult::Skipped,
        }
    }
}
