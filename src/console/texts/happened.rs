//! What happened, and what was refused, in words for people.

use std::borrow::Cow;

use super::{NO_CONSOLE_DESK, calls};
use crate::{
    console::session::{SignedIn, called},
    domain::{
        conversation::Phase,
        effect::{Cause, JournalEntry},
        operator::Refusal,
        reason::{ClosedAs, Ours, Reason},
        routing::Unavailable,
    },
};

/// Why a handover is over. What a desk has told stands as it is, unless it is a code for programs.
pub(in crate::console) fn reason(reason: &Reason) -> Cow<'_, str> {
    match reason {
        Reason::Ours(ours) => self::ours(*ours).into(),
        Reason::Unavailable(why) => unavailable(*why).into(),
        Reason::Console(closed) => closed_as(*closed).into(),
        Reason::Told(_) if is_code(reason.label()) => reason.label().replace('_', " ").into(),
        Reason::Told(_) => reason.label().into(),
    }
}

fn is_code(words: &str) -> bool {
    words
        .bytes()
        .all(|it| it == b'_' || it.is_ascii_lowercase())
}

const fn ours(reason: Ours) -> &'static str {
    match reason {
        Ours::NoRoute => "No route leads to a desk",
        Ours::NoDesk => "There is no desk",
        Ours::Undecided => "Nobody knows whether the desk has it",
        Ours::NotTaken => "The desk did not take it",
        Ours::ToldDeclined => "The bot was told that nobody comes",
        Ours::RequestLimit => "No desk decided in time",
        Ours::WaitingLimit => "Nobody came in time",
        Ours::IdleLimit => "Nothing was said for too long",
        Ours::MaxDuration => "It took as long as it may",
        Ours::Closed => "by the desk",
        Ours::DeskLost => "The desk has lost it",
        Ours::BotDisabled => "The bot is switched off",
        Ours::BotDoesNotAnswer => "The bot does not answer",
        Ours::BotRefusesCalls => "The bot refuses our calls",
        Ours::BotRemoved => "The bot is gone",
        Ours::BotSpeaksAgain => "The bot speaks again",
        Ours::PausedTooLate => "The bot was paused too late",
        Ours::SessionGone => "The user's session is gone",
        Ours::Replaced => "Asked for again",
        Ours::Erased => "The user's data are erased",
        // None but desks' own words show here: ours of these say no more, or end a desk's part and no handover.
        Ours::Refused
        | Ours::Declined
        | Ours::DecideWithin
        | Ours::Unreachable
        | Ours::Transferred
        | Ours::Moved => reason.label(),
    }
}

const fn unavailable(desk: Unavailable) -> &'static str {
    match desk {
        Unavailable::Gone => "The desk is gone",
        Unavailable::Disabled => "The desk is switched off",
        Unavailable::OutsideHours => "Outside the desk's hours",
        Unavailable::NoAgent => "No agent signed in",
        Unavailable::Full => "The desk is full",
        Unavailable::Down => "The desk does not answer",
        Unavailable::Paused => "The desk is paused",
    }
}

pub(in crate::console) const fn closed_as(closed: ClosedAs) -> &'static str {
    match closed {
        ClosedAs::Solved => "Solved",
        ClosedAs::FollowUp => "Follow-up by mail",
        ClosedAs::UserSilent => "User went silent",
        ClosedAs::NotForUs => "Not for us",
    }
}

pub(in crate::console) fn refused(refusal: &Refusal, people: &[SignedIn]) -> String {
    match refusal {
        Refusal::TakenBy(other) => format!(
            "{} has this conversation now.",
            called(people, other.as_str())
        ),
        Refusal::NotClaimed => "Claim this conversation before you answer.".to_owned(),
        Refusal::AtDesk(desk) => format!(
            "This conversation is at the desk {desk}. It is answered there, or transferred to the console."
        ),
        Refusal::Over => "This handover is over, so nothing was sent.".to_owned(),
        Refusal::Undecided => {
            "It is being decided who gets this conversation. Try again in a moment.".to_owned()
        }
        Refusal::HandedOver => "This conversation has been handed over already.".to_owned(),
        Refusal::CannotPause => {
            "This bot cannot be paused, so it would speak at the same time as you.".to_owned()
        }
        Refusal::NoConsoleDesk => NO_CONSOLE_DESK.to_owned(),
        Refusal::DeskClosed(desk) => {
            format!("The desk {desk} takes no conversations at the moment.")
        }
        Refusal::Unshowable(why) => format!("The user cannot be shown this: {why}."),
        Refusal::Erasing => "The data of this user are being erased.".to_owned(),
    }
}

/// None: nothing that a reader of the transcript would miss.
pub(in crate::console) fn happened(entry: &JournalEntry, people: &[SignedIn]) -> Option<String> {
    let detail = entry.detail.as_deref();
    // Where it ends the detail says why, where it goes on to which desk: one may be named like a reason.
    let ends = matches!(entry.to, None | Some(Phase::Closing));
    let by = entry.by.as_ref().map(|by| called(people, by.as_str()));
    let with = |words: &str| detail.map_or(words.to_owned(), |detail| format!("{words}: {detail}"));
    let why = detail.map(Reason::from);
    let why = why.as_ref().map(reason);
    let because = |words: &str| match &why {
        Some(why) => format!("{words}: {why}"),
        None => words.to_owned(),
    };
    Some(match entry.cause {
        Cause::Requested => "The user asked for a person".to_owned(),
        Cause::TakenOver => match by {
            Some(by) => format!("{by} took over from the bot"),
            None => "Taken over from the bot".to_owned(),
        },
        Cause::Joined => format!("{} joined", detail.unwrap_or("A person")),
        Cause::Assigned => match (by, detail) {
            (Some(by), Some(to)) if by == called(people, to) => format!("{by} took it"),
            (Some(by), Some(to)) => format!("{by} gave it to {}", called(people, to)),
            (Some(by), None) => format!("{by} gave it back to those who wait"),
            (None, _) => "Given to somebody else".to_owned(),
        },
        Cause::Transferred => with("Transferred"),
        Cause::SentOn => with("Sent on to the desk"),
        Cause::FellBack => with("Went to the fallback desk"),
        Cause::Refused if ends => because("No desk took it"),
        Cause::Refused => with("The desk did not take it, next desk"),
        Cause::DeskLost | Cause::DeskRemoved if ends => {
            why.unwrap_or("The desk is gone".into()).into_owned()
        }
        Cause::DeskLost | Cause::DeskRemoved => with("The desk is gone"),
        Cause::Closed => because("Closed"),
        Cause::TimedOut if ends => why.unwrap_or("Nobody came in time".into()).into_owned(),
        Cause::TimedOut => with("Nobody came in time, next desk"),
        Cause::Declined => because("Declined"),
        Cause::Resumed | Cause::BotSpeaksAgain => "The bot has the user again".to_owned(),
        Cause::BotSpokeOver => "The bot spoke although it should be paused".to_owned(),
        Cause::LateMessage => "A message came after the close; it was not sent".to_owned(),
        Cause::DeadLetter => match detail {
            Some(kind) => format!("Given up by the bridge: {}", calls::task(&kind.into())),
            None => "Given up by the bridge".to_owned(),
        },
        Cause::ResumeLate => "The bot takes long to come back".to_owned(),
        Cause::Erased => "The user's data are to be erased".to_owned(),
        Cause::Attached
        | Cause::LookedUp
        | Cause::PassedOver
        | Cause::Accepted
        | Cause::AcceptedInDoubt
        | Cause::Notified
        | Cause::Paused
        | Cause::OtherConversation
        | Cause::BotRemoved
        | Cause::UnknownState
        | Cause::Claimed
        | Cause::Noted => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Role,
        domain::{ids::OperatorName, time::Timestamp},
    };

    fn entry(cause: Cause, detail: &str) -> JournalEntry {
        JournalEntry {
            at: Timestamp::from_millis(0),
            handover: None,
            from: None,
            to: None,
            cause,
            detail: Some(detail.to_owned()),
            by: None,
        }
    }

    #[test]
    fn no_name_of_the_inside_is_shown() {
        for (cause, detail, said) in [
            (Cause::Closed, "solved", "Closed: Solved"),
            (Cause::Closed, "they are happy", "Closed: they are happy"),
            (Cause::Closed, "queue_expired", "Closed: queue expired"),
            (Cause::Declined, "no_agent", "Declined: No agent signed in"),
            (Cause::TimedOut, "waiting_limit", "Nobody came in time"),
            (Cause::Refused, "full", "No desk took it: full"),
            (Cause::DeskRemoved, "desk_removed", "The desk is gone"),
            (
                Cause::DeadLetter,
                "say",
                "Given up by the bridge: Message to the user",
            ),
        ] {
            assert_eq!(happened(&entry(cause, detail), &[]).unwrap(), said);
        }
    }

    #[test]
    fn a_desk_that_is_named_like_a_reason_is_called_by_its_name() {
        for (cause, said) in [
            (Cause::TimedOut, "Nobody came in time, next desk: follow_up"),
            (
                Cause::Refused,
                "The desk did not take it, next desk: follow_up",
            ),
            (Cause::DeskRemoved, "The desk is gone: follow_up"),
        ] {
            for phase in [Phase::Requested, Phase::Waiting] {
                let entry = JournalEntry {
                    to: Some(phase),
                    ..entry(cause, "follow_up")
                };
                assert_eq!(happened(&entry, &[]).unwrap(), said);
            }
        }
    }

    #[test]
    fn people_are_named_as_they_want_to_be() {
        let ben = SignedIn {
            operator: OperatorName::new("ben").unwrap(),
            shown_as: Some("Ben Okafor".to_owned()),
            role: Role::Agent,
        };
        let refusal = Refusal::TakenBy(ben.operator.clone());
        let entry = JournalEntry {
            by: Some(ben.operator.clone()),
            ..entry(Cause::Assigned, "zoe")
        };
        let people = [ben];
        let words = happened(&entry, &people).unwrap();
        assert_eq!(words, "Ben Okafor gave it to zoe");
        let own = JournalEntry {
            detail: Some("ben".to_owned()),
            ..entry.clone()
        };
        assert_eq!(happened(&own, &people).unwrap(), "Ben Okafor took it");
        assert!(refused(&refusal, &people).starts_with("Ben Okafor has"));
    }
}
