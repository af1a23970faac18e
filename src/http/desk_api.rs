//! What a desk of kind `webhook` calls: it tells what happened to a handover, and reads one.
//!
//! The bearer names the desk. A handover of another desk is as unknown as one that does not exist.

mod event;
mod view;

use axum::{extract::FromRequestParts, http::request::Parts};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    State,
    path::InPath,
    problem::{Kind, Problem},
    secret,
    shed::Gate,
    state::Caller,
};
use crate::domain::ids::{DeskName, HandoverId};

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(view::show))
        .routes(routes!(event::take))
}

/// A desk that has shown its token, and the handover that it speaks of. Every handler takes one, and first: where there is
/// no place for it nothing but the token is looked at.
#[derive(Debug)]
struct Call {
    desk: DeskName,
    handover: HandoverId,
    /// What the desk passes once all of the call is there.
    gate: Gate,
}

impl FromRequestParts<State> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let desk = secret::bearer(&parts.headers)
            .and_then(|token| state.desk_of(token))
            .map(|desk| desk.name.clone())
            .ok_or_else(|| state.refuse(caller))?;
        let gate = state.desk_api_of(&desk).clone();
        gate.peek()?;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let id = path.get("id");
        let handover = id.and_then(|id| id.parse().ok()).ok_or(Kind::NotFound)?;
        Ok(Self {
            desk,
            handover,
            gate,
        })
    }
}
