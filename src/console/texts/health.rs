//! What the health of bots and desks says.

use crate::domain::effect::WarningKind;

pub(in crate::console) const TITLE: &str = "Health";
pub(in crate::console) const ABOUT: &str =
    "Every bot, every desk, and whether anybody is left alone.";
pub(in crate::console) const BOTS: &str = "Bots";
pub(in crate::console) const DESKS: &str = "Desks";
pub(in crate::console) const CONFIGURED: &str = " configured";

pub(in crate::console) const UNATTENDED: &str = "Unattended conversations";
pub(in crate::console) const OPEN: &str = "Open conversations";
pub(in crate::console) const WAITING: &str = "Waiting for a person";
pub(in crate::console) const UNDELIVERED: &str = "Undelivered";
pub(in crate::console) const OLDEST_OF_THEM: &str = "oldest ";
pub(in crate::console) const DEAD_LETTERS: &str = "Dead letters";
pub(in crate::console) const LATE_BOTS: &str = "Bots late to go on";

pub(in crate::console) const ADDRESSES: &str = "Addresses to copy";
/// Around the command.
pub(in crate::console) const WHAT_ADDRESSES: [&str; 2] = [
    "For the settings of platforms and desks. Whoever has one can call it: admins alone see them. After a key was changed, ",
    " has the new ones.",
];
pub(in crate::console) const NO_ADDRESSES: &str = "No bot or desk here is called from outside.";

pub(in crate::console) const NOT_CALLED_YET: &str = "Not called yet";
pub(in crate::console) const ANSWERED_HERE: &str = "Answered here";
pub(in crate::console) const SIGNED_IN: &str = "Signed in";
pub(in crate::console) const LAST_SUCCESS: &str = "Last success";
pub(in crate::console) const LAST_ERROR: &str = "Last error";
pub(in crate::console) const QUEUE: &str = "Queue";
pub(in crate::console) const OLDEST: &str = "Oldest";
pub(in crate::console) const PAUSED_UNTIL: &str = "Paused until";
pub(in crate::console) const NONE_SINCE_THE_START: &str = "none since the start";
pub(in crate::console) const NOTHING_WAITS: &str = "nothing waits";

pub(in crate::console) const WARNINGS: &str = "Warnings";
pub(in crate::console) const LOOK_AT_THESE: &str = "Somebody should look at these.";
pub(in crate::console) const TABLE_OF_WARNINGS: &str = "Table of warnings";
pub(in crate::console) const WHAT: &str = "What";
pub(in crate::console) const WHOM: &str = "About";
pub(in crate::console) const HOW_OFTEN: &str = "How often";
pub(in crate::console) const LAST: &str = "Last";

pub(in crate::console) const SETTINGS: &str = "Settings";
/// Around the command.
pub(in crate::console) const WHAT_SETTINGS: [&str; 2] = [
    "The configuration asks for a second look at these. ",
    " lists them too.",
];

pub(in crate::console) const fn talk_to_no_one(count: u64) -> &'static str {
    if count == 1 {
        "person talks to no one"
    } else {
        "people talk to no one"
    }
}

pub(in crate::console) fn late_for_users(count: u64, oldest: &str) -> String {
    match count {
        1 => format!("1 call is owed to a bot that is late: {oldest}"),
        count => format!("{count} calls are owed to bots that are late, the oldest {oldest}"),
    }
}

pub(in crate::console) const fn promise(alone: u64) -> &'static str {
    if alone == 0 {
        "Wherever a conversation is open, an agent has the user, or the user has been told lately how it goes on. This must be 0, always."
    } else {
        "They are with nobody and have been told nothing, which must not be. Open their conversations, look under Deliveries for what their bots are owed, and keep the log."
    }
}

/// What it means, and what to do.
pub(in crate::console) const fn warning(kind: WarningKind) -> [&'static str; 2] {
    match kind {
        WarningKind::BotNotPaused => [
            "The bot was not paused",
            "It spoke while an agent had the user, or its pause has not succeeded yet. Look at the bot's pause steps and at what it is owed under Deliveries.",
        ],
        WarningKind::UnkeyedHook => [
            "A hook is called without its key",
            "Paste the address with the key, as an admin sees it below, into the settings of the platform.",
        ],
        WarningKind::UnmatchedMessage => [
            "A message could not be matched to a user",
            "The platform named a user whom this bot does not have, or has in several versions. Nobody got the message. Compare what the platform sends with the bot's settings.",
        ],
        WarningKind::NoRoute => [
            "No route leads from this bot to a desk",
            "Whoever asks for a person there is declined. Add the bot to a route of the configuration.",
        ],
        WarningKind::ResumeLate => [
            "The bot takes long to go on",
            "Its user is silent until then. It is tried further; Deliveries says why it fails.",
        ],
        WarningKind::ResumeFailed => [
            "The bot was not told to go on",
            "It may stay silent with this user. Mend the cause, then retry the dead letter under Deliveries.",
        ],
        WarningKind::DeadLetter => [
            "Something was given up",
            "Deliveries says what and why, under dead letters. Mend the cause, then retry it or give it up.",
        ],
        WarningKind::DestinationPaused => [
            "A bot or desk is not called at the moment",
            "It refuses our credentials or its certificate is not good, or it is called too often. Mend it; the pause ends within a minute after that.",
        ],
        WarningKind::DeskRemoved => [
            "A desk is gone from the configuration",
            "Its open conversations were moved on or given back. What it was owed is a dead letter.",
        ],
        WarningKind::BotRemoved => [
            "A bot is gone from the configuration",
            "Its open handovers were ended. What it was owed is a dead letter.",
        ],
        WarningKind::UnknownState => [
            "A newer version wrote this conversation",
            "This version cannot go on with it. Run the newer one again.",
        ],
        WarningKind::ContradictingEvent => [
            "An event of a desk names two conversations",
            "Nobody was told of it. Look at what the desk sends.",
        ],
        WarningKind::OtherBotsEvent => [
            "A desk was sent events of another bot",
            "They are passed over. Correct the webhook at the desk, or its bot in the configuration.",
        ],
        WarningKind::UnknownEvent => [
            "A desk sent an event that the bridge does not know",
            "It is passed over. Look at the desk's settings, or its hook in the configuration.",
        ],
        WarningKind::NotErased => [
            "The platform did not delete a user's data",
            "Everything is gone here. Delete it at the platform by hand.",
        ],
        WarningKind::Restored => [
            "The store is of an earlier moment",
            "It was restored, moved, or taken over by a standby. What happened after that moment may be missing: users who were handed over since may be with nobody, and users who were erased since are back. The operations manual says how to find them, under Backup and restore.",
        ],
    }
}
