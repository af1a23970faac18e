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
use serde_json::{Value, json};

use super::{DeskHook, desk, in_flight::InFlight};
use crate::{
    desks::aivo_live::{Reader, hook::Told},
    domain::{effect::WarningKind, ids::DeskName},
    http::{
        State, body,
        meter::Outcome,
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
    let taken = match InFlight::read(&state, &headers, sent, body::DEFAULT_MAX).await {
        Ok(call) => {
            let (through, desk) = (state.clone(), desk.clone());
            state
                .see_through(async move { take(&through, &desk, &reader, call).await })
                .await
        }
        Err(problem) => Err(problem),
    };
    let outcome = match &taken {
        Ok(outcome) => *outcome,
        Err(problem) => Outcome::Refused(problem.kind()),
    };
    state.meter().desk(&desk, outcome);
    taken.map(|_| Json(json!({})))
}

async fn take(state: &State, name: &DeskName, reader: &Reader, call: InFlight) -> Result<Outcome> {
    let told = reader.read(call.body())?;
    let step = match told {
        Told::Step(step) => *step,
        Told::Unknown => {
            desk::warn(state, WarningKind::UnknownEvent, name).await?;
            return Ok(Outcome::Unknown);
        }
        Told::OtherBot => {
            desk::warn(state, WarningKind::OtherBotsEvent, name).await?;
            return Ok(Outcome::OtherBot);
        }
    };
    desk::tell(state, name, step).await
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
