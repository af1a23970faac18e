//! The warning that is no row: a bot that should be silent and is not known to be is read from its handover, so that the
//! warning is over when that is.

use super::WarningView;
use crate::domain::{
    conversation::{Conversation, PauseState},
    effect::WarningKind,
    time::Timestamp,
};

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
