//! The routes on which vendors call: one file a vendor, whose words stay there and in its own folder.

mod chatlayer;

use axum::Router;

pub use self::chatlayer::{ChatlayerHook, Turns};
use super::{State, secret::Accepted};

/// Who may call in the name of a bot, platform by platform.
#[derive(Clone, Debug)]
pub enum BotHook {
    Chatlayer(ChatlayerHook),
}

/// Who may call in the name of a desk.
#[derive(Clone, Debug)]
pub enum DeskHook {
    /// It calls the desk API with this token.
    Api { token: Accepted },
}

pub(super) fn router() -> Router<State> {
    chatlayer::router()
}
