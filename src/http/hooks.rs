//! The routes on which vendors call: one file a vendor, whose words stay there and in its own folder.

mod chatlayer;
mod template;

use axum::Router;

pub use self::{
    chatlayer::{ChatlayerHook, Turns},
    template::TemplateHook,
};
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
    Api {
        token: Accepted,
    },
    Template(TemplateHook),
}

impl DeskHook {
    /// What opens the desk API to it.
    pub(super) fn token(&self) -> &Accepted {
        match self {
            Self::Api { token } => token,
            Self::Template(hook) => &hook.token,
        }
    }
}

pub(super) fn router() -> Router<State> {
    chatlayer::router().merge(template::router())
}
