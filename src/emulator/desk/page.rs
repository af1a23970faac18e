//! The desk's page and what it calls: the handovers, live, and what an agent does with them.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        assets,
        stream::{self, Feed},
    },
    Desk,
    board::Handover,
    bridge::Failed,
    event::Done,
};
use crate::clock::new_id;

pub(super) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/", get(async || assets::DESK))
        .route("/assets/{name}", get(assets::serve))
        .route("/desk", get(about))
        .route("/desk/away", put(set_away))
        .route("/desk/events", get(events))
        .route("/desk/handovers", get(list))
        .route("/desk/handovers/{id}", get(find))
        .route("/desk/handovers/{id}/events", post(act))
        .layer(middleware::map_response(assets::guard))
        .with_state(desk)
}

#[derive(Deserialize)]
pub(in crate::emulator) struct Away {
    pub(in crate::emulator) away: bool,
}

struct Changes(Desk);

impl Feed for Changes {
    type Item = Handover;

    fn next(&self, after: usize) -> Option<(usize, Handover)> {
        self.0.board().next(after)
    }
}

async fn about(State(desk): State<Desk>) -> Json<Value> {
    let away = desk.board().refusal().is_some();
    Json(json!({"chat_url": desk.0.chat_url, "away": away}))
}

async fn set_away(State(desk): State<Desk>, Json(Away { away }): Json<Away>) -> StatusCode {
    desk.board().set_away(away);
    StatusCode::NO_CONTENT
}

/// Every handover once, and again whenever it changes. A page that comes back gets all anew: numbers do not survive a restart.
async fn events(State(desk): State<Desk>) -> Response {
    let seen = desk.board().watch();
    let closing = desk.0.closing.clone();
    stream::tell(Changes(desk), 0, seen, closing)
}

/// For tests and scripts: what the stream tells, at once. Then `POST …/{id}/events` plays the agent.
async fn list(State(desk): State<Desk>) -> Json<Vec<Handover>> {
    Json(desk.board().all())
}

/// For a page that was opened at a handover of which the desk has not heard since it started.
async fn find(State(desk): State<Desk>, Path(id): Path<String>) -> Result<StatusCode, Failed> {
    let known = desk.know(&id).await?;
    Ok(if known {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    })
}

async fn act(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    Json(done): Json<Done>,
) -> Result<StatusCode, Failed> {
    // A page that outlived the desk acts on what the desk has forgotten.
    desk.know(&id).await?;
    let stored = desk.0.bridge.tell(&id, &done, new_id()).await?;
    let now = desk.0.clock.now();
    desk.board().did(&id, done, &stored, now);
    Ok(StatusCode::ACCEPTED)
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, text) = match &self {
            Self::Refused(StatusCode::CONFLICT) => (
                StatusCode::CONFLICT,
                "This handover is closed already.".to_owned(),
            ),
            Self::Refused(status) => (
                *status,
                format!("The bridge refused it with {}.", status.as_u16()),
            ),
            Self::Away(_) => (
                StatusCode::BAD_GATEWAY,
                "The bridge does not answer. Nothing was sent.".to_owned(),
            ),
            Self::BadId => (StatusCode::BAD_REQUEST, self.to_string()),
        };
        (status, Json(json!({"error": text}))).into_response()
    }
}
