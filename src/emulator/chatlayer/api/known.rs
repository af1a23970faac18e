//! What the bridge asks for: the messages of a conversation, by today's call and by the legacy one, and the session data,
//! which it also deletes. The form of the messages is that of a transcript, which is a guess for the first call and what
//! the older documentation shows for the second.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::VersionQuery;
use crate::emulator::{
    hub::{Hub, SIMULATED},
    session::{Call, Direction, Session},
    trial::fault,
};

/// The longest page of the legacy call.
const PAGE: usize = 1000;

#[derive(Debug, Deserialize)]
struct PageQuery {
    offset: Option<usize>,
    limit: Option<usize>,
}

pub(super) fn router() -> Router<Arc<Hub>> {
    let conversation = "/v1/bots/{bot}/conversations/{session}";
    Router::new()
        .route(&format!("{conversation}/messages"), get(messages))
        .route(
            &format!("{conversation}/session-data"),
            get(session_data).delete(forget),
        )
        .route("/api/bots/{bot}/history/{session}", get(history))
}

async fn messages(
    State(hub): State<Arc<Hub>>,
    Path(path): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Response {
    let read = |session: &mut Session| {
        let said = session.transcript();
        (StatusCode::OK, json!({"data": said}))
    };
    let none = json!({"data": []});
    answer(&hub, (path, Some(&version)), ("messages", none, read))
}

async fn session_data(
    State(hub): State<Arc<Hub>>,
    Path(path): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Response {
    let read = |session: &mut Session| (StatusCode::OK, session.data().clone().into());
    answer(
        &hub,
        (path, Some(&version)),
        ("session data", json!({}), read),
    )
}

async fn forget(
    State(hub): State<Arc<Hub>>,
    Path(path): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Response {
    let delete = |session: &mut Session| {
        session.forget();
        (StatusCode::NO_CONTENT, Value::Null)
    };
    answer(
        &hub,
        (path, Some(&version)),
        ("session data deleted", json!({}), delete),
    )
}

async fn history(
    State(hub): State<Arc<Hub>>,
    Path(path): Path<(String, String)>,
    Query(PageQuery { offset, limit }): Query<PageQuery>,
) -> Response {
    let read = move |session: &mut Session| {
        let all = session.transcript();
        let page = all
            .iter()
            .skip(offset.unwrap_or(0))
            .take(limit.unwrap_or(PAGE).min(PAGE));
        let rows: Vec<Value> = page.map(legacy_row).collect();
        (StatusCode::OK, json!({"rows": rows, "count": all.len()}))
    };
    let none = json!({"rows": [], "count": 0});
    answer(&hub, (path, None), ("history", none, read))
}

/// The answer, and a line of it beside the chat. Of the sessions of `handover simulate` nothing is known, which is told
/// as `none`.
fn answer(
    hub: &Hub,
    ((bot, name), version): ((String, String), Option<&str>),
    (what, none, read): (
        &str,
        Value,
        impl FnOnce(&mut Session) -> (StatusCode, Value),
    ),
) -> Response {
    if name.starts_with(SIMULATED) {
        return Json(none).into_response();
    }
    if bot != hub.bot_id || version.is_some_and(|version| version != hub.version()) {
        return fault(StatusCode::NOT_FOUND);
    }
    let at = hub.now();
    let answered = hub.with(&name, |session| {
        let (status, body) = read(session);
        session.wire(Call {
            at,
            way: Direction::FromBridge,
            what: what.to_owned(),
            status: Some(status.as_u16()),
            millis: 0,
            body: String::new(),
            fault: None,
        });
        (status, body)
    });
    match answered {
        Some((StatusCode::NO_CONTENT, _)) => StatusCode::NO_CONTENT.into_response(),
        Some((status, body)) => (status, Json(body)).into_response(),
        None => fault(StatusCode::NOT_FOUND),
    }
}

/// A transcript's item in the form of the older documentation.
fn legacy_row(item: &Value) -> Value {
    let field = |name: &str| item.get(name).cloned().unwrap_or_default();
    json!({
        "isIntro": false, "actor": field("actor"), "message": field("message"), "createdAt": field("timestamp"),
    })
}
