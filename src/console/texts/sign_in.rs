//! What the way in says. Where a sentence has a name of the configuration or a command within it, it stands in parts.

pub(in crate::console) const SIGN_IN: &str = "Sign in";
pub(in crate::console) const NAME: &str = "Name";
pub(in crate::console) const PASSWORD: &str = "Password";
pub(in crate::console) const TOKEN: &str = "admin.token";
pub(in crate::console) const BY_TOKEN: [&str; 2] =
    ["There are no users yet, so the bridge takes its ", ". "];
pub(in crate::console) const NO_ACCOUNT: &str = "No account yet? ";
pub(in crate::console) const HOW_TO_ADD: [&str; 2] = [
    "Whoever runs this bridge adds one with ",
    ". There is no default password.",
];
pub(in crate::console) const TOO_MANY: &str = "Too many sign in at this moment. Try again.";
pub(in crate::console) const WRONG: &str = "Name or password is not right.";
pub(in crate::console) const LINK_WAS_USED: [&str; 2] = [
    "This link has been used",
    "It signs in once, within ten minutes, on the machine that printed it. Start the bridge again for another one.",
];
/// For whoever has signed in by it before; others are asked who they are.
pub(in crate::console) const TO_THE_CONSOLE: &str = "To the console";
pub(in crate::console) const SESSION_HAS_ENDED: [&str; 2] = [
    "Your session has ended",
    "Nothing was sent, and nothing is lost: sign in in another tab, then reload this page. The browser will offer to send the form again, with what you wrote.",
];
pub(in crate::console) const SIGN_IN_ELSEWHERE: &str = "Sign in in a new tab";
pub(in crate::console) const NOT_OVER_THIS: [&str; 2] = [
    "Nobody can sign in over this connection",
    "It is plain http from another machine, so whoever is on the way could read along and take the session over.",
];
pub(in crate::console) const HOW_TO_REACH: [&str; 4] = [
    "Reach the console by https through a proxy that is listed in ",
    " and sends ",
    ", or through a tunnel to this machine: ",
    ", then ",
];
pub(in crate::console) const FROM_ELSEWHERE: &str = "This form was sent from another page.";

pub(in crate::console) fn later(minutes: u64) -> String {
    format!("Too many wrong passwords. The next try is in {minutes} min.")
}
