//! `GET /api/v1/handovers/{id}`: a handover with its transcript, for a desk that starts anew or wants the rest of it.

use axum::{
    Json, extract,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

use super::Call;
use crate::{
    desks::webhook::message::{HandoverBody, MessageBody},
    domain::conversation::Phase,
    http::{
        State,
        problem::{Kind, Result},
    },
    store::HandoverView,
};

#[derive(Debug, Serialize)]
struct Shown<'a> {
    handover: HandoverBody<'a>,
    state: &'static str,
    transcript: Vec<MessageBody<'a>>,
}

pub(super) async fn show(
    extract::State(state): extract::State<State>,
    call: Call,
) -> Result<Response> {
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
        handover: HandoverBody::new(&facts, &profile, (&bot, &user)),
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
