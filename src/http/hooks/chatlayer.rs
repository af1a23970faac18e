//! Chatlayer's offloading webhook: the health check, `messages` and `offload`, on one URL with or without a hook key.
//!
//! The verify token opens everything. Chatlayer's documents show none on `offload`, so the hook key in the path opens
//! that too, and only that. A token that is there and not right is refused whatever else is right.
//!
//! Both events share the URL, so it is only when a call has been heard out that it can be turned away: an `offload` is
//! declined, anything else is to come again.

mod admit;
mod offload;
mod token;

use axum::{Json, Router, body::Body, extract, http::HeaderMap, routing::get};
use serde_json::{Value, json};

use admit::Admitted;

use crate::{
    bots::chatlayer::{
        HookError,
        hook::{self, Hook, Skimmer},
    },
    domain::effect::{Warning, WarningKind},
    http::{
        State,
        body::{self, Kept, Skim},
        problem::{Kind, Problem, Result},
        shed::{Gate, Place},
        state::Caller,
    },
};

/// A call that was let in. Kept until the store has answered, for as long its place and its room are taken.
#[derive(Debug)]
struct InHand {
    body: Kept,
    _place: Place,
}

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
    let gate = state.hooks();
    let limits = state.limits(body::BOT_HOOK_MAX, gate);
    let mut skimmer = Skimmer::default();
    let body = body::read_or_skim(&headers, sent, (&limits, &mut skimmer)).await?;
    let kind = if let Some(body) = &body {
        body::check_depth(body).map_err(|_| body::too_deep())?;
        hook::kind(body)
    } else {
        skimmer.kind()
    };
    let needs_no_token = matches!(
        kind,
        Ok(hook::Kind::Offload) | Err(HookError::NotJson(_) | HookError::NotText(_))
    );
    if !admitted.by_token && !needs_no_token {
        return Err(state.refuse(caller));
    }
    let kind = kind.map_err(|error| refused(&error))?;
    let (Some(body), Some(place)) = (body, gate.enter()) else {
        return turned_away(kind, gate);
    };
    if kind == hook::Kind::Messages && body.len() > body::DEFAULT_MAX {
        return Err(Kind::TooLarge.into());
    }
    let in_hand = InHand {
        body,
        _place: place,
    };
    let through = state.clone();
    state
        .see_through(async move { take(&through, &admitted, in_hand).await })
        .await
}

async fn take(state: &State, admitted: &Admitted, in_hand: InHand) -> Result<Json<Value>> {
    let Hook { kind, step } =
        hook::parse(&admitted.bot.name, &in_hand.body).map_err(|error| refused(&error))?;
    match (kind, step) {
        (hook::Kind::Offload, Some(step)) => {
            Ok(Json(offload::answer(state, (step, in_hand)).await))
        }
        (_, step) => {
            if let Some(step) = step {
                state.ask(state.store().apply(step)).await?;
            }
            Ok(Json(json!({})))
        }
    }
}

fn turned_away(kind: hook::Kind, gate: &Gate) -> Result<Json<Value>> {
    let problem = gate.shed();
    if kind == hook::Kind::Offload {
        Ok(Json(offload::said(false)))
    } else {
        Err(problem)
    }
}

fn refused(error: &HookError) -> Problem {
    let kind = match error {
        HookError::NotJson(_) | HookError::NotText(_) => Kind::Malformed,
        HookError::Contract { .. } | HookError::Id { .. } => Kind::InvalidContract,
    };
    Problem::from(kind).detail(error.to_string())
}

impl Skim for Skimmer {
    fn piece(&mut self, bytes: &[u8]) {
        self.read(bytes);
    }
}
