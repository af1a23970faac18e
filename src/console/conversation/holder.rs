//! In whose hands the user was, when: read off the journal.

use crate::domain::{
    conversation::Phase,
    effect::{Cause, JournalEntry},
};

/// Who answers the user for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Bot,
    /// An agent has been asked for, or the bot is being brought back.
    Nobody,
    Agent {
        name: Option<String>,
    },
}

impl Holder {
    /// Beside `held`.
    pub(super) const fn class(&self) -> &'static str {
        match self {
            Self::Bot => "held held--bot",
            Self::Nobody => "held held--wait",
            Self::Agent { .. } => "held held--agent",
        }
    }

    pub(super) fn agent(&self) -> Option<&str> {
        match self {
            Self::Agent { name } => name.as_deref(),
            _ => None,
        }
    }

    /// Before anything of the journal.
    pub(super) fn at_first(journal: &[JournalEntry]) -> Self {
        let first = journal.iter().find(|entry| entry.from != entry.to);
        first.map_or(Self::Bot, |entry| Self::of(entry.from, None))
    }

    pub(super) fn after(self, entry: &JournalEntry) -> Self {
        if entry.cause == Cause::Joined {
            let name = entry.detail.clone();
            return Self::Agent { name };
        }
        if entry.from == entry.to {
            return self;
        }
        let before = match self {
            Self::Agent { name } => name,
            _ => None,
        };
        Self::of(entry.to, before)
    }

    fn of(phase: Option<Phase>, name: Option<String>) -> Self {
        match phase {
            None => Self::Bot,
            Some(Phase::Requested | Phase::Waiting | Phase::Unknown | Phase::Closing) => {
                Self::Nobody
            }
            Some(Phase::Attended) => Self::Agent { name },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn entry(
        from: Option<Phase>,
        to: Option<Phase>,
        cause: Cause,
        detail: Option<&str>,
    ) -> JournalEntry {
        JournalEntry {
            at: Timestamp::from_millis(1),
            handover: None,
            from,
            to,
            cause,
            detail: detail.map(str::to_owned),
            by: None,
        }
    }

    #[test]
    fn the_user_goes_from_hand_to_hand() {
        use Phase::{Attended, Closing, Requested, Waiting};
        let journal = [
            entry(None, Some(Requested), Cause::Requested, None),
            entry(Some(Requested), Some(Waiting), Cause::Accepted, None),
            entry(Some(Waiting), Some(Attended), Cause::Joined, Some("Ann")),
            entry(Some(Attended), Some(Attended), Cause::Claimed, None),
            entry(Some(Attended), Some(Attended), Cause::Joined, Some("Ben")),
            entry(Some(Attended), Some(Closing), Cause::Closed, Some("solved")),
            entry(Some(Closing), None, Cause::Resumed, None),
        ];
        let mut holder = Holder::at_first(&journal);
        let mut gone = vec![holder.class()];
        let mut named = Vec::new();
        for entry in &journal {
            holder = holder.after(entry);
            gone.push(holder.class());
            named.extend(holder.agent().map(str::to_owned));
        }
        let held = gone
            .iter()
            .map(|class| class.trim_start_matches("held held--"));
        let held: Vec<_> = held.collect();
        assert_eq!(
            held,
            [
                "bot", "wait", "wait", "agent", "agent", "agent", "wait", "bot"
            ]
        );
        assert_eq!(named, ["Ann", "Ann", "Ben"]);
    }

    #[test]
    fn where_the_beginning_is_no_longer_kept_it_is_known_from_the_first_change() {
        let closed = entry(
            Some(Phase::Attended),
            Some(Phase::Closing),
            Cause::Closed,
            None,
        );
        assert_eq!(Holder::at_first(&[closed]), Holder::Agent { name: None });
        assert_eq!(Holder::at_first(&[]), Holder::Bot);
    }
}
