//! `POST /api/v1/handovers/{id}/events`: one event of a desk, stored before it is answered.

use axum::{
    Json,
    body::Body,
    extract,
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Call;
use crate::{
    desks::protocol::event::{self, EventError},
    domain::{
        dedupe::DedupeKey,
        event::{DeskEvent as Told, Event, Incoming, Step, Target},
        handover::Outcome,
    },
    http::{
        State, body,
        meter::Outcome as Became,
        openapi::{desk::DeskEvent, refusals::DeskSend},
        problem::{Kind, Problem, Result},
    },
    store::Applied,
};

/// An event that is stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventStored)]
pub(super) struct Stored {
    /// The event's id; of a message, the message's.
    #[schema(required)]
    id: Option<Uuid>,
}

/// The header that [`idempotency_key`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "described here, read from the headers")]
struct Keyed {
    /// Names the event within the handover: a repeat gets the first answer and has no second effect.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[!-~]([\t -~]*[!-~])?$"
    )]
    key: Option<String>,
}

const MAX_KEY: usize = 255;

/// Tells one event of a handover. Without an idempotency key every call is a new event.
#[utoipa::path(
    post,
    path = "/api/v1/handovers/{id}/events",
    operation_id = "tellEvent",
    tag = "desk",
    params(("id" = Uuid, Path, description = "The handover's `id`."), Keyed),
    request_body = DeskEvent,
    responses((status = 202, description = "Stored.", body = Stored), DeskSend),
    security(("deskToken" = [])),
)]
pub(super) async fn take(
    extract::State(state): extract::State<State>,
    call: Call,
    headers: HeaderMap,
    sent: Body,
) -> Result<(StatusCode, Json<Stored>)> {
    let desk = call.desk.clone();
    let taken = receive(&state, call, headers, sent).await;
    let became = match &taken {
        Ok((_, became)) => *became,
        Err(problem) => Became::Refused(problem.kind()),
    };
    state.meter().desk(&desk, became);
    let (id, _) = taken?;
    Ok((StatusCode::ACCEPTED, Json(Stored { id })))
}

async fn receive(
    state: &State,
    call: Call,
    headers: HeaderMap,
    sent: Body,
) -> Result<(Option<Uuid>, Became)> {
    let limits = state.limits(body::DEFAULT_MAX, &call.gate);
    let bytes = body::read_json(&headers, sent, limits).await?;
    let place = call.gate.admit()?;
    let told = event::parse(&bytes).map_err(|error| refused(&error))?;
    let keys = idempotency_key(&headers)?
        .map(|key| DedupeKey::idempotency(&call.desk, call.handover, key, &bytes))
        .into_iter()
        .collect();
    let step = step(call, told, keys);
    let through = state.clone();
    state
        .see_through(async move {
            // Also where nobody waits for the answer any more.
            let _in_hand = (place, bytes);
            store(&through, step).await
        })
        .await
}

fn step(call: Call, told: Told, keys: Vec<DedupeKey>) -> Step {
    let Call { desk, handover, .. } = call;
    let target = Target::Handover {
        id: handover,
        desk: desk.clone(),
    };
    let event = Event::FromDesk {
        handover,
        desk,
        event: told,
    };
    Step {
        target,
        profile: None,
        events: vec![Incoming { event, keys }],
    }
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
        Some(Outcome::Requested { .. } | Outcome::Refused(_)) | None => Err(Kind::Internal.into()),
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

fn refused(error: &EventError) -> Problem {
    let kind = match error {
        EventError::NotJson(_) | EventError::NotText(_) => Kind::Malformed,
        EventError::Contract(_) => Kind::InvalidContract,
    };
    Problem::from(kind).detail(error.to_string())
}
