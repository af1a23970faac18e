//! What replicas tell each other: that it may be worth looking. A hint that is lost costs a second, since everybody
//! looks each second anyway; so hints go out outside the steps that they tell of, and not for every one.

use std::{fmt, str::FromStr};

use crate::{
    domain::{delivery::Destination, ids::HandoverId},
    store::labels,
};

/// One line of a notice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// A lane of this destination may have become due.
    Due(Destination),
    /// A timer may have been set.
    Timer,
    /// The request may have been decided.
    Answered(HandoverId),
    /// There may be something to erase.
    Erasing,
    /// Some conversation may have changed.
    Changed,
}

/// What a newer version tells.
#[derive(Debug)]
pub(super) struct NoHint;

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due(destination) => write!(f, "due {destination}"),
            Self::Timer => f.write_str("timer"),
            Self::Answered(handover) => write!(f, "answered {handover}"),
            Self::Erasing => f.write_str("erasing"),
            Self::Changed => f.write_str("changed"),
        }
    }
}

impl FromStr for Hint {
    type Err = NoHint;

    fn from_str(line: &str) -> Result<Self, NoHint> {
        match line.split_once(' ') {
            Some(("due", destination)) => labels::destination(destination)
                .map(Self::Due)
                .ok_or(NoHint),
            Some(("answered", id)) => id.parse().map(Self::Answered).map_err(|_| NoHint),
            None if line == "timer" => Ok(Self::Timer),
            None if line == "erasing" => Ok(Self::Erasing),
            None if line == "changed" => Ok(Self::Changed),
            _ => Err(NoHint),
        }
    }
}
