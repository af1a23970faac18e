//! What happened, and what was refused, in words for people.

use super::{NO_CONSOLE_DESK, REASONS, calls};
use crate::{
    console::session::{SignedIn, called},
    domain::{
        conversation::Phase,
        effect::{Cause, JournalEntry},
        operator::Refusal,
    },
};

/// Why a handover is over. What a desk has told stands as it is.
pub(in crate::console) fn reason(code: &str) -> &str {
    known_reason(code).unwrap_or(code)
}

fn known_reason(code: &str) -> Option<&'static str> {
    if let Some((_, words)) = REASONS.iter().find(|(value, _)| *value == code) {
        return Some(words);
    }
    Some(match code {
        "closed" => "by the desk",
        "request_limit" => "No desk decided in time",
        "waiting_limit" => "Nobody came in time",
        "idle_limit" => "Nothing was said for too long",
        "max_duration" => "It took as long as it may",
        "no_route" => "No route leads to a desk",
        "no_desk" => "There is no desk",
        "desk_removed" => "The desk is gone",
        "desk_disabled" => "The desk is switched off",
        "desk_full" => "The desk is full",
        "desk_down" => "The desk does not answer",
        "desk_paused" => "The desk is paused",
        "desk_lost" => "The desk has lost it",
        "not_taken" => "The desk did not take it",
        "outside_hours" => "Outside the desk's hours",
        "no_agent" => "No agent signed in",
        "undecided" => "Nobody knows whether the desk has it",
        "told_declined" => "The bot was told that nobody comes",
        "paused_too_late" => "The bot was paused too late",
        "bot_speaks_again" => "The bot speaks again",
        "bot_disabled" => "The bot is switched off",
        "bot_does_not_answer" => "The bot does not answer",
        "bot_refuses_calls" => "The bot refuses our calls",
        "bot_removed" => "The bot is gone",
        "session_gone" => "The user's session is gone",
        "replaced" => "Asked for again",
        "erased" => "The user's data are erased",
        _ => return None,
    })
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
    let because = |words: &str| match detail.map(reason) {
        Some(reason) => format!("{words}: {reason}"),
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
            detail.map_or("The desk is gone", reason).to_owned()
        }
        Cause::DeskLost | Cause::DeskRemoved => with("The desk is gone"),
        Cause::Closed => because("Closed"),
        Cause::TimedOut if ends => detail.map_or("Nobody came in time", reason).to_owned(),
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
    use std::{fs, path::Path};

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

    /// In what decides about handovers, a code with a bar in it is a reason.
    fn codes() -> Vec<String> {
        let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
        let files = fs::read_dir(domain.join("handover")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let files = files.filter(|path| path.is_file() && !path.ends_with("tests.rs"));
        let mut codes = Vec::new();
        for file in files.chain([domain.join("routing.rs")]) {
            let text = fs::read_to_string(file).unwrap();
            let own = text.split("#[cfg(test)]").next().unwrap();
            let literals = own.split('"').skip(1).step_by(2).map(str::to_owned);
            let is_code = |text: &String| {
                let mut letters = text.bytes();
                text.contains('_') && letters.all(|it| it == b'_' || it.is_ascii_lowercase())
            };
            codes.extend(literals.filter(is_code));
        }
        codes
    }

    #[test]
    fn every_reason_that_a_handover_can_have_has_words() {
        // Of a leg alone, which nobody is shown.
        let unseen = ["decide_within"];
        let codes = codes();
        assert!(codes.iter().any(|code| code == "bot_refuses_calls"));
        let in_words = ["closed", "replaced", "erased", "undecided"].map(str::to_owned);
        for code in codes.into_iter().chain(in_words) {
            let is_said = unseen.contains(&code.as_str()) || known_reason(&code).is_some();
            assert!(is_said, "{code}");
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
