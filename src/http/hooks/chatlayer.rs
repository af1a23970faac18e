//! Chatlayer's offloading webhook: the health check, `messages` and `offload`, on one URL with or without a hook key.
//!
//! The verify token opens everything. Chatlayer's documents show none on `offload`, so the hook key in the path opens
//! that too, and only that. A token that is there and not right is refused whatever else is right.

mod admit;
mod offload;
mod token;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract,
    http::HeaderMap,
    routing::get,
};
use serde_json::{Value, json};

use admit::Admitted;

use crate::{
    bots::chatlayer::{
        HookError,
        hook::{self, Hook},
    },
    domain::{
        effect::{Warning, WarningKind},
        handover,
    },
    http::{
        State, body,
        meter::{Outcome, Sent},
        problem::{Kind, Problem, Result},
        state::Caller,
    },
    store::Applied,
};

pub(super) fn router() -> Router<State> {
    let hook = || get(check).post(event);
    Router::new()
        .route("/hooks/chatlayer/{bot}", hook())
        .route("/hooks/chatlayer/{bot}/{hook_key}", hook())
}

/// The platform saves the URL and asks whether the token is ours.
async fn check(
    extract::State(state): extract::State<State>,
    caller: Caller,
    admitted: Admitted,
) -> Result<Json<Value>> {
    if !admitted.by_token {
        return Err(state.refuse(caller));
    }
    if !admitted.by_key && !admitted.bot.hook_key.is_empty() {
        let warning = Warning {
            kind: WarningKind::UnkeyedHook,
            subject: admitted.bot.name.to_string(),
        };
        // The check itself does not hang on the store.
        let _ = state.ask(state.store().warn(warning)).await;
    }
    state
        .meter()
        .intake(&admitted.bot.name, Sent::Check, Outcome::Accepted);
    Ok(Json(json!({"status": "ok"})))
}

async fn event(
    extract::State(state): extract::State<State>,
    caller: Caller,
    admitted: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let bot = admitted.bot.name.clone();
    let refused = |sent, problem: &Problem| {
        let outcome = Outcome::Refused(problem.kind());
        state.meter().intake(&bot, sent, outcome);
    };
    let (kind, bytes) = receive(&state, (caller, &admitted), (headers, sent))
        .await
        .inspect_err(|problem| refused(Sent::Unread, problem))?;
    let through = state.clone();
    state
        .see_through(async move { take(&through, &admitted, &bytes).await })
        .await
        .inspect_err(|problem| refused(kind.into(), problem))
}

/// The bytes of a call that may be taken, and what they are.
async fn receive(
    state: &State,
    (caller, admitted): (Caller, &Admitted),
    (headers, sent): (HeaderMap, Body),
) -> Result<(hook::Kind, Bytes)> {
    let bytes = body::read(&headers, sent, state.limits(body::BOT_HOOK_MAX)).await?;
    body::check_depth(&bytes).map_err(|_| body::too_deep())?;
    let kind = hook::kind(&bytes);
    let needs_no_token = matches!(
        kind,
        Ok(hook::Kind::Offload) | Err(HookError::NotJson(_) | HookError::NotText(_))
    );
    if !admitted.by_token && !needs_no_token {
        return Err(state.refuse(caller));
    }
    let kind = kind.map_err(|error| refused(&error))?;
    if kind == hook::Kind::Messages && bytes.len() > body::DEFAULT_MAX {
        return Err(Kind::TooLarge.into());
    }
    Ok((kind, bytes))
}

async fn take(state: &State, admitted: &Admitted, bytes: &[u8]) -> Result<Json<Value>> {
    let Hook { kind, step } =
        hook::parse(&admitted.bot.name, bytes).map_err(|error| refused(&error))?;
    let bot = &admitted.bot.name;
    let Some(step) = step else {
        state.meter().intake(bot, kind.into(), Outcome::Accepted);
        return Ok(Json(json!({})));
    };
    if kind == hook::Kind::Offload {
        let taken = offload::is_taken(state, step).await;
        let outcome = if taken {
            Outcome::Accepted
        } else {
            Outcome::Declined
        };
        state.meter().intake(bot, Sent::Request, outcome);
        return Ok(Json(offload::answer(taken)));
    }
    if let Applied::Done { outcomes, .. } = state.ask(state.store().apply(step)).await? {
        for outcome in outcomes {
            let repeat = matches!(outcome, handover::Outcome::Repeat { .. });
            let outcome = if repeat {
                Outcome::Repeat
            } else {
                Outcome::Accepted
            };
            state.meter().intake(bot, kind.into(), outcome);
        }
    }
    Ok(Json(json!({})))
}

impl From<hook::Kind> for Sent {
    fn from(kind: hook::Kind) -> Self {
        match kind {
            hook::Kind::Messages => Self::Message,
            hook::Kind::Offload => Self::Request,
            hook::Kind::Other => Self::Other,
        }
    }
}

fn refused(error: &HookError) -> Problem {
    let kind = match error {
        HookError::NotJson(_) | HookError::NotText(_) => Kind::Malformed,
        HookError::Contract { .. } | HookError::Id { .. } => Kind::InvalidContract,
    };
    Problem::from(kind).detail(error.to_string())
}
