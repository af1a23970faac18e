//! What the audit trail says.

pub(in crate::console) const TITLE: &str = "Audit trail";
pub(in crate::console) const ABOUT: &str =
    "Who did what, for as long as it is kept. Nobody can change it from here.";
pub(in crate::console) const WHEN: &str = "When";
pub(in crate::console) const WHO: &str = "Who";
pub(in crate::console) const WHAT: &str = "What";
pub(in crate::console) const ON: &str = "On";
pub(in crate::console) const OLDER: &str = "Show older";
pub(in crate::console) const UNKNOWN: &str = "Unknown";
pub(in crate::console) const NOTHING: [&str; 2] = [
    "Nothing here",
    "Sign-ins, conversations that were read, and what was done to deliveries and people are listed here.",
];

/// One of a newer version is shown as it is kept.
pub(in crate::console) fn action(action: &str) -> &str {
    match action {
        "sign_in" => "Signed in",
        "sign_in.refused" => "Sign-in refused",
        "sign_out" => "Signed out",
        "sign_out.everywhere" => "Signed out everywhere",
        "sessions.end" => "Signed somebody out",
        "sessions.end_all" => "Signed everyone out",
        "transcript.view" => "Read a conversation",
        "deliveries.retry" => "Retried a delivery",
        "deliveries.retry_all" => "Retried everything for a destination",
        "deliveries.skip" => "Gave a delivery up",
        "erasures.request" => "Had a user erased",
        other => other,
    }
}
