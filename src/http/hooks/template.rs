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
        hook::{About, Heard, Told},
    },
    domain::{
        dedupe::DedupeKey,
        effect::WarningKind,
        event::{Event, Incoming, LegTarget, Step, Target},
        ids::DeskName,
    },
    http::{
        State,
        body::{self, Buffered},
        hooks::{DeskHook, desk},
        meter::Outcome,
        problem::{Kind, Problem, Result},
        secret::Accepted,
        shed::RequestPermit,
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

/// What was sent, and the room that it takes until the store has answered.
#[derive(Debug)]
struct InHand {
    heard: Heard,
    _body: Buffered,
    _place: RequestPermit,
}

/// An event may come before the answer that tells whose it is.
const KEEP_UNMATCHED: std::time::Duration = std::time::Duration::from_mins(1);

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
        Ok(in_hand) => {
            let through = state.clone();
            state
                .see_through(async move { tell_all(&through, &admitted.desk, in_hand).await })
                .await
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
) -> Result<InHand> {
    let gate = state.hooks();
    let place = gate.enter().ok_or_else(|| gate.shed())?;
    let body = body::read(&headers, sent, state.limits(body::DEFAULT_MAX, gate)).await?;
    body::check_depth(&body).map_err(|_| body::too_deep())?;
    let texts = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let heard = admitted.hook.hear(texts, &body);
    Ok(InHand {
        heard: heard.map_err(|error| refused(&error))?,
        _body: body,
        _place: place,
    })
}

/// In the order in which they came. If the store fails one, the desk is to send all of them again.
async fn tell_all(state: &State, desk: &DeskName, in_hand: InHand) -> Result<()> {
    let Heard {
        told,
        passed_over,
        not_understood,
    } = in_hand.heard;
    for told in told {
        let outcome = desk::tell(state, desk, step(desk, told)).await?;
        state.meter().desk(desk, outcome);
    }
    for _ in 0..passed_over {
        state.meter().desk(desk, Outcome::Unknown);
    }
    for error in not_understood {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%desk, %error, cause, "an event of a desk was passed over");
        state.meter().desk(desk, Outcome::Unknown);
        desk::warn(state, WarningKind::UnknownEvent, desk).await?;
    }
    Ok(())
}

fn step(desk: &DeskName, told: Told) -> Step {
    let Told { about, event, key } = told;
    let key = key.map(|[key, number]| DedupeKey::desk_event(desk, &[&key, &number]));
    let (target, event) = match about {
        About::Handover(id) => {
            let desk = desk.clone();
            let target = Target::Handover {
                id,
                desk: desk.clone(),
            };
            let event = Event::FromDesk {
                handover: id,
                desk,
                event,
            };
            (target, event)
        }
        About::Reference(reference) => {
            let target = Target::Leg(LegTarget {
                desk: desk.clone(),
                reference: Some(reference),
                leg: None,
                keep_unmatched: Some(KEEP_UNMATCHED),
            });
            (target, Event::FromLeg { event, leg: None })
        }
    };
    Step {
        target,
        profile: None,
        events: vec![Incoming {
            event,
            keys: key.into_iter().collect(),
        }],
    }
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
