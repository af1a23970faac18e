//! Whatever the pages say, in English: here the frame, the inbox and the conversation, below the other pages.

pub(super) mod audit;
pub(super) mod calls;
pub(super) mod deliveries;
pub(super) mod happened;
pub(super) mod health;
pub(super) mod languages;
pub(super) mod people;
pub(super) mod sign_in;

use crate::domain::conversation::Phase;

pub(super) const PRODUCT: &str = "Handover Bridge";

pub(super) const SKIP: &str = "Skip to content";
pub(super) const MAIN_NAVIGATION: &str = "Main";
pub(super) const TO_THE_INBOX: &str = "Handover Bridge, to the inbox";
pub(super) const INBOX: &str = "Inbox";
pub(super) const ACCOUNT: &str = "Account";
pub(super) const AUDIT: &str = "Audit";
pub(super) const ACTIONS: &str = "Actions";
pub(super) const BACK: &str = "Back";
pub(super) const LEAVE_IT: &str = "Leave it";
pub(super) const IS_AUDITED: &str = "It is written to the audit trail under your name.";
pub(super) const ONLY_ADMINS: [&str; 2] = [
    "Only an admin may do this",
    "Nothing was changed. Ask somebody whose role is admin; the list of people says who that is.",
];
pub(super) const NO_CONVERSATION: [&str; 2] = [
    "No such conversation",
    "It may have been erased, or its time is over.",
];
pub(super) const NOWHERE: [&str; 2] = [
    "There is no such page",
    "The address leads nowhere in this console. It may have been copied in part, or be of another version.",
];
pub(super) const NOT_A_FORM: [&str; 2] = [
    "This form cannot be read",
    "Nothing was changed. Go back, load the page again and send it once more.",
];
pub(super) const TO_INBOX: &str = "To the inbox";
pub(super) const BACK_TO_THE_LIST: &str = "Back to the list";
pub(super) const ABOUT: &str = "About this conversation";
pub(super) const TRANSCRIPT: &str = "Transcript";
pub(super) const MESSAGES: &str = "Messages";
pub(super) const OLDER: &str = "Older messages";
pub(super) const THESE_ARE_OLDER: &str = "These are older messages.";
pub(super) const TO_THE_NEWEST: &str = "To the newest";
pub(super) const QUICK_REPLIES: &str = "Quick replies";
pub(super) const BUTTONS: &str = "Buttons";
pub(super) const LIST_OF_ITEMS: &str = "List";
pub(super) const PICTURE: &str = "Picture";
pub(super) const OPEN: &str = "Open";
pub(super) const OPEN_MAP: &str = "Open map";
pub(super) const FROM: &str = " from ";
pub(super) const CHOSE: &str = "Chose: ";
pub(super) const CHOSEN: &str = " (chosen)";
pub(super) const AN_AGENT: &str = "Agent";
pub(super) const YOU_SAID: &str = "You";
pub(super) const BRIDGE: &str = "Bridge";
pub(super) const LATE: &str = "came too late, not sent";
pub(super) const NOT_SENT: &str = "Not sent";
/// Of what has been given up.
pub(super) const NO_LONGER_TRIED: &str = "Not sent, and tried no more";
/// Behind what says that it was delivered.
pub(super) const AFTER_ALL: &str = "after a failure";
pub(super) const NOT_DELIVERED_YET: &str = "Not delivered yet";
pub(super) const ON_ITS_WAY: &str = "On its way";
pub(super) const WAITS_BEHIND: &str = "Waits behind the message above";
pub(super) const THE_BOT: &str = "the bot: ";
pub(super) const DELIVERED: &str = "Delivered";
pub(super) const STORED: &str = "stored";
pub(super) const NEXT_ATTEMPT_IN: &str = "next attempt in ";
pub(super) const NEXT_ATTEMPT: &str = "next attempt";
pub(super) const TRY_NOW: &str = "Try again…";
pub(super) const HOW_IT_WENT: &str = "How it went";
pub(super) const NOTE_FOR_COLLEAGUES: &str = ", note for colleagues";
pub(super) const YOURS_TAG: &str = "yours";
pub(super) const WITH: &str = "with ";
pub(super) const NOT_PAUSED: &str = "bot not paused";
pub(super) const BOT_HAS_THE_USER: &str = "The bot has this user.";
pub(super) const CLOSED: &str = "Closed";
/// Behind the bot's name.
pub(super) const HAS: &str = " has ";
pub(super) const AGAIN: &str = " again.";
pub(super) const BOT_CANNOT_BE_PAUSED: &str =
    "It has no steps to pause it, so nobody can take over: it would go on speaking.";
pub(super) const IS_ON_THE_WAY_BACK: &str =
    "This handover has ended; the bot is being brought back.";
pub(super) const TAKE_OVER: &str = "Take over";
pub(super) const MESSAGE: &str = "Message";
pub(super) const WRITE: &str = "Write to the user";
pub(super) const READY_ANSWERS: &str = "Ready answers";
pub(super) const CHOICES: &str = "Choices";
pub(super) const ATTACHMENT: &str = "File";
pub(super) const BUTTONS_EACH_LINE: &str = "Buttons, one a line";
pub(super) const HOW_BUTTONS: &str =
    "Title, or Title | https://… or Title | phone number. Either quick replies or buttons.";
pub(super) const FILE_NAME: &str = "Shown as";
pub(super) const QUICK_REPLIES_EACH_LINE: &str = "Quick replies, one a line";
pub(super) const FILE_BY_ADDRESS: &str = "File by its address (http or https)";
pub(super) const SEND: &str = "Send";
pub(super) const HAS_IT: &str = " has this conversation.";
pub(super) const IS_AT_DESK: &str = "This conversation is at the desk ";
pub(super) const NO_DESK_YET: &str = "No desk has been asked to take this conversation yet.";
pub(super) const ANSWERED_THERE: &str = " and is answered there.";
pub(super) const WAITS_SINCE: &str = "Waiting since ";
pub(super) const UNLESS_CLAIMED_BY: &str = ". Unless somebody claims it by ";
pub(super) const LEFT: &str = " left";
pub(super) const THEN_NOBODY_CAME: &str = "the user is told that nobody came, and the bot goes on.";
pub(super) const THEN_THE_NEXT_DESK: &str = "it goes on to the next desk.";
pub(super) const WAITING_TIME: &str = "Waiting time";
pub(super) const NOBODY_HAS_IT: &str = "Nobody has claimed this conversation.";
pub(super) const CLAIM: &str = "Claim";
pub(super) const MORE_TO_DO: &str = "More to do";
pub(super) const NOTE: &str = "Note";
pub(super) const NOTE_FOR_WHOM: &str =
    "Note for colleagues; the user never sees it. Ctrl Enter keeps it";
pub(super) const KEEP_NOTE: &str = "Keep note";
pub(super) const TO_COLLEAGUE: &str = "Colleague";
pub(super) const TO_WHOM: &str = "Give it to";
pub(super) const CHOOSE_ONE: &str = "Choose…";
pub(super) const BACK_TO_WAITING: &str = "nobody: back to those who wait";
pub(super) const ASSIGN: &str = "Give away";
pub(super) const TO_DESK: &str = "To the desk";
pub(super) const TRANSFER_MEANS: &str =
    "It gets the whole transcript. The user is told that somebody else goes on.";
pub(super) const TRANSFER: &str = "Transfer";
pub(super) const REASON: &str = "Close as";
pub(super) const BOT_GOES_ON_AT: &str = "The bot goes on at the dialog state";
pub(super) const EMPTY_AS_CONFIGURED: &str = "Left empty, where it is configured to.";
pub(super) const CLOSE: &str = "Close";
pub(super) const CLOSE_CONVERSATION: &str = "Close conversation";
pub(super) const BACK_TO_THE_TRANSCRIPT: &str = "Back to the transcript";
pub(super) const USER: &str = "User";
pub(super) const NAME: &str = "Name";
pub(super) const LANGUAGE: &str = "Language";
pub(super) const ID: &str = "Id";
pub(super) const CONNECTION: &str = "Connection";
pub(super) const DESK: &str = "Desk";
pub(super) const NO_DESK: &str = "No desk";
pub(super) const FROM_THE_BOT: &str = "From the bot";
pub(super) const BOT_NAME: &str = "Bot";
pub(super) const REALM: &str = "Realm";
pub(super) const CHANNEL: &str = "Channel";
pub(super) const PAYLOAD: &str = "Payload";
pub(super) const HANDOVER: &str = "Handover";
pub(super) const TEXT_IS_BELOW: &str = " Your text is still below; you can leave it as a note.";
pub(super) const TOO_LONG: &str =
    "A text has at most 4,000 characters. It was not sent; shorten it below.";
pub(super) const EMPTY: &str = "There is nothing to send. Write something first.";
pub(super) const SENT_ALREADY: &str = "This form was sent before, with other words. What you typed now was not sent; send it from here if it is meant as well.";
pub(super) const TOO_MANY_CHOICES: &str = "At most 13 choices fit. Nothing was sent.";
pub(super) const REPLIES_OR_BUTTONS: &str =
    "A message has either quick replies or buttons. Nothing was sent.";
pub(super) const FILE_OR_CHOICES: &str =
    "A file goes without choices; send them with a text of their own. Nothing was sent.";
pub(super) const NOT_A_BUTTON: &str = "A button is a title, or a title, a bar and an http or https address of at most 2,048 characters or a phone number. Nothing was sent.";
pub(super) const NOT_AN_ADDRESS: &str =
    "Only http and https addresses of at most 2,048 characters can be sent. Nothing was sent.";
pub(super) const NAME_OF_NO_FILE: &str =
    "There is a name for a file and no address to get it from. Nothing was sent.";
pub(super) const NO_SUCH_COLLEAGUE: &str = "Nobody of that name may sign in here.";
pub(super) const CHOOSE_FIRST: &str = "Choose a colleague first. Nothing was changed.";
pub(super) const NO_SUCH_DESK: &str = "There is no desk of that name.";
pub(super) const NO_SUCH_REASON: &str =
    "That is no reason to close, or the dialog state is too long.";
pub(super) const NO_CONSOLE_DESK: &str =
    "No desk of kind console is configured, so nobody here could answer.";
pub(super) const SIGNED_IN_AS: &str = "Signed in as";
pub(super) const ROLE: &str = "Role";
pub(super) const SIGN_OUT: &str = "Sign out";
pub(super) const SIGN_OUT_EVERYWHERE: &str = "Sign out everywhere";
pub(super) const GIVE_THEM_AWAY: &str = "Close them or give them away";
pub(super) const BEFORE_YOU_GO: &str = " before you go; an admin can give them away later as well.";
/// Read aloud behind a number.
pub(super) const SR_WAITING: &str = " waiting";
pub(super) const SR_DEAD: &str = " dead letters";
pub(super) const SR_UNREAD: &str = " unread";
pub(super) const KEYS: &str = "Keys";
pub(super) const KEYS_HINT: &str = "Keys (?)";
pub(super) const HOW_IT_SHOWS: &str = "Theme and sound at this browser";
pub(super) const THEME_SWITCH: &str = "Theme";
pub(super) const SOUND_SWITCH: &str = "Sound";
pub(super) const SOUND: &str = "Sound when a user waits";
pub(super) const THEME: &str = "Theme: auto. Change";
pub(super) const GATE_SAYS: &str =
    "The bot asks for help, you take over, the bot goes on. Nobody is left talking to no one.";

pub(super) const CONVERSATION: &str = "Conversation";
pub(super) const CONVERSATIONS: &str = "Conversations";
pub(super) const SEARCH: &str = "Search by user, conversation or message id";
pub(super) const SEARCH_HINT: &str = "Name or id";
pub(super) const WHICH: &str = "Which conversations";
pub(super) const TAB_NOW: &str = "Now";
pub(super) const TAB_OPEN: &str = "Open";
pub(super) const TAB_BOT: &str = "Bot";
pub(super) const TAB_CLOSED: &str = "Closed";
pub(super) const LIST: &str = "List of conversations";
pub(super) const YOURS: &str = "Yours";
pub(super) const WAITING: &str = "Waiting";
pub(super) const MORE: &str = "Show more";
pub(super) const GOES_ON: &str = ", further on";
pub(super) const TO_THE_FIRST: &str = "Back to the first";
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
pub(super) const BOT: &str = "Bot";
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
pub(super) const ONLY_SPACES: &str = "Only spaces";
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
pub(super) const AS_THEY_BEGAN: &str = "In the order in which they began, the newest first.";
pub(super) const EMPTY_FURTHER: [&str; 2] = [
    "Nothing further",
    "What was listed here is elsewhere by now. The beginning of the list has what there is.",
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

pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "being asked",
        Phase::Waiting | Phase::Unknown => "waiting",
        Phase::Attended => "attended",
        Phase::Closing => "closing",
    }
}

pub(super) fn ago(age: &str) -> String {
    format!("{age} ago")
}

pub(super) fn seconds(count: u64) -> String {
    format!("{count} s")
}

pub(super) fn minutes(count: u64) -> String {
    format!("{count} min")
}

pub(super) fn hours(count: u64) -> String {
    format!("{count} h")
}

pub(super) fn days(count: u64) -> String {
    format!("{count} d")
}

pub(super) fn open_next(count: u64) -> String {
    format!("{OPEN_NEXT} ({})", waiting(count))
}

pub(super) fn waiting(count: u64) -> String {
    format!("{count} waiting")
}

/// Of what nobody counts further than to `most`.
pub(super) fn at_most(count: u64, most: u64) -> String {
    if count < most {
        count.to_string()
    } else {
        format!("{}+", most - 1)
    }
}

pub(super) fn stay_with_you(count: u64) -> String {
    match count {
        1 => "1 conversation stays with you when you sign out.".to_owned(),
        count => format!("{count} conversations stay with you when you sign out."),
    }
}

/// What happens to a user whom nobody answers.
pub(super) fn told_after(unanswered: &str, idle: &str) -> String {
    format!(
        "Nobody is called for them: after {unanswered} without an answer their users are told so, and after {idle} without a word the bot has them again."
    )
}

pub(super) fn account_of(name: &str) -> String {
    format!("{name}: account and sign-out")
}
