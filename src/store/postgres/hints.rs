//! What replicas tell each other: that it may be worth looking. A hint that is lost costs a second, since everybody
//! looks each second anyway; so hints go out outside the steps that they tell of, and not for every one.

use std::{collections::BTreeSet, fmt, str::FromStr};

use uuid::Uuid;

use crate::domain::{delivery::Destination, ids::HandoverId};

/// A notice holds at most 8000 bytes; a longer list is left to looking.
const MOST_BYTES: usize = 7900;
const FROM: &str = "from ";

/// A line of a notice.
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

/// Who tells, then a hint on each line.
pub(super) fn notice(teller: Uuid, hints: BTreeSet<Hint>) -> String {
    let mut notice = format!("{FROM}{teller}\n");
    for hint in hints {
        let line = hint.to_string();
        if notice.len() + line.len() < MOST_BYTES {
            notice.push_str(&line);
            notice.push('\n');
        }
    }
    notice
}

/// What a notice has for this listener: nothing if it is its own, since what a replica does itself it knows at once.
pub(super) fn told(notice: &str, listener: Uuid) -> Vec<Hint> {
    let is_own = |line: &str| {
        let teller = line.strip_prefix(FROM);
        teller.is_some_and(|teller| teller.parse() == Ok(listener))
    };
    if notice.lines().any(is_own) {
        return Vec::new();
    }
    notice
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}

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
            Some(("due", to)) => to.parse().map(Self::Due).map_err(|_| NoHint),
            Some(("answered", id)) => id.parse().map(Self::Answered).map_err(|_| NoHint),
            None if line == "timer" => Ok(Self::Timer),
            None if line == "erasing" => Ok(Self::Erasing),
            None if line == "changed" => Ok(Self::Changed),
            _ => Err(NoHint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_hears_what_others_tell_and_not_itself() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let notice = notice(one, BTreeSet::from([Hint::Timer, Hint::Changed]));
        assert_eq!(told(&notice, other), [Hint::Timer, Hint::Changed]);
        assert_eq!(told(&notice, one), []);
    }

    #[test]
    fn lines_of_another_version_are_passed_over() {
        let listener = Uuid::from_u128(1);
        assert_eq!(told("of=tomorrow\nchanged\n", listener), [Hint::Changed]);
    }

    #[test]
    fn what_finds_no_room_is_not_told() {
        let hints = (0..500).map(|id| Hint::Answered(HandoverId::from_uuid(Uuid::from_u128(id))));
        let notice = notice(Uuid::from_u128(1), hints.collect());
        assert!(notice.len() <= MOST_BYTES);
        assert!(told(&notice, Uuid::from_u128(2)).len() > 100);
    }
}
