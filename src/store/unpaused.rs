//! The warning that is no row: a bot that should be silent and is not known to be is read from its handover, so that the
//! warning is over when that is.

use super::WarningView;
use crate::domain::{
    conversation::{Conversation, PauseState},
    effect::WarningKind,
    time::Timestamp,
};

/// What stands in the states in which a bot is not known to be silent. It is looked for before they are read.
pub(super) const WORDS: [&str; 3] = [
    r#""pause":"pausing""#,
    r#""pause":"failed""#,
    r#""pause":"left""#,
];

/// None of a conversation whose bot is silent, or has the user.
pub(super) fn unpaused(state: &Conversation, now: Timestamp) -> Option<WarningView> {
    let open = state.handover.as_ref();
    let open = open.filter(|open| open.pause != PauseState::Paused)?;
    Some(WarningView {
        kind: WarningKind::BotNotPaused,
        subject: open.id.to_string(),
        count: 1,
        first_at: open.answered_at.unwrap_or(open.requested_at),
        last_at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_in_which_the_bot_is_not_silent_is_found_by_a_word() {
        let found = |pause: PauseState| {
            let written = serde_json::json!({ "pause": pause }).to_string();
            WORDS.iter().any(|word| written.contains(word))
        };
        let unpaused = [PauseState::Pausing, PauseState::Failed, PauseState::NotOwed];
        assert!(unpaused.into_iter().all(found));
        assert!(!found(PauseState::Paused));
    }
}
