//! The routes on which vendors call: one file a vendor, whose words stay there and in its own folder.

mod aivo_live;
mod certainly;
mod chatlayer;
mod chatwoot;
mod desk;
mod in_flight;
mod request;
mod template;

use axum::{Router, extract, routing::get};

pub use self::{
    aivo_live::AivoLiveHook,
    certainly::{CertainlyHook, Credentials},
    chatlayer::{ChatlayerHook, InDoubt, Turns},
    chatwoot::ChatwootHook,
    template::TemplateHook,
};
use super::{
    State,
    meter::{Outcome, Sent},
    problem::{Kind, Problem},
    secret::Accepted,
    state::Caller,
};
use crate::{
    domain::{handover, ids::BotName, json::HookError},
    store::Applied,
};

/// Who may call in the name of a bot, platform by platform.
#[derive(Clone, Debug)]
pub enum BotHook {
    Chatlayer(ChatlayerHook),
    Certainly(CertainlyHook),
}

/// Who may call in the name of a desk.
#[derive(Clone, Debug)]
pub enum DeskHook {
    /// It calls the desk API with this token.
    Api {
        token: Accepted,
    },
    AivoLive(AivoLiveHook),
    Chatwoot(ChatwootHook),
    Template(TemplateHook),
}

impl BotHook {
    /// What a conversation is kept under, by the user's id in any form that the platform shows. None: their conversations
    /// have ids of their own, in one form alone.
    pub(super) fn key_of<'i>(&self, user: &'i str) -> Option<&'i str> {
        match self {
            Self::Chatlayer(_) => None,
            Self::Certainly(hook) => Some(hook.reader.key(user)),
        }
    }
}

impl DeskHook {
    /// What opens the desk API to it; none where it does not use that.
    pub(super) fn token(&self) -> Option<&Accepted> {
        match self {
            Self::Api { token } => Some(token),
            Self::Template(hook) => Some(&hook.token),
            Self::AivoLive(_) | Self::Chatwoot(_) => None,
        }
    }
}

pub(super) fn router() -> Router<State> {
    chatlayer::router()
        .merge(certainly::router())
        .merge(aivo_live::router())
        .merge(chatwoot::router())
        .merge(template::router())
        .route("/hooks/{vendor}/{*address}", get(nobodys).post(nobodys))
}

/// An address without its key, or with too much of one, is answered as one with a wrong key is.
async fn nobodys(extract::State(state): extract::State<State>, caller: Caller) -> Problem {
    state.refuse(caller)
}

/// The answer to a call whose body is not what the vendor sends.
impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        let kind = match &error {
            HookError::NotJson(_) | HookError::NotText(_) => Kind::Malformed,
            HookError::NoObject
            | HookError::Field { .. }
            | HookError::Contract { .. }
            | HookError::TooMany { .. }
            | HookError::Id { .. } => Kind::InvalidContract,
        };
        Self::from(kind).detail(error.to_string())
    }
}

/// Counts what became of the events of a call that the store has taken.
fn count(state: &State, bot: &BotName, sent: Sent, applied: Applied) {
    let Applied::Done { outcomes, .. } = applied else {
        return;
    };
    for outcome in outcomes {
        let repeat = matches!(outcome, handover::Outcome::Repeat { .. });
        let outcome = if repeat {
            Outcome::Repeat
        } else {
            Outcome::Accepted
        };
        state.meter().intake(bot, sent, outcome);
    }
}
