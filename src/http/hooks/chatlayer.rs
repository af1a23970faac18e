//! Chatlayer's offloading webhook: the health check, `messages` and `offload`, on one URL with or without a hook key.
//!
//! The verify token opens everything. Chatlayer's documents show none on `offload`, so the hook key in the path opens
//! that too, and only that. A token that is there and not right is refused whatever else is right.

mod admit;
mod offload;
mod token;

use axum::{Json, Router, body::Body, extract, http::HeaderMap, routing::get};
use serde_json::{Value, json};

use admit::Admitted;

use crate::{
    bots::chatlayer::{
        HookError,
        hook::{self, Hook},
    },
    domain::effect::{Warning, WarningKind},
    http::{
        State, body,
        problem::{Kind, Problem, Result},
        state::Caller,
    },
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
    Ok(Json(json!({"status": "ok"})))
}

async fn event(
    extract::State(state): extract::State<State>,
    caller: Caller,
    admitted: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
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
    if kind.map_err(|error| refused(&error))? == hook::Kind::Messages
        && bytes.len() > body::DEFAULT_MAX
    {
        return Err(Kind::TooLarge.into());
    }
    let through = state.clone();
    state
        .see_through(async move { take(&through, &admitted, &bytes).await })
        .await
}

async fn take(state: &State, admitted: &Admitted, bytes: &[u8]) -> Result<Json<Value>> {
    let Hook { kind, step } =
        hook::parse(&admitted.bot.name, bytes).map_err(|error| refused(&error))?;
    match (kind, step) {
        (hook::Kind::Offload, Some(step)) => Ok(Json(offload::answer(state, step).await)),
        (_, step) => {
            if let Some(step) = step {
                state.ask(state.store().apply(step)).await?;
            }
            Ok(Json(json!({})))
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
