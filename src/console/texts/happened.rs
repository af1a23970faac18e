//! What happened, and what was refused, in words for people.

use crate::domain::{
    effect::{Cause, JournalEntry},
    operator::Refusal,
};

pub(in crate::console) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TakenBy(other) => format!(
            "{other} has this conversation. Your text is still below; you can leave it as a note."
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
        Refusal::DeskClosed(desk) => {
            format!("The desk {desk} takes no conversations at the moment.")
        }
        Refusal::Unshowable(why) => format!("The user cannot be shown this: {}.", why.label()),
        Refusal::Erasing => "The data of this user are being erased.".to_owned(),
    }
}

/// None: nothing that a reader of the transcript would miss.
pub(in crate::console) fn happened(entry: &JournalEntry) -> Option<String> {
    let detail = entry.detail.as_deref();
    let with = |words: &str| detail.map_or(words.to_owned(), |detail| format!("{words}: {detail}"));
    Some(match entry.cause {
        Cause::Requested => "The user asked for a person".to_owned(),
        Cause::TakenOver => match &entry.by {
            Some(by) => format!("{by} took over from the bot"),
            None => "Taken over from the bot".to_owned(),
        },
        Cause::Joined => format!("{} joined", detail.unwrap_or("A person")),
        Cause::Assigned => match (&entry.by, detail) {
            (Some(by), Some(to)) => format!("{by} gave it to {to}"),
            (Some(by), None) => format!("{by} gave it back to those who wait"),
            (None, _) => "Given to somebody else".to_owned(),
        },
        Cause::Transferred => with("Transferred"),
        Cause::SentOn => with("Sent on to the desk"),
        Cause::FellBack => with("Went to the fallback desk"),
        Cause::Refused => with("The desk did not take it, next desk"),
        Cause::DeskLost | Cause::DeskRemoved => with("The desk is gone"),
        Cause::Closed => with("Closed"),
        Cause::TimedOut => with("Nobody came in time"),
        Cause::Declined => with("Declined"),
        Cause::Resumed | Cause::BotSpeaksAgain => "The bot has the user again".to_owned(),
        Cause::BotSpokeOver => "The bot spoke although it should be paused".to_owned(),
        Cause::LateMessage => "A message came after the close; it was not sent".to_owned(),
        Cause::DeadLetter => with("Something could not be delivered"),
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
