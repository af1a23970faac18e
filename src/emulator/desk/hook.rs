//! `POST /hook`: where the bridge calls.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

use super::{Desk, event::FromBridge, signature::verified};

/// A transcript of some hundred messages with their cards.
const MAX_BODY: usize = 8 * 1024 * 1024;

pub(super) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/hook", post(hear))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(desk)
}

async fn hear(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let now = desk.0.clock.now();
    let Some(call) = verified(&desk.0.secrets, &headers, &body, now) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Ok(event) = serde_json::from_slice::<FromBridge>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if let FromBridge::Opened(opened) = &event
        && let Some(refusal) = desk.board().refusal()
    {
        let answer =
            json!({"accepted": false, "reason": refusal, "conversation_id": opened.handover.id});
        return Json(answer).into_response();
    }
    let spoken_of = match &event {
        FromBridge::MessageCreated { handover_id, .. }
        | FromBridge::MessageFailed { handover_id, .. }
        | FromBridge::Closed { handover_id, .. } => Some(handover_id.as_str()),
        FromBridge::Opened(_) | FromBridge::Ping {} | FromBridge::Unknown {} => None,
    };
    if let Some(id) = spoken_of
        && desk.know(id).await.is_err()
    {
        // The bridge keeps what it could not bring and comes again.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let answer = match &event {
        FromBridge::Opened(opened) => json!({"conversation_id": opened.handover.id}),
        _ => json!({}),
    };
    let mut board = desk.board();
    if !board.is_repeat(call) {
        board.hear(call, event, now);
    }
    Json(answer).into_response()
}
