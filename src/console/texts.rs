//! What the frame and the inbox say, in English.

pub(super) const PRODUCT: &str = "Handover Bridge";

pub(super) const SKIP: &str = "Skip to content";
pub(super) const MAIN_NAVIGATION: &str = "Main";
pub(super) const TO_THE_INBOX: &str = "Handover Bridge, to the inbox";
pub(super) const INBOX: &str = "Inbox";
pub(super) const DELIVERIES: &str = "Deliveries";
pub(super) const HEALTH: &str = "Health";
pub(super) const PEOPLE: &str = "People";
pub(super) const AUDIT: &str = "Audit";
pub(super) const ACCOUNT: &str = "Account";
pub(super) const SIGNED_IN_AS: &str = "Signed in as";
pub(super) const ROLE: &str = "Role";
pub(super) const SIGN_OUT: &str = "Sign out";
pub(super) const SIGN_OUT_EVERYWHERE: &str = "Sign out everywhere";
/// Read aloud behind a number.
pub(super) const SR_WAITING: &str = " waiting";
pub(super) const SR_UNREAD: &str = " unread";
pub(super) const THEME: &str = "Theme: auto. Change";
pub(super) const GATE_SAYS: &str =
    "The bot asks for help, you take over, the bot goes on. Nobody is left talking to no one.";

pub(super) const CONVERSATION: &str = "Conversation";
pub(super) const CONVERSATIONS: &str = "Conversations";
pub(super) const SEARCH: &str = "Search by user, conversation or message id";
pub(super) const SEARCH_HINT: &str = "User, conversation, message";
pub(super) const WHICH: &str = "Which conversations";
pub(super) const TAB_NOW: &str = "Now";
pub(super) const TAB_OPEN: &str = "Open";
pub(super) const TAB_BOT: &str = "Bot";
pub(super) const TAB_CLOSED: &str = "Closed";
pub(super) const LIST: &str = "List of conversations";
pub(super) const YOURS: &str = "Yours";
pub(super) const WAITING: &str = "Waiting";
pub(super) const MORE: &str = "Show more";
pub(super) const ONLY: &str = "Only ";
pub(super) const SHOW_ALL: &str = "Show all";

pub(super) const WAITING_USERS: &str = "Waiting users";
pub(super) const NOBODY_WAITING: &str = "Nobody waiting.";
pub(super) const OLDEST: &str = ", oldest ";
pub(super) const OPEN_NEXT: &str = "Open next";
pub(super) const JUST_ASKED: &str = "just asked";
pub(super) const FIVE_MINUTES: &str = "5 min";
pub(super) const TEN_MINUTES: &str = "10";
pub(super) const LONGER: &str = "15 and more";

pub(super) const GUEST: &str = "Guest";
pub(super) const YOU: &str = "You: ";
pub(super) const BOT: &str = "Bot: ";
pub(super) const AGENT: &str = "Agent: ";
pub(super) const OVER: &str = "over";
/// Of whom no language is known.
pub(super) const NO_LANGUAGE: &str = "··";
pub(super) const WITH_THE_BOT: &str = "with the bot";
pub(super) const BACK_TO_THE_BOT: &str = "on the way back to the bot";
pub(super) const IMAGE: &str = "Image";
pub(super) const VIDEO: &str = "Video";
pub(super) const AUDIO: &str = "Audio";
pub(super) const FILE: &str = "File";
pub(super) const PLACE: &str = "Location";
pub(super) const CARDS: &str = "Cards";
pub(super) const OPENED: &str = "Opened the conversation";
pub(super) const UNKNOWN_KIND: &str = "A kind of message that the bridge does not know";

pub(super) const EMPTY_NOW: [&str; 2] = [
    "Nothing for you",
    "Conversations that you claim stay here until you close them.",
];
pub(super) const EMPTY_OPEN: [&str; 2] = [
    "No open conversation",
    "Whenever a user is handed over to a person, it is listed here until it ends.",
];
pub(super) const EMPTY_BOT: [&str; 2] = [
    "No conversation with the bot",
    "Conversations appear here once a user has been with the bridge.",
];
pub(super) const EMPTY_CLOSED: [&str; 2] = [
    "Nothing closed yet",
    "Handovers that are over are listed here, the last ended first.",
];
pub(super) const EMPTY_SEARCH: [&str; 2] = [
    "Nothing found in this list",
    "The other lists above keep your search. Names and ids of users are found by any part, other ids only whole.",
];
pub(super) const QUIET: [&str; 2] = [
    "All quiet on the bridge",
    "Everyone is with the bot or with a colleague. When a user asks for a person, the name shows up in the list.",
];
pub(super) const CHOOSE: [&str; 2] = [
    "No conversation chosen",
    "Choose one from the list to read it.",
];
pub(super) const STORE_FAULT: [&str; 2] = [
    "This cannot be read at the moment",
    "Nothing was changed or lost. Load the page again in a moment.",
];
pub(super) const TRY_AGAIN: &str = "Load again";

pub(super) const NOW: &str = "now";

pub(super) fn minutes(count: u64) -> String {
    format!("{count} min")
}

pub(super) fn hours(count: u64) -> String {
    format!("{count} h")
}

pub(super) fn days(count: u64) -> String {
    format!("{count} d")
}

pub(super) fn waiting(count: u64) -> String {
    format!("{count} waiting")
}

pub(super) fn account_of(name: &str) -> String {
    format!("{name}: account and sign-out")
}
