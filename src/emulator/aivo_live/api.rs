//! What the bridge calls: the queue call and the list of groups as Aivo documents them, and the guesses of the bridge's
//! default configuration for a message and a close. Status codes and bodies of errors are guesses too.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Shared, event::Event, rooms::NewRoom};
use crate::{
    clock::new_id,
    domain::time::Timestamp,
    emulator::{
        desk::event::{About, FromBridge, Opened},
        trial::{Verdict, cut, fault},
    },
};

/// A transcript of some hundred messages.
const MAX_BODY: usize = 2 * 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/live-handler/queue/external", post(queue))
        .route("/api/v1/live-handler/message/external", post(message))
        .route("/api/v1/live-handler/close/external", post(close))
        .route("/group", get(groups))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}

/// Read strictly: a field that is not documented is 422.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Queue {
    bot_id: u64,
    groups_id: Vec<u64>,
    bot_token: String,
    protocol_id: u64,
    user: User,
    status: String,
    last_sender: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    hash: String,
    firstname: String,
    lastname: String,
    email: String,
    phone: String,
    extra: Value,
}

/// A guess, as both calls are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    bot_id: u64,
    conversation_id: String,
    hash: String,
    custom_token: Option<String>,
    action: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Close {
    bot_id: u64,
    conversation_id: String,
    hash: String,
    custom_token: Option<String>,
    reason: String,
}

/// Whose conversation a call is about, and how it shows that it may speak of it.
struct Named<'a> {
    bot_id: u64,
    room: &'a str,
    hash: &'a str,
    custom_token: Option<&'a str>,
}

async fn groups(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let groups = shared.groups.iter();
    let groups: Vec<_> = groups
        .map(|(id, name)| json!({"id": id, "name": name}))
        .collect();
    Json(json!(groups))
}

async fn queue(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(queue) = serde_json::from_slice::<Queue>(&body) else {
        return fault(StatusCode::UNPROCESSABLE_ENTITY);
    };
    if queue.bot_id != shared.bot_id || queue.bot_token != shared.bot_token.expose_secret() {
        return fault(StatusCode::UNAUTHORIZED);
    }
    let known = |group: &u64| shared.groups.iter().any(|(id, _)| id == group);
    if !queue.is_as_documented() || !queue.groups_id.iter().all(known) {
        return fault(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let ordinal = shared.rooms().next_ordinal();
    let verdict = shared.stage.judge(ordinal).await;
    if shared.stage.board().refusal().is_some() && verdict.has_effect() {
        return fault(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut answer = json!({});
    if verdict.has_effect() {
        let Some(opened) = open(&shared, queue) else {
            return fault(StatusCode::SERVICE_UNAVAILABLE);
        };
        answer = opened;
    }
    said(verdict, answer)
}

async fn message(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return fault(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let named = Named {
        bot_id: message.bot_id,
        room: &message.conversation_id,
        hash: &message.hash,
        custom_token: message.custom_token.as_deref(),
    };
    let content = match message.action.as_str() {
        "text" => json!({"type": "text", "text": message.value}),
        "image" => json!({"type": "media", "kind": "image", "url": message.value}),
        "file" => json!({"type": "media", "kind": "file", "url": message.value}),
        _ => return fault(StatusCode::UNPROCESSABLE_ENTITY),
    };
    let verdict = match admitted(&shared, &named) {
        Ok(ordinal) => shared.stage.judge(ordinal).await,
        Err(status) => return fault(status),
    };
    if verdict.has_effect() {
        let message =
            json!({"id": new_id(), "actor": "user", "at": shared.stage.now(), "content": content});
        let event = FromBridge::MessageCreated {
            handover_id: named.room.to_owned(),
            message,
        };
        shared.stage.hear(event);
    }
    said(verdict, json!({}))
}

async fn close(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(close) = serde_json::from_slice::<Close>(&body) else {
        return fault(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let named = Named {
        bot_id: close.bot_id,
        room: &close.conversation_id,
        hash: &close.hash,
        custom_token: close.custom_token.as_deref(),
    };
    let verdict = match admitted(&shared, &named) {
        Ok(ordinal) => shared.stage.judge(ordinal).await,
        Err(status) => return fault(status),
    };
    if verdict.has_effect() {
        let event = FromBridge::Closed {
            handover_id: named.room.to_owned(),
            reason: close.reason,
        };
        shared.stage.hear(event);
        // Aivo tells every close, also this one.
        if let Some(room) = shared.rooms().get_mut(named.room) {
            room.closed = true;
            let told = Event::close("api", room);
            shared.tell(named.room, room, &told);
        }
    }
    said(verdict, json!({}))
}

impl Queue {
    fn is_as_documented(&self) -> bool {
        let hash = &self.user.hash;
        self.protocol_id == 28
            && self.status == "queued"
            && self.last_sender == "user"
            && !self.groups_id.is_empty()
            && !hash.is_empty()
            && hash.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && (self.user.extra.is_object() || self.user.extra.is_array())
    }
}

/// The number of the room, or why the call is refused.
fn admitted(shared: &Shared, named: &Named<'_>) -> Result<u64, StatusCode> {
    let rooms = shared.rooms();
    let Some(room) = rooms.get(named.room) else {
        return Err(StatusCode::NOT_FOUND);
    };
    let genuine = named.bot_id == shared.bot_id
        && named.hash == room.hash
        && named
            .custom_token
            .is_none_or(|token| token == room.custom_token);
    match (genuine, room.closed) {
        (false, _) => Err(StatusCode::UNAUTHORIZED),
        (true, true) => Err(StatusCode::NOT_FOUND),
        (true, false) => Ok(room.ordinal),
    }
}

/// Puts the user on the board. None: there are too many already.
fn open(shared: &Shared, queue: Queue) -> Option<Value> {
    let Queue {
        groups_id, user, ..
    } = queue;
    let hash = format!("{}_{}", user.hash, shared.bot_token.expose_secret());
    let group = groups_id.first().copied().unwrap_or_default();
    let (id, number, token) = {
        let mut rooms = shared.rooms();
        let id = rooms.new_id();
        let queue = shared.stage.events(&id, rooms.next_ordinal())?;
        let new = NewRoom {
            id: id.clone(),
            hash,
            group,
        };
        let room = rooms.open(new, queue);
        (id, room.ordinal, room.custom_token.clone())
    };
    let (more, shown) = about(user, &groups_id, shared.stage.now());
    let opened = Opened {
        handover: About {
            id: id.clone(),
            more,
        },
        transcript: vec![shown],
    };
    shared.stage.hear(FromBridge::Opened(opened));
    Some(json!({"conversationId": id, "customToken": token, "messageQueueId": number}))
}

/// The user as the page shows it, and the free data as its first line.
fn about(user: User, groups: &[u64], now: Timestamp) -> (Value, Value) {
    let User {
        hash: _,
        firstname,
        lastname,
        email,
        phone,
        extra,
    } = user;
    let extra = flat(extra);
    let fields = [("email", email), ("phone", phone)].into_iter();
    let fields = fields.filter(|(_, text)| !text.is_empty());
    let fields = fields.map(|(name, text)| (name, Value::from(text)));
    let known = fields.chain(
        extra
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    let lines: Vec<_> = known
        .map(|(name, value)| match value {
            Value::String(text) if text.contains('\n') => format!("{name}:\n{text}"),
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        })
        .collect();
    let name = format!("{firstname} {lastname}");
    let id = extra.get("session_id").cloned().unwrap_or_default();
    let more = json!({"bot": extra.get("bot"), "channel": extra.get("channel"), "language": extra.get("language"),
        "session_id": id, "groups": groups, "extra": extra, "user": {"id": id, "first_name": name.trim()}});
    let shown = json!({"actor": "system", "at": now, "content": {"type": "text", "text": lines.join("\n")}});
    (more, shown)
}

/// Either way of writing `extra`.
fn flat(extra: Value) -> Map<String, Value> {
    match extra {
        Value::Object(values) => values,
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(values) => Some(values),
                _ => None,
            })
            .flatten()
            .collect(),
        _ => Map::new(),
    }
}

fn said(verdict: Verdict, answer: Value) -> Response {
    match verdict.status() {
        Some(StatusCode::OK) => Json(answer).into_response(),
        Some(status) => fault(status),
        None => cut(),
    }
}
