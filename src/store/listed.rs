//! Words of rows that are listed also where a newer version wrote them.

use crate::domain::{delivery::TaskKind, retry::ErrorClass};

/// What a delivery is to bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedKind {
    Known(TaskKind),
    /// A newer version's word. Empty: there is none that can be read.
    Other(String),
}

/// Why a delivery has not been taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedClass {
    /// Its last call failed so.
    Call(ErrorClass),
    /// It cannot be put together any more.
    UnreadableRow,
    /// Nobody is left to deliver it to.
    Removed,
    /// A newer version's word.
    Other(String),
}

/// The classes of dead letters that no call gave them. Stored, so they must not change.
pub(super) const UNREADABLE_ROW: &str = "unreadable_row";
pub(super) const REMOVED: &str = "removed";

impl ListedKind {
    pub fn label(&self) -> &str {
        match self {
            Self::Known(kind) => kind.label(),
            Self::Other(word) => word,
        }
    }
}

impl ListedClass {
    pub fn label(&self) -> &str {
        match self {
            Self::Call(class) => class.label(),
            Self::UnreadableRow => UNREADABLE_ROW,
            Self::Removed => REMOVED,
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for ListedKind {
    fn from(word: &str) -> Self {
        TaskKind::from_label(word).map_or_else(|| Self::Other(word.to_owned()), Self::Known)
    }
}

impl From<&str> for ListedClass {
    fn from(word: &str) -> Self {
        match (ErrorClass::from_label(word), word) {
            (Some(class), _) => Self::Call(class),
            (None, UNREADABLE_ROW) => Self::UnreadableRow,
            (None, REMOVED) => Self::Removed,
            (None, other) => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_listed_as_it_is_stored_whoever_knows_it() {
        for word in ["say", "look_up", "", "whisper"] {
            assert_eq!(ListedKind::from(word).label(), word);
        }
        for word in ["busy", UNREADABLE_ROW, REMOVED, "", "struck_by_lightning"] {
            assert_eq!(ListedClass::from(word).label(), word);
        }
    }
}
