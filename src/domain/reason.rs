//! Why a handover, or a desk's part in one, is over.
//!
//! The bot is told it when it gets the user back, a desk when its part ends, and people in the console and the log. It is
//! known by its word everywhere: on the wire, in the store, in the journal. What a desk tells in the words of one of ours
//! is taken for that, since nobody could tell them apart afterwards.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::{routing::Unavailable, words::words};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
pub enum Reason {
    Ours(Ours),
    /// No desk could be asked, or one has gone while it had the user.
    Unavailable(Unavailable),
    /// Somebody at the console has closed it.
    Console(ClosedAs),
    Told(Told),
}

words! {
    /// What the bridge itself ends it for.
    pub enum Ours {
        NoRoute = "no_route",
        NoDesk = "no_desk",
        /// The time for an answer was over, and no desk had said anything.
        Undecided = "undecided",
        /// The desk said no, and not why.
        Refused = "refused",
        /// The call that offers it was answered for good, and not by yes or no.
        NotTaken = "not_taken",
        /// The platform had been told that nobody comes.
        ToldDeclined = "told_declined",
        RequestLimit = "request_limit",
        WaitingLimit = "waiting_limit",
        IdleLimit = "idle_limit",
        MaxDuration = "max_duration",
        /// The desk closed it, and did not say why.
        Closed = "closed",
        /// The desk does not know it any more, once opened anew.
        DeskLost = "desk_lost",
        BotDisabled = "bot_disabled",
        BotDoesNotAnswer = "bot_does_not_answer",
        BotRefusesCalls = "bot_refuses_calls",
        BotRemoved = "bot_removed",
        /// The bot asked anew while it was being resumed.
        BotSpeaksAgain = "bot_speaks_again",
        /// The bot had been silenced for a handover that was over.
        PausedTooLate = "paused_too_late",
        SessionGone = "session_gone",
        Replaced = "replaced",
        Erased = "erased",
        /// Of a desk's part alone, as are those that follow: the bot keeps the user.
        Declined = "declined",
        /// A desk of the console has taken it, before the platform had to be answered.
        DecideWithin = "decide_within",
        /// Nothing got through to the desk.
        Unreachable = "unreachable",
        /// Somebody at the console gave it to another desk.
        Transferred = "transferred",
        /// It had gone on to another desk when this one took it.
        Moved = "moved",
    }
}

words! {
    /// What somebody at the console closes it as.
    pub enum ClosedAs {
        Solved = "solved",
        FollowUp = "follow_up",
        UserSilent = "user_silent",
        NotForUs = "not_for_us",
    }
}

/// A desk's own words, or a newer version's: none that stands for a reason of ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Told(String);

impl Reason {
    pub fn label(&self) -> &str {
        match self {
            Self::Ours(ours) => ours.label(),
            Self::Unavailable(why) => why.label(),
            Self::Console(closed) => closed.label(),
            Self::Told(Told(words)) => words,
        }
    }

    /// Why a request may be declined. None: it is not the bridge that says so, but somebody in words of their own.
    pub const fn of_decline(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable(why) => Some(why.label()),
            Self::Ours(ours) if ours.may_decline() => Some(ours.label()),
            Self::Ours(_) | Self::Console(_) | Self::Told(_) => None,
        }
    }
}

impl Ours {
    const fn may_decline(self) -> bool {
        match self {
            Self::NoRoute
            | Self::NoDesk
            | Self::Undecided
            | Self::Refused
            | Self::NotTaken
            | Self::ToldDeclined
            | Self::RequestLimit
            | Self::MaxDuration
            | Self::Closed
            | Self::DeskLost
            | Self::BotDisabled
            | Self::BotDoesNotAnswer
            | Self::BotRefusesCalls
            | Self::BotRemoved
            | Self::Erased => true,
            Self::WaitingLimit
            | Self::IdleLimit
            | Self::BotSpeaksAgain
            | Self::PausedTooLate
            | Self::SessionGone
            | Self::Replaced
            | Self::Declined
            | Self::DecideWithin
            | Self::Unreachable
            | Self::Transferred
            | Self::Moved => false,
        }
    }
}

impl From<String> for Reason {
    fn from(word: String) -> Self {
        if let Some(ours) = Ours::from_label(&word) {
            Self::Ours(ours)
        } else if let Some(why) = Unavailable::from_label(&word) {
            Self::Unavailable(why)
        } else if let Some(closed) = ClosedAs::from_label(&word) {
            Self::Console(closed)
        } else {
            Self::Told(Told(word))
        }
    }
}

impl From<&str> for Reason {
    fn from(word: &str) -> Self {
        word.to_owned().into()
    }
}

impl From<Ours> for Reason {
    fn from(ours: Ours) -> Self {
        Self::Ours(ours)
    }
}

impl From<Unavailable> for Reason {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why)
    }
}

impl From<ClosedAs> for Reason {
    fn from(closed: ClosedAs) -> Self {
        Self::Console(closed)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.label())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ours() -> Vec<Reason> {
        let ours = Ours::ALL.map(Reason::from).into_iter();
        let desks = Unavailable::ALL.map(Reason::from);
        let console = ClosedAs::ALL.map(Reason::from);
        ours.chain(desks).chain(console).collect()
    }

    /// What stands between backticks.
    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split('`').skip(1).step_by(2)
    }

    fn section<'d>(document: &'d str, title: &str) -> &'d str {
        let (_, behind) = document.split_once(&format!("\n## {title}\n")).unwrap();
        behind.split("\n## ").next().unwrap()
    }

    #[test]
    fn every_reason_is_read_back_from_its_word() {
        for reason in ours() {
            assert_eq!(Reason::from(reason.label()), reason);
            assert_eq!(json!(reason), json!(reason.label()));
            assert_eq!(
                serde_json::from_value::<Reason>(json!(reason)).unwrap(),
                reason
            );
        }
    }

    #[test]
    fn what_a_desk_tells_stays_as_it_is_and_is_ours_only_in_our_words() {
        for told in ["they are happy", "", "Solved", " solved"] {
            let reason = Reason::from(told);
            assert!(matches!(reason, Reason::Told(_)), "{reason:?}");
            assert_eq!((reason.label(), json!(reason)), (told, json!(told)));
        }
        assert_eq!(Reason::from("solved"), ClosedAs::Solved.into());
    }

    #[test]
    fn a_request_is_declined_for_ours_or_for_words_that_are_not_repeated() {
        for (word, told) in [
            ("desk_full", Some("desk_full")),
            ("not_taken", Some("not_taken")),
            ("refused", Some("refused")),
            ("idle_limit", None),
            ("solved", None),
            ("we are at lunch", None),
        ] {
            assert_eq!(Reason::from(word).of_decline(), told, "{word}");
        }
    }

    #[test]
    fn the_documents_name_each_reason_and_no_other() {
        // No configuration leads to these.
        let unheard = [Ours::NoDesk, Ours::Replaced].map(Reason::from);
        let over = section(include_str!("../../docs/desks.md"), "Why it is over");
        let routing = include_str!("../../docs/routing.md");
        let passed_over = section(routing, "Which desk of the route");
        let named: Vec<_> = words(over).chain(words(passed_over)).collect();
        for reason in ours() {
            let is_named = named.contains(&reason.label());
            assert_eq!(is_named, !unheard.contains(&reason), "{reason}");
        }
        let rows = over.lines().chain(passed_over.lines());
        let listed = rows.filter_map(|row| row.strip_prefix("| `")?.split(" |").next());
        for word in listed.flat_map(|cell| cell.trim_end_matches('`').split("`, `")) {
            let reason = Reason::from(word);
            assert!(word == "reason" || ours().contains(&reason), "{word}");
        }
    }
}
