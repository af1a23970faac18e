//! What is said in a conversation, by the user and to the agents alone.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, patch},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Status, find};
use crate::emulator::{
    chatwoot::{
        Shared,
        records::{INCOMING, Message, OUTGOING, SENT},
        told::seconds,
    },
    desk::event::FromBridge,
};

/// As many messages are listed at once.
const PAGE: usize = 20;

pub(super) fn router() -> Router<Arc<Shared>> {
    let messages = "/conversations/{id}/messages";
    Router::new()
        .route(messages, get(list).post(new_message))
        .route(
            &format!("{messages}/{{message}}"),
            patch(set_message_status),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    content: String,
    message_type: String,
    private: bool,
    content_attributes: Value,
}

#[derive(Deserialize)]
struct Before {
    before: Option<u64>,
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Query(Before { before }): Query<Before>,
) -> Answer {
    let mut records = shared.records();
    let all = &find(&mut records, id)?.messages;
    let is_before = |one: &&Message| before.is_none_or(|before| one.id < before);
    let mut page: Vec<_> = all.iter().rev().filter(is_before).take(PAGE).collect();
    page.reverse();
    Ok(Json(json!({ "payload": page })))
}

async fn new_message(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(new): Json<NewMessage>,
) -> Answer {
    let (kind, actor) = match (new.message_type.as_str(), new.private) {
        ("incoming", false) => (INCOMING, "user"),
        ("outgoing", true) => (OUTGOING, "system"),
        _ => return Err(StatusCode::UNPROCESSABLE_ENTITY),
    };
    let now = shared.stage.now();
    let message = {
        let mut records = shared.records();
        let number = records.messages.saturating_add(1);
        let conversation = find(&mut records, id)?;
        let message = Message {
            id: number,
            content: Some(new.content),
            kind,
            private: new.private,
            content_attributes: new.content_attributes,
            created_at: seconds(now),
            status: SENT.to_owned(),
            sender: None,
            attachments: Vec::new(),
        };
        conversation.tell_message(&message);
        conversation.messages.push(message.clone());
        records.messages = number;
        message
    };
    let content = json!({"type": "text", "text": message.content});
    shared.stage.hear(FromBridge::MessageCreated {
        handover_id: id.to_string(),
        message: json!({"id": message.id, "actor": actor, "at": now, "content": content}),
    });
    Ok(Json(json!(message)))
}

async fn set_message_status(
    State(shared): State<Arc<Shared>>,
    Path((id, message)): Path<(u64, u64)>,
    Json(Status {
        status,
        external_error,
    }): Json<Status>,
) -> Answer {
    {
        let mut records = shared.records();
        let mut messages = find(&mut records, id)?.messages.iter_mut();
        let found = messages.find(|one| one.id == message);
        found
            .ok_or(StatusCode::NOT_FOUND)?
            .status
            .clone_from(&status);
    }
    if status == "failed" {
        shared.stage.hear(FromBridge::MessageFailed {
            handover_id: id.to_string(),
            message_id: message.to_string(),
            reason: external_error.unwrap_or_default(),
        });
    }
    Ok(Json(json!({"id": message, "status": status})))
}
