//! Chatlayer's offloading webhook: the health check, `messages` and `offload`, on one URL with or without a hook key.
//!
//! The verify token opens everything. Chatlayer's documents show none on `offload`, so the hook key in the path opens
//! that too, and only that. A token that is there and not right is refused whatever else is right.
//!
//! Both events share the URL, so it is only when a call has been heard out that it can be turned away: an `offload` is
//! declined, anything else is to come again.

mod admit;
mod channel;
mod offload;
mod token;

use axum::{
    Json, Router,
    body::Body,
    extract,
    http::HeaderMap,
    routing::{get, post},
};
use serde_json::{Value, json};

use self::admit::Admitted;
pub use self::channel::Turns;

use crate::{
    bots::chatlayer::{
        HookError,
        hook::{self, Hook, Skimmer},
    },
    domain::{
        effect::{Warning, WarningKind},
        handover,
    },
    http::{
        State,
        body::{self, Kept, Skim},
        meter::{Outcome, Sent},
        problem::{Kind, Problem, Result},
        secret::Accepted,
        shed::Place,
        state::Caller,
    },
    store::Applied,
};

/// What opens the hook of one bot.
#[derive(Clone, Debug)]
pub struct ChatlayerHook {
    pub verify_token: Accepted,
    /// Empty: there is no keyed URL.
    pub hook_key: Accepted,
    /// Of the Webhook channel. Empty: nothing is taken from there.
    pub channel_verify_token: Accepted,
    pub turns: Turns,
}

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
        .route(
            "/hooks/chatlayer/{bot}/{hook_key}/channel",
            post(channel::message),
        )
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
    if !admitted.by_key && !admitted.hook.hook_key.is_empty() {
        let warning = Warning {
            kind: WarningKind::UnkeyedHook,
            subject: admitted.bot.to_string(),
        };
        // The check itself does not hang on the store.
        let _ = state.ask(state.store().warn(warning)).await;
    }
    state
        .meter()
        .intake(&admitted.bot, Sent::Check, Outcome::Accepted);
    Ok(Json(json!({"status": "ok"})))
}

async fn event(
    extract::State(state): extract::State<State>,
    caller: Caller,
    admitted: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let bot = admitted.bot.clone();
    let heard = hear(&state, (caller, &admitted), (headers, sent)).await;
    let sent = heard
        .as_ref()
        .map_or(Sent::Unread, |(kind, _)| (*kind).into());
    let answer = match heard {
        Ok((kind, body)) => let_in(&state, admitted, (kind, body)).await,
        Err(problem) => Err(problem),
    };
    answer.inspect_err(|problem| {
        let outcome = Outcome::Refused(problem.kind());
        state.meter().intake(&bot, sent, outcome);
    })
}

/// What a call is, and its body if there was room for it.
async fn hear(
    state: &State,
    (caller, admitted): (Caller, &Admitted),
    (headers, sent): (HeaderMap, Body),
) -> Result<(hook::Kind, Option<Kept>)> {
    let limits = state.limits(body::BOT_HOOK_MAX, state.hooks());
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
    Ok((kind, body))
}

async fn let_in(
    state: &State,
    admitted: Admitted,
    (kind, body): (hook::Kind, Option<Kept>),
) -> Result<Json<Value>> {
    let (Some(body), Some(place)) = (body, state.hooks().enter()) else {
        return turned_away(state, &admitted, kind);
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
    let hook = hook::parse(&admitted.bot, &in_hand.body).map_err(|error| refused(&error))?;
    let has_channel = !admitted.hook.channel_verify_token.is_empty();
    let hook = if has_channel { hook.told_twice() } else { hook };
    let Hook { kind, step } = hook;
    let bot = &admitted.bot;
    let Some(step) = step else {
        state.meter().intake(bot, kind.into(), Outcome::Accepted);
        return Ok(Json(json!({})));
    };
    if kind == hook::Kind::Offload {
        let taken = offload::is_taken(state, (step, in_hand)).await;
        return Ok(answer(state, admitted, taken));
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

fn answer(state: &State, admitted: &Admitted, taken: bool) -> Json<Value> {
    let outcome = if taken {
        Outcome::Accepted
    } else {
        Outcome::Declined
    };
    state.meter().intake(&admitted.bot, Sent::Request, outcome);
    Json(offload::said(taken))
}

fn turned_away(state: &State, admitted: &Admitted, kind: hook::Kind) -> Result<Json<Value>> {
    let problem = state.hooks().shed();
    if kind == hook::Kind::Offload {
        Ok(answer(state, admitted, false))
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

impl From<hook::Kind> for Sent {
    fn from(kind: hook::Kind) -> Self {
        match kind {
            hook::Kind::Messages => Self::Message,
            hook::Kind::Offload => Self::Request,
            hook::Kind::Other => Self::Other,
        }
    }
}
