//! The agent's page and what it calls. The same page as the development desk's, with what Aivo Live has besides: automatic
//! messages, files, groups, its own reasons, and faults.

use std::sync::Arc;

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
    Shared,
    event::{Event, IDLE, NoSuchEvent},
};
use crate::{
    clock::new_id,
    emulator::{
        assets,
        desk::{board::Handover, event::Done, page::Away},
        faults::Faults,
        stream::{self, Feed},
    },
};

/// As Aivo's document names them, the last by what it describes.
const REASONS: [&str; 3] = ["agent", "queue clean process", "inactivity trigger"];

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || assets::DESK))
        .route("/assets/{name}", get(assets::serve))
        .route("/desk", get(about))
        .route("/desk/away", put(set_away))
        .route("/desk/events", get(events))
        .route("/desk/handovers", get(list))
        .route("/desk/handovers/{id}", get(find))
        .route("/desk/handovers/{id}/events", post(act))
        .route("/emulator/faults", get(faults).put(set_faults))
        .layer(middleware::map_response(assets::guard))
        .with_state(shared)
}

/// What the page asks for: what every desk has, or what Aivo Live does by itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Act {
    Done(Done),
    Idle(Idle),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Idle {
    Idle {},
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Refused {
    #[error("no such conversation")]
    Unknown,
    #[error("this conversation is closed already")]
    Closed,
    #[error("Aivo Live has texts, pictures and files, and groups by their ids")]
    Event(#[from] NoSuchEvent),
    #[error("too much is waiting for the bridge")]
    Busy,
}

struct Changes(Arc<Shared>);

impl Feed for Changes {
    type Item = Handover;

    fn next(&self, after: usize) -> Option<(usize, Handover)> {
        self.0.state().board.next(after)
    }
}

async fn about(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let away = shared.state().board.refusal().is_some();
    let groups: Vec<_> = shared
        .groups
        .iter()
        .map(|(id, name)| json!({"id": id, "name": name}))
        .collect();
    Json(
        json!({"kind": "aivo-live", "chat_url": shared.chat_url, "away": away, "reasons": REASONS, "groups": groups}),
    )
}

async fn set_away(
    State(shared): State<Arc<Shared>>,
    Json(Away { away }): Json<Away>,
) -> StatusCode {
    shared.state().board.set_away(away);
    StatusCode::NO_CONTENT
}

/// Every conversation once, and again whenever it changes.
async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let seen = shared.state().board.watch();
    let closing = shared.closing.clone();
    stream::tell(Changes(shared), 0, seen, closing)
}

/// For tests and scripts: what the stream tells, at once. Then `POST …/{id}/events` plays the agent.
async fn list(State(shared): State<Arc<Shared>>) -> Json<Vec<Handover>> {
    Json(shared.state().board.all())
}

async fn find(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    if shared.state().board.has(&id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn act(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Json(act): Json<Act>,
) -> Result<StatusCode, Refused> {
    let now = shared.now();
    let mut state = shared.state();
    let room = state.rooms.get_mut(&id).ok_or(Refused::Unknown)?;
    if room.closed {
        return Err(Refused::Closed);
    }
    let event = match &act {
        Act::Done(done) => Event::of(done, room)?,
        Act::Idle(Idle::Idle {}) => Some(Event::idle(room)),
    };
    match &act {
        Act::Done(Done::Attended { agent }) => room.agent = Some(agent.name.clone()),
        Act::Done(Done::Transferred { to }) => {
            room.agent = None;
            room.group = to.parse().unwrap_or(room.group);
        }
        Act::Done(Done::Closed { .. }) => room.closed = true,
        Act::Done(Done::Message { .. } | Done::Typing) | Act::Idle(_) => {}
    }
    if event.is_some_and(|event| !state.rooms.tell(&id, event)) {
        return Err(Refused::Busy);
    }
    match act {
        Act::Done(done) => state.board.did(&id, done, &new_id().to_string(), now),
        Act::Idle(_) => state
            .board
            .note(&id, &format!("Aivo Live wrote by itself: {IDLE}"), now),
    }
    Ok(StatusCode::ACCEPTED)
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Faults> {
    Json(shared.state().injector.faults().clone())
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(faults): Json<Faults>) -> Json<Faults> {
    shared.state().injector.set(faults.clone());
    Json(faults)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Closed => StatusCode::CONFLICT,
            Self::Event(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}
