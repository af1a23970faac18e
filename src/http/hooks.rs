//! The routes on which vendors call: one file a vendor, whose words stay there and in its own folder.

mod aivo_live;
mod chatlayer;
mod desk;
mod template;

use axum::Router;

pub use self::{
    aivo_live::AivoLiveHook,
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
    AivoLive(AivoLiveHook),
    Template(TemplateHook),
}

impl DeskHook {
    /// What opens the desk API to it; none where it does not use that.
    pub(super) fn token(&self) -> Option<&Accepted> {
        match self {
            Self::Api { token } => Some(token),
            Self::Template(hook) => Some(&hook.token),
            Self::AivoLive(_) => None,
        }
    }
}

pub(super) fn router() -> Router<State> {
    chatlayer::router()
        .merge(aivo_live::router())
        .merge(template::router())
}
