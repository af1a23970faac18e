//! Chatlayer's offloading webhook: the health check, `messages` and `offload`, on one URL with or without a hook key.
//!
//! The verify token opens everything. Chatlayer's documents show none on `offload`, so the hook key in the path opens
//! that too, and only that. A token that is there and not right is refused whatever else is right.
//!
//! Both events share the URL, so it is only when a call has been heard out that it can be turned away: an `offload` is
//! declined, anything else is to come again.

mod admit;
mod channel;
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
pub use self::channel::{InDoubt, Turns};

use super::{
    count,
    in_flight::InFlight,
    request::{Verdict, verdict},
};
use crate::{
    bots::chatlayer::{
        HookError,
        hook::{self, Call, Hook, Skimmer},
    },
    domain::effect::{Warning, WarningKind},
    http::{
        State,
        body::{self, Skim},
        meter::{Outcome, Sent},
        problem::{Kind, Problem, Result},
        secret::Accepted,
    },
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
    pub in_doubt: InDoubt,
}

/// A call that was not taken, and what it was as far as it was read.
struct Refused {
    sent: Sent,
    problem: Problem,
}

type Answer = std::result::Result<Json<Value>, Refused>;

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
    admitted: Admitted,
) -> Result<Json<Value>> {
    if !admitted.by_token {
        return Err(state.refuse(admitted.caller));
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
    admitted: Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let bot = admitted.bot.clone();
    let answer = hear(&state, admitted, headers, sent).await;
    answer.map_err(|Refused { sent, problem }| {
        let outcome = Outcome::Refused(problem.kind());
        state.meter().intake(&bot, sent, outcome);
        problem
    })
}

/// Hears a call out, whether or not there is room for its body, and lets it in if it may and can be.
async fn hear(state: &State, admitted: Admitted, headers: HeaderMap, sent: Body) -> Answer {
    let gate = state.hooks_of(&admitted.bot);
    let limits = state.limits(body::BOT_HOOK_MAX, gate);
    let mut skimmer = Skimmer::default();
    let body = body::read_or_skim(&headers, sent, &limits, &mut skimmer).await?;
    let Some(body) = body else {
        let kind = allowed(state, &admitted, skimmer.kind())?;
        return turned_away(state, &admitted, kind);
    };
    body::check_depth(&body).map_err(|_| body::too_deep())?;
    let call = Call::read(&body);
    let kind = call
        .as_ref()
        .map_or_else(|_| hook::kind(&body), |call| Ok(call.kind()));
    let kind = allowed(state, &admitted, kind)?;
    let Some(place) = gate.enter() else {
        return turned_away(state, &admitted, kind);
    };
    let refused = |problem| Refused::known(kind, problem);
    if kind == hook::Kind::Messages && body.len() > body::DEFAULT_MAX {
        return Err(refused(Kind::TooLarge.into()));
    }
    let hook = call.and_then(|call| call.parse(&admitted.bot));
    let hook = hook.map_err(|error| refused(error.into()))?;
    let taken = take(state, admitted, hook, InFlight::new(body, place));
    taken.await.map_err(refused)
}

/// The kind of a call, if whoever shows no more than this may make it.
fn allowed(
    state: &State,
    admitted: &Admitted,
    kind: std::result::Result<hook::Kind, HookError>,
) -> Result<hook::Kind> {
    let needs_no_token = matches!(
        kind,
        Ok(hook::Kind::Offload) | Err(HookError::NotJson(_) | HookError::NotText(_))
    );
    if !admitted.by_token && !needs_no_token {
        return Err(state.refuse(admitted.caller));
    }
    Ok(kind?)
}

async fn take(
    state: &State,
    admitted: Admitted,
    hook: Hook,
    call: InFlight,
) -> Result<Json<Value>> {
    let has_channel = !admitted.hook.channel_verify_token.is_empty();
    let hook = if has_channel { hook.told_twice() } else { hook };
    let Hook { kind, step } = hook;
    let Some(step) = step else {
        let (bot, outcome) = (&admitted.bot, Outcome::Accepted);
        state.meter().intake(bot, kind.into(), outcome);
        return Ok(Json(json!({})));
    };
    let through = state.clone();
    if kind == hook::Kind::Offload {
        let decided = async move {
            let verdict = verdict(&through, step, call).await;
            Ok(answer(&through, &admitted, verdict != Verdict::Declined))
        };
        return state.see_through(decided).await;
    }
    let kept = async move {
        let applied = through.ask(through.store().apply(step)).await?;
        drop(call);
        count(&through, &admitted.bot, kind.into(), applied);
        Ok(Json(json!({})))
    };
    state.see_through(kept).await
}

fn answer(state: &State, admitted: &Admitted, taken: bool) -> Json<Value> {
    let outcome = if taken {
        Outcome::Accepted
    } else {
        Outcome::Declined
    };
    state.meter().intake(&admitted.bot, Sent::Request, outcome);
    Json(json!({"offloadSuccess": taken, "pauseBot": taken}))
}

fn turned_away(state: &State, admitted: &Admitted, kind: hook::Kind) -> Answer {
    state.hooks_of(&admitted.bot).turned_away();
    if kind == hook::Kind::Offload {
        Ok(answer(state, admitted, false))
    } else {
        Err(Refused::known(kind, Kind::Unavailable.into()))
    }
}

impl Refused {
    fn known(kind: hook::Kind, problem: Problem) -> Self {
        Self {
            sent: kind.into(),
            problem,
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self {
            sent: Sent::Unread,
            problem,
        }
    }
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
