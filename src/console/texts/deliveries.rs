//! What the deliveries and the questions about them say.

use crate::{domain::delivery::TaskKind, store::ListedKind};

pub(in crate::console) const TITLE: &str = "Deliveries";
pub(in crate::console) const ABOUT_RETRYING: &str =
    "What the bridge still owes to a bot or a desk. Nothing here is lost; it is late.";
pub(in crate::console) const ABOUT_DEAD: &str = "What the bridge has given up. Mend the cause, then retry it; what need not arrive any more is skipped.";

pub(in crate::console) const RETRIED: &str = "It is due now and goes out with the next call.";
pub(in crate::console) const SKIPPED: &str =
    "It has been given up. What waited behind it goes out.";
pub(in crate::console) const ALL_RETRIED: &str = "Everything that could be tried again is due now.";

pub(in crate::console) const FILTER: &str = "Filter";
pub(in crate::console) const STATE: &str = "State";
pub(in crate::console) const RETRYING: &str = "Retrying";
pub(in crate::console) const DEAD_LETTERS: &str = "Dead letters";
pub(in crate::console) const SHOW: &str = "Show";
pub(in crate::console) const DESTINATION: &str = "Destination";
pub(in crate::console) const DESTINATIONS: &str = "Destinations";
pub(in crate::console) const ALL: &str = "All";
pub(in crate::console) const WHY: &str = "Why";
pub(in crate::console) const ANY_REASON: &str = "Any reason";

pub(in crate::console) const LIST: &str = "List of deliveries";
pub(in crate::console) const TABLE: &str = "Table of deliveries";
pub(in crate::console) const WHAT: &str = "What";
pub(in crate::console) const AGE: &str = "Age";
pub(in crate::console) const ANY_AGE: &str = "Any age";
pub(in crate::console) const OVER: &str = "Over ";
pub(in crate::console) const NEXT_TRY: &str = "Next try";
pub(in crate::console) const TO_THE: &str = "to the ";
pub(in crate::console) const NOT_TRIED_YET: &str = "Not tried yet";
pub(in crate::console) const WAITS_BEHIND_ANOTHER: &str =
    "Waits behind another of its conversation";
pub(in crate::console) const THE: &str = "The ";
pub(in crate::console) const AND_MORE_WAIT: &str = "More wait to be tried than are shown.";
pub(in crate::console) const RETRY: &str = "Retry…";
pub(in crate::console) const SKIP: &str = "Skip…";
pub(in crate::console) const NEVER: &str = "never";
pub(in crate::console) const UNKNOWN: &str = "unknown";
pub(in crate::console) const NOW: &str = "now";
pub(in crate::console) const NOTHING_OF_THIS_KIND: [&str; 2] = [
    "Nothing of this kind",
    "Nothing here has this destination, this reason and this age. Choose others above.",
];
pub(in crate::console) const NOTHING_IS_LATE: [&str; 2] = [
    "Nothing is late",
    "Whatever was to be sent has been taken, or is on its way for the first time.",
];
pub(in crate::console) const NO_DEAD_LETTERS: [&str; 2] = [
    "No dead letters",
    "What the bridge stops trying is listed here until retention removes it.",
];

pub(in crate::console) const NOTHING_OWED: &str = "Nothing owed";
pub(in crate::console) const OWED: &str = " owed";
pub(in crate::console) const OWED_OLDEST: &str = ", oldest ";
pub(in crate::console) const DEAD: &str = " dead";
pub(in crate::console) const RETRY_ALL_OF: &str = "Retry all…";
pub(in crate::console) const SR_OF: &str = " of ";

pub(in crate::console) const RETRY_ALL: &str = "Retry all";
pub(in crate::console) const RETRY_NOW: &str = "Retry now";
pub(in crate::console) const SKIP_IT: &str = "Skip it";
pub(in crate::console) const TRY_THIS_ONE: &str = "Try this one now?";
pub(in crate::console) const GIVE_THIS_ONE_UP: &str = "Give this one up?";
pub(in crate::console) const FOR: &str = ", for ";
pub(in crate::console) const SAME_KEY: &str = "The same key goes with it, so whoever has it already and knows the key does not show it twice.";
pub(in crate::console) const USERS_READ_OLD: &str =
    "Users will read messages now that were written for them earlier.";
pub(in crate::console) const AGENTS_READ_OLD: &str =
    "Agents will get messages now that users wrote earlier.";
pub(in crate::console) const BEHIND_GOES_OUT: &str =
    " What waits behind it in this conversation goes out.";
pub(in crate::console) const BACK: &str = "Back to the deliveries";
pub(in crate::console) const NO_SUCH: [&str; 2] = [
    "No such delivery",
    "It has been erased with its user, or its time is over.",
];
pub(in crate::console) const NOT_NOW: [&str; 2] = [
    "It cannot be changed at the moment",
    "It has been delivered or given up, or it is on its way just now. Nothing was changed. Look again in a moment.",
];
pub(in crate::console) const OVERTAKEN: [&str; 2] = [
    "Another handover has the user by now",
    "It would have the bot go on beside the agent whom the user has, or is promised. Nothing was changed. The bot is told to go on when that handover is over.",
];

const WITHOUT_IT: &str = "The bridge goes on without what it asked for.";

pub(in crate::console) fn retry_everything(kind: &str, name: &str) -> String {
    format!("Retry everything for the {kind} {name}?")
}

pub(in crate::console) fn all_that_is_retried(
    kind: &str,
    name: &str,
    owed: u64,
    dead: u64,
) -> String {
    let waiting = counted(owed, "undelivered call");
    let letters = counted(dead, "dead letter");
    format!(
        "The {kind} {name} has {waiting} and {letters}. All are due at once and go out in order within each conversation."
    )
}

/// What comes of giving a call of this kind up.
pub(in crate::console) const fn consequence(kind: &ListedKind) -> &'static str {
    match kind {
        ListedKind::Known(kind) => consequence_of(*kind),
        ListedKind::Other(_) => WITHOUT_IT,
    }
}

const fn consequence_of(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Say => {
            "The user will never see this message. If an agent wrote it, the desk is told that it was not delivered."
        }
        TaskKind::LookUp => WITHOUT_IT,
        TaskKind::Pause => {
            "The bot is not paused by this call, so it may speak while an agent has the user."
        }
        TaskKind::Resume => "The bot is not told to go on, so it may stay silent with this user.",
        TaskKind::Forget => {
            "The platform is not asked again to delete the user's data: somebody has to see to it there."
        }
        TaskKind::Open => {
            "The desk is not told of this handover by this call. The user goes on to the next desk, or waits until the limits give them back."
        }
        TaskKind::Message | TaskKind::Placeholder => {
            "The desk will never see this message of the user."
        }
        TaskKind::Failed => "The desk is not told that a message did not reach the user.",
        TaskKind::Close => "The desk is not told that this handover is over.",
    }
}

pub(in crate::console) fn tries(count: u32) -> String {
    match count {
        1 => "1 try".to_owned(),
        count => format!("{count} tries"),
    }
}

fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}
