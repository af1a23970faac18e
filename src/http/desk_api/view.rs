//! `GET /api/v1/handovers/{id}`: a handover with its transcript, for a desk that starts anew or wants the rest of it.

use axum::{
    body::Bytes,
    extract,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Call;
use crate::{
    desks::protocol::message::{HandoverBody, MessageBody},
    domain::conversation::Phase,
    http::{
        State,
        openapi::{self, refusals::DeskRead},
        problem::{Kind, Result},
        shed::{BodyPermit, Gate},
    },
    store::HandoverView,
};

/// A handover and what was said in its conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HandoverShown)]
struct Shown<'a> {
    #[schema(value_type = openapi::desk::Handover)]
    handover: HandoverBody<'a>,
    #[schema(value_type = openapi::desk::HandoverState)]
    state: &'static str,
    /// Oldest first.
    #[schema(value_type = Vec<openapi::message::Message>)]
    transcript: Vec<MessageBody<'a>>,
}

/// What waits to be written, and what it takes up meanwhile: the desk reads it as slowly as it likes.
struct Answer {
    json: Vec<u8>,
    _room: BodyPermit,
}

/// No answer takes up more of the room, however long it is, or the longest would hardly ever find any.
const COUNTED: usize = 4 << 20;

/// A handover that the desk has, or had last, with its whole transcript. One that has gone on to another desk is not found.
#[utoipa::path(
    get,
    path = "/api/v1/handovers/{id}",
    operation_id = "readHandover",
    tag = "desk",
    params(("id" = uuid::Uuid, Path, description = "The handover's `id`.")),
    responses((status = 200, description = "The handover.", body = Shown), DeskRead),
    security(("deskToken" = [])),
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    call: Call,
) -> Result<Response> {
    let _place = call.gate.admit()?;
    let view = state
        .ask(state.store().handover(call.handover, &call.desk))
        .await?;
    let HandoverView {
        facts,
        bot,
        user,
        profile,
        phase,
        answer: _,
        transcript,
    } = view.ok_or(Kind::NotFound)?;
    let shown = Shown {
        handover: HandoverBody::new(&facts, &profile, &bot, &user),
        state: phase.map_or("closed", name),
        transcript: MessageBody::transcript(&transcript),
    };
    let json = serde_json::to_vec(&shown).map_err(|_| Kind::Internal)?;
    let answer = Answer::waiting(json, &call.gate)?;
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((kind, Bytes::from_owner(answer)).into_response())
}

impl Answer {
    fn waiting(json: Vec<u8>, gate: &Gate) -> Result<Self> {
        let mut room = gate.room();
        if room.grow(json.len().min(COUNTED)) {
            Ok(Self { json, _room: room })
        } else {
            Err(gate.shed())
        }
    }
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

/// A phase of a newer version is read as waiting, as the handover itself does.
fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "requested",
        Phase::Waiting | Phase::Unknown => "waiting",
        Phase::Attended => "attended",
        Phase::Closing => "closing",
    }
}
