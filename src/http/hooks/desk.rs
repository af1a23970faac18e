//! What the hooks of desks have in common that do not use the desk API: a URL with a key, and events that are told to the
//! store whatever becomes of them.

use axum::{Json, extract::FromRequestParts as _, http::request::Parts};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{DeskHook, in_flight::InFlight};
use crate::{
    desks::Told,
    domain::{
        effect::{Warning, WarningKind},
        event::Step,
        handover,
        ids::DeskName,
        json::HookError,
    },
    http::{
        State,
        meter::Outcome,
        path::InPath,
        problem::Result,
        secret::Accepted,
        state::{Caller, Desk},
    },
    store::Applied,
};

/// The desk that the path names, where its key is right and `hook_of` finds the hook of this route.
pub(super) async fn admitted<T>(
    parts: &mut Parts,
    state: &State,
    hook_of: impl Fn(&DeskHook) -> Option<(Accepted, T)>,
) -> Result<(DeskName, T)> {
    let Ok(caller) = Caller::from_request_parts(parts, state).await;
    let Ok(path) = InPath::from_request_parts(parts, state).await;
    let desk = path.get("desk").and_then(|name| state.desk(name));
    admit(desk, path.get("hook_key"), hook_of).ok_or_else(|| state.refuse(caller))
}

/// One call of a desk, seen through and counted. Whatever is understood is answered 200.
pub(super) async fn take(
    state: &State,
    desk: &DeskName,
    call: Result<InFlight>,
    read: impl FnOnce(&[u8]) -> std::result::Result<Told, HookError> + Send + 'static,
) -> Result<Json<Value>> {
    let became = match call {
        Ok(call) => {
            let (through, desk) = (state.clone(), desk.clone());
            let heard = async move {
                let became = hear(&through, &desk, read(call.body())?).await;
                // Until the store has answered, it counts at the gate.
                drop(call);
                became
            };
            state.see_through(heard).await
        }
        Err(problem) => Err(problem),
    };
    answered(state, desk, became)
}

/// One step of a desk that is answered 200 in any case, with what each of its events became.
pub(super) async fn tell_all(
    state: &State,
    until: Instant,
    desk: &DeskName,
    step: Step,
) -> Result<Vec<Outcome>> {
    let events = step.events.len();
    let all = match state.ask_by(until, state.store().apply(step)).await? {
        Applied::Done { outcomes, .. } => return Ok(outcomes.iter().map(became).collect()),
        Applied::Kept => Outcome::Kept,
        Applied::Contradiction => {
            warn(state, until, desk, WarningKind::ContradictingEvent).await?;
            Outcome::Contradiction
        }
        Applied::NotFound | Applied::NoSuchUser | Applied::SeveralUsers => Outcome::Unmatched,
    };
    Ok(vec![all; events])
}

pub(super) async fn warn(
    state: &State,
    until: Instant,
    desk: &DeskName,
    kind: WarningKind,
) -> Result<()> {
    let subject = desk.to_string();
    let warning = Warning { kind, subject };
    state.ask_by(until, state.store().warn(warning)).await
}

/// A step became what its first event did.
async fn hear(state: &State, desk: &DeskName, told: Told) -> Result<Outcome> {
    let until = State::patience();
    let (kind, became) = match told {
        Told::Step(step) => {
            let outcomes = tell_all(state, until, desk, *step).await?;
            return Ok(outcomes.first().copied().unwrap_or(Outcome::Accepted));
        }
        Told::PassedOver => return Ok(Outcome::Unknown),
        Told::Unknown => (WarningKind::UnknownEvent, Outcome::Unknown),
        Told::Elsewhere => (WarningKind::OtherBotsEvent, Outcome::OtherBot),
    };
    warn(state, until, desk, kind).await?;
    Ok(became)
}

fn answered(state: &State, desk: &DeskName, became: Result<Outcome>) -> Result<Json<Value>> {
    let outcome = match &became {
        Ok(outcome) => *outcome,
        Err(problem) => Outcome::Refused(problem.kind()),
    };
    state.meter().desk(desk, outcome);
    became.map(|_| Json(json!({})))
}

fn admit<T>(
    desk: Option<&Desk>,
    key: Option<&str>,
    hook_of: impl Fn(&DeskHook) -> Option<(Accepted, T)>,
) -> Option<(DeskName, T)> {
    let found = desk.and_then(|desk| Some((&desk.name, hook_of(&desk.hook)?)));
    // Compared in any case, so that the time does not tell whether there is such a desk.
    let nobody = Accepted::default();
    let keys = found.as_ref().map_or(&nobody, |(_, (keys, _))| keys);
    let opens = keys.matches(key.unwrap_or_default());
    let (name, (_, hook)) = found.filter(|_| opens)?;
    Some((name.clone(), hook))
}

fn became(outcome: &handover::Outcome) -> Outcome {
    match outcome {
        handover::Outcome::Repeat { .. } | handover::Outcome::KeyReused => Outcome::Repeat,
        handover::Outcome::Closed | handover::Outcome::Refused(_) => Outcome::Late,
        handover::Outcome::Taken { .. } | handover::Outcome::Requested { .. } => Outcome::Accepted,
    }
}
