//! `POST /api/v1/handovers/{id}/events`: one event of a desk, stored before it is answered.

use axum::{
    Json,
    body::Body,
    extract,
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Call;
use crate::{
    desks::webhook::{HookError, hook},
    domain::{
        dedupe::DedupeKey,
        event::{Event, Incoming, Step, Target},
        handover::Outcome,
    },
    http::{
        State, body,
        meter::Outcome as Became,
        problem::{Kind, Problem, Result},
    },
    store::Applied,
};

const MAX_KEY: usize = 255;

pub(super) async fn take(
    extract::State(state): extract::State<State>,
    call: Call,
    headers: HeaderMap,
    sent: Body,
) -> Result<(StatusCode, Json<Value>)> {
    let desk = call.desk.clone();
    let taken = receive(&state, call, (headers, sent)).await;
    let became = match &taken {
        Ok((_, became)) => *became,
        Err(problem) => Became::Refused(problem.kind()),
    };
    state.meter().desk(&desk, became);
    let (id, _) = taken?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))))
}

async fn receive(
    state: &State,
    call: Call,
    (headers, sent): (HeaderMap, Body),
) -> Result<(Option<Uuid>, Became)> {
    let bytes = body::read_json(
        &headers,
        sent,
        state.limits(body::DEFAULT_MAX, state.desk_api()),
    )
    .await?;
    let event = hook::parse(&bytes).map_err(|error| refused(&error))?;
    let keys = idempotency_key(&headers)?
        .map(|key| DedupeKey::idempotency(&call.desk, call.handover, (key, &bytes)))
        .into_iter()
        .collect();
    let Call {
        desk,
        handover,
        place,
    } = call;
    let step = Step {
        target: Target::Handover {
            id: handover,
            desk: desk.clone(),
        },
        profile: None,
        events: vec![Incoming {
            event: Event::FromDesk {
                handover,
                desk,
                event,
            },
            keys,
        }],
    };
    let through = state.clone();
    state
        .see_through(async move {
            let _in_hand = (place, bytes);
            store(&through, step).await
        })
        .await
}

async fn store(state: &State, step: Step) -> Result<(Option<Uuid>, Became)> {
    let applied = state.ask(state.store().apply(step)).await?;
    let Applied::Done { outcomes, .. } = applied else {
        return Err(Kind::NotFound.into());
    };
    match outcomes.into_iter().next() {
        Some(Outcome::Taken { id }) => Ok((Some(id), Became::Accepted)),
        Some(Outcome::Repeat { id }) => Ok((id, Became::Repeat)),
        Some(Outcome::KeyReused) => Err(Kind::IdempotencyMismatch.into()),
        Some(Outcome::Closed) => Err(Kind::Closed.into()),
        Some(Outcome::Requested { .. }) | None => Err(Kind::Internal.into()),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let (key, more) = (keys.next(), keys.next());
    let Some(key) = key else { return Ok(None) };
    match key.to_str() {
        Ok(text) if more.is_none() && (1..=MAX_KEY).contains(&text.len()) => Ok(Some(text)),
        _ => Err(Problem::from(Kind::InvalidContract)
            .detail("the idempotency key must be one, of 1 to 255 characters")),
    }
}

fn refused(error: &HookError) -> Problem {
    let kind = match error {
        HookError::NotJson(_) | HookError::NotText(_) => Kind::Malformed,
        HookError::Contract { .. } | HookError::UnknownType => Kind::InvalidContract,
    };
    Problem::from(kind).detail(error.to_string())
}
