//! `GET /api/v1/handovers/{id}`: a handover with its transcript, for a desk that starts anew or wants the rest of it.

use axum::{
    Json, extract,
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
    Ok(Json(shown).into_response())
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
