//! The chat page and what it calls: conversations, their live lines, files, faults.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    Line, assets,
    faults::Faults,
    files::MAX_FILE,
    hub::{Check, Hub, Refused},
    stream::{self, Feed},
    user::{ChatUser, Said},
};

pub(super) fn router(hub: Arc<Hub>) -> Router {
    front(&hub)
        .route("/assets/{name}", get(assets::serve))
        .route("/emulator/sessions", post(open))
        .route("/emulator/sessions/{session}", get(known))
        .route("/emulator/sessions/{session}/events", get(events))
        .route("/emulator/sessions/{session}/messages", post(say))
        .route("/emulator/sessions/{session}/files", post(upload))
        .layer(DefaultBodyLimit::max(MAX_FILE))
        .route("/emulator/files/{name}", get(file))
        .route("/emulator/faults", get(faults).put(set_faults))
        .route("/emulator/health-check", post(health_check))
        .layer(middleware::map_response(assets::guard))
        .with_state(hub)
}

/// The page that a developer opens: the chat, beside the console where there is one.
fn front(hub: &Hub) -> Router<Arc<Hub>> {
    let Some(console) = &hub.console_url else {
        return Router::new().route("/", get(async || assets::CHAT));
    };
    let (both, chat) = (assets::both(console), assets::framed_chat());
    Router::new()
        .route("/", get(async move || both))
        .route("/chat", get(async move || chat))
}

/// The lines of one conversation, numbered from 1.
struct Lines {
    hub: Arc<Hub>,
    session: String,
}

impl Feed for Lines {
    type Item = Line;

    fn next(&self, after: usize) -> Option<(usize, Line)> {
        let line = self
            .hub
            .with(&self.session, |session| session.lines().get(after).cloned());
        Some((after + 1, line??))
    }
}

async fn open(
    State(hub): State<Arc<Hub>>,
    Json(person): Json<ChatUser>,
) -> Result<Response, Refused> {
    let session = hub.open(person)?;
    Ok((StatusCode::CREATED, Json(about(&hub, &session))).into_response())
}

async fn known(
    State(hub): State<Arc<Hub>>,
    Path(session): Path<String>,
) -> Result<Json<Value>, Refused> {
    hub.with(&session, |_| ()).ok_or(Refused::UnknownSession)?;
    Ok(Json(about(&hub, &session)))
}

async fn events(
    State(hub): State<Arc<Hub>>,
    Path(session): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let seen = hub
        .with(&session, |session| session.watch())
        .ok_or(Refused::UnknownSession)?;
    let closing = hub.closing().clone();
    let feed = Lines { hub, session };
    Ok(stream::tell(
        feed,
        stream::last_seen(&headers),
        seen,
        closing,
    ))
}

async fn say(
    State(hub): State<Arc<Hub>>,
    Path(session): Path<String>,
    Json(said): Json<Said>,
) -> Result<StatusCode, Refused> {
    hub.say(&session, &said)?;
    Ok(StatusCode::ACCEPTED)
}

async fn upload(
    State(hub): State<Arc<Hub>>,
    Path(session): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<StatusCode, Refused> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let url = hub.files.keep(content_type.unwrap_or_default(), bytes);
    hub.say(&session, &Said::Upload { url })?;
    Ok(StatusCode::ACCEPTED)
}

async fn file(State(hub): State<Arc<Hub>>, Path(name): Path<String>) -> Response {
    let Some(file) = hub.files.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let shown = file.content_type.starts_with("image/");
    let place = if shown { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CONTENT_DISPOSITION, place),
    ];
    (headers, file.bytes).into_response()
}

async fn faults(State(hub): State<Arc<Hub>>) -> Json<Faults> {
    Json(hub.injector().faults().clone())
}

async fn set_faults(State(hub): State<Arc<Hub>>, Json(faults): Json<Faults>) -> Json<Faults> {
    hub.injector().set(faults.clone());
    Json(faults)
}

async fn health_check(State(hub): State<Arc<Hub>>, _: Json<Value>) -> Json<Check> {
    let check = hub.health_check().await;
    Json(check.unwrap_or(Check {
        ok: false,
        status: None,
    }))
}

/// What the page needs to know to show a conversation.
fn about(hub: &Hub, session: &str) -> Value {
    json!({
        "session": session, "platform": hub.played.name(), "bot": hub.bot_id, "version": hub.version(),
        "desk_url": hub.desk_url,
    })
}
