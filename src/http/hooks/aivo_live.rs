//! Aivo Live's events: one URL a desk, opened by the hook key in its path, since Aivo signs nothing and shows no token.
//!
//! Whatever is understood is answered 200 with `{}`, also what is unknown, late, repeated or of a conversation that is not
//! ours: it is not documented what Aivo makes of anything else.

use axum::{
    Json, Router,
    body::Body,
    extract::{self, FromRequestParts},
    http::{HeaderMap, request::Parts},
    routing::post,
};
use serde_json::Value;

use super::{DeskHook, desk, in_flight::InFlight};
use crate::{
    desks::aivo_live::Reader,
    domain::ids::DeskName,
    http::{
        State, body,
        problem::{Problem, Result},
        secret::Accepted,
    },
};

/// What opens the hook of one desk, and what reads it.
#[derive(Clone, Debug)]
pub struct AivoLiveHook {
    pub hook_key: Accepted,
    pub reader: Reader,
}

/// A call that has shown the key of the desk that it names.
#[derive(Debug)]
struct Admitted {
    desk: DeskName,
    reader: Reader,
}

pub(super) fn router() -> Router<State> {
    Router::new().route("/hooks/aivo-live/{desk}/{hook_key}", post(event))
}

async fn event(
    extract::State(state): extract::State<State>,
    Admitted { desk, reader }: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let limits = state.limits(body::DEFAULT_MAX, state.hooks_of(&desk));
    let call = InFlight::read(&headers, sent, limits).await;
    desk::take(&state, &desk, call, move |body| reader.read(body)).await
}

impl FromRequestParts<State> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let hook_of = |hook: &DeskHook| match hook {
            DeskHook::AivoLive(hook) => Some((hook.hook_key.clone(), hook.reader.clone())),
            _ => None,
        };
        let (desk, reader) = desk::admitted(parts, state, hook_of).await?;
        Ok(Self { desk, reader })
    }
}
