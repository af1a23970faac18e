//! The hook of a desk that is made by configuration alone: its own bodies on a URL with a key, which expressions of the
//! configuration turn into events.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{self, FromRequestParts},
    http::{HeaderMap, request::Parts},
    routing::post,
};
use serde_json::{Value, json};

use crate::{
    desks::template::{
        Hook, HookError,
        hook::{Heard, steps},
    },
    domain::{effect::WarningKind, ids::DeskName},
    http::{
        State, body,
        hooks::{DeskHook, desk, in_flight::InFlight},
        meter::Outcome,
        problem::{Kind, Problem, Result},
        secret::Accepted,
    },
};

/// What opens the two ways in which such a desk can call, each empty where it has only the other.
#[derive(Clone, Debug)]
pub struct TemplateHook {
    /// Of the desk API.
    pub token: Accepted,
    pub hook_key: Accepted,
    pub hook: Option<Arc<Hook>>,
}

/// A call on the URL of a desk, with its key.
#[derive(Debug)]
struct Admitted {
    desk: DeskName,
    hook: Arc<Hook>,
}

pub(super) fn router() -> Router<State> {
    Router::new().route("/hooks/template/{desk}/{hook_key}", post(take))
}

async fn take(
    extract::State(state): extract::State<State>,
    admitted: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let desk = admitted.desk.clone();
    let taken = match hear(&state, &admitted, headers, sent).await {
        Ok((heard, call)) => {
            let through = state.clone();
            let all = async move { take_all(&through, &admitted.desk, heard, call).await };
            state.see_through(all).await
        }
        Err(problem) => Err(problem),
    };
    taken.inspect_err(|problem| state.meter().desk(&desk, Outcome::Refused(problem.kind())))?;
    Ok(Json(json!({})))
}

async fn hear(
    state: &State,
    admitted: &Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<(Heard, InFlight)> {
    let limits = state.limits(body::DEFAULT_MAX, state.hooks_of(&admitted.desk));
    let call = InFlight::read(&headers, sent, limits).await?;
    let texts = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let heard = admitted.hook.hear(texts, call.body());
    Ok((heard.map_err(|error| refused(&error))?, call))
}

/// In the order in which they came. If the store fails one, the desk is to send all of them again.
async fn take_all(state: &State, desk: &DeskName, heard: Heard, _call: InFlight) -> Result<()> {
    let Heard {
        told,
        passed_over,
        not_understood,
    } = heard;
    let until = State::patience();
    for step in steps(desk, &told) {
        for outcome in desk::tell_all(state, until, desk, step).await? {
            state.meter().desk(desk, outcome);
        }
    }
    for _ in 0..passed_over {
        state.meter().desk(desk, Outcome::Unknown);
    }
    for error in not_understood {
        log(desk, &error);
        state.meter().desk(desk, Outcome::Unknown);
        desk::warn(state, until, desk, WarningKind::UnknownEvent).await?;
    }
    Ok(())
}

fn log(desk: &DeskName, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(%desk, error, "an event of a desk was passed over");
}

impl FromRequestParts<State> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let hook_of = |hook: &DeskHook| match hook {
            DeskHook::Template(hook) => Some((hook.hook_key.clone(), hook.hook.clone()?)),
            _ => None,
        };
        let (desk, hook) = desk::admitted(parts, state, hook_of).await?;
        Ok(Self { desk, hook })
    }
}

fn refused(error: &HookError) -> Problem {
    let kind = match error {
        HookError::NotJson(_) | HookError::NotText(_) => Kind::Malformed,
        HookError::TooMany { .. } => Kind::InvalidContract,
    };
    Problem::from(kind).detail(error.to_string())
}
