//! What the people, and the question whether to sign them out, say.

pub(in crate::console) const TITLE: &str = "People";
pub(in crate::console) const ABOUT: &str =
    "Who may sign in here, and whether they are signed in now.";
pub(in crate::console) const SIGN_EVERYONE_OUT: &str = "Sign everyone out…";
pub(in crate::console) const NAME: &str = "Name";
pub(in crate::console) const ROLE: &str = "Role";
pub(in crate::console) const LAST_SEEN: &str = "Last seen";
pub(in crate::console) const SEEN: &str = "Seen";
pub(in crate::console) const SIGNED_IN: &str = "Signed in";
pub(in crate::console) const NOT_NOW: &str = "not now";
pub(in crate::console) const NOW: &str = "now";
pub(in crate::console) const SINCE: &str = ", since ";
pub(in crate::console) const NO: &str = "no";
pub(in crate::console) const SIGN_OUT: &str = "Sign out…";
pub(in crate::console) const BY_TOKEN: [&str; 2] = ["There are no users yet, so ", " signs in. "];
/// Around the command.
pub(in crate::console) const HOW_TO_ADD: [&str; 2] = [
    "People live in the configuration, with a hash of their password. Add one with ",
    ", put what it prints into the configuration, and start the bridge again.",
];

pub(in crate::console) const SIGN_EVERYONE_OUT_NOW: &str = "Sign everyone out?";
pub(in crate::console) const SIGN_OUT_NOW: &str = "Sign out";
pub(in crate::console) const SOMEBODY: &str =
    " has to sign in again wherever they are signed in now.";
pub(in crate::console) const EVERYBODY: &str =
    "Everybody, you included, has to sign in again, on every machine.";
pub(in crate::console) const WHAT_STAYS: &str =
    " What has been claimed stays claimed, and drafts stay in the browsers.";

pub(in crate::console) fn sign_out_now(name: &str) -> String {
    format!("Sign {name} out?")
}

pub(in crate::console) fn stay_claimed(count: u64) -> String {
    let what = match count {
        1 => "1 open conversation is".to_owned(),
        count => format!("{count} open conversations are"),
    };
    format!("{what} theirs at present. You can give each to somebody else where it is shown.")
}

pub(in crate::console) fn sessions(count: usize) -> String {
    match count {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    }
}
