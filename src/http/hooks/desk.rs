//! What the hooks of desks have in common that do not use the desk API: a URL with a key, and events that are told to the
//! store whatever becomes of them.

use axum::{extract::FromRequestParts as _, http::request::Parts};

use super::DeskHook;
use crate::{
    domain::{
        effect::{Warning, WarningKind},
        event::Step,
        handover,
        ids::DeskName,
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

/// One step of a desk that is answered 200 in any case. It became what its first event did.
pub(super) async fn tell(state: &State, desk: &DeskName, step: Step) -> Result<Outcome> {
    let outcomes = tell_all(state, desk, step).await?;
    Ok(outcomes.first().copied().unwrap_or(Outcome::Accepted))
}

/// The same, with what each of its events became.
pub(super) async fn tell_all(state: &State, desk: &DeskName, step: Step) -> Result<Vec<Outcome>> {
    let events = step.events.len();
    let all = match state.ask(state.store().apply(step)).await? {
        Applied::Done { outcomes, .. } => return Ok(outcomes.iter().map(became).collect()),
        Applied::Kept => Outcome::Kept,
        Applied::Contradiction => {
            warn(state, WarningKind::ContradictingEvent, desk).await?;
            Outcome::Contradiction
        }
        Applied::NotFound | Applied::NoSuchUser | Applied::SeveralUsers => Outcome::Unmatched,
    };
    Ok(vec![all; events])
}

pub(super) async fn warn(state: &State, kind: WarningKind, desk: &DeskName) -> Result<()> {
    let subject = desk.to_string();
    let warning = Warning { kind, subject };
    state.ask(state.store().warn(warning)).await
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
