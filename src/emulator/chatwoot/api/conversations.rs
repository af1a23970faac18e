//! How a conversation begins, and what it is made to be.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Status, find};
use crate::emulator::{
    chatwoot::{
        INBOX_ID, Shared,
        records::{Contact, Conversation, OPEN, RESOLVED, next},
    },
    desk::event::{About, FromBridge, Opened},
};

pub(super) fn router() -> Router<Arc<Shared>> {
    let conversation = "/conversations/{id}";
    Router::new()
        .route("/conversations", post(new_conversation))
        .route(
            &format!("{conversation}/custom_attributes"),
            post(set_attributes),
        )
        .route(&format!("{conversation}/toggle_status"), post(set_status))
        .route(
            &format!("{conversation}/toggle_priority"),
            post(set_priority),
        )
        .route(&format!("{conversation}/labels"), post(set_labels))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewConversation {
    source_id: String,
    inbox_id: u64,
    contact_id: u64,
    status: String,
    #[serde(rename = "team_id")]
    _team_id: Option<u64>,
    #[serde(rename = "assignee_id")]
    _assignee_id: Option<u64>,
    custom_attributes: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    custom_attributes: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Priority {
    priority: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    labels: Vec<String>,
}

/// While new handovers are refused, everybody is blocked: as Chatwoot does then, the conversation begins resolved.
async fn new_conversation(
    State(shared): State<Arc<Shared>>,
    Json(new): Json<NewConversation>,
) -> Answer {
    let is_away = shared.stage.board().refusal().is_some();
    let (shown, handover) = {
        let mut records = shared.records();
        let id = next(&records.conversations);
        let contact = records
            .contact(new.contact_id)
            .ok_or(StatusCode::NOT_FOUND)?;
        let [reached_by] = &contact.reached_by;
        if new.inbox_id != INBOX_ID || reached_by.source_id != new.source_id {
            return Err(StatusCode::UNPROCESSABLE_ENTITY);
        }
        let handover = about(id, contact, &new.custom_attributes);
        let events = shared.stage.events(&id.to_string(), id);
        let conversation = Conversation {
            id,
            inbox_id: INBOX_ID,
            status: if is_away {
                RESOLVED.to_owned()
            } else {
                new.status
            },
            custom_attributes: new.custom_attributes,
            priority: None,
            labels: Vec::new(),
            contact: new.contact_id,
            assignee: None,
            team: None,
            messages: Vec::new(),
            events: events.ok_or(StatusCode::SERVICE_UNAVAILABLE)?,
        };
        let shown = json!(conversation);
        records.conversations.push(conversation);
        (shown, handover)
    };
    if !is_away {
        let transcript = Vec::new();
        shared.stage.hear(FromBridge::Opened(Opened {
            handover,
            transcript,
        }));
    }
    Ok(Json(shown))
}

async fn set_attributes(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(new): Json<Attributes>,
) -> Answer {
    let mut records = shared.records();
    let conversation = find(&mut records, id)?;
    conversation.custom_attributes = new.custom_attributes;
    Ok(Json(
        json!({"custom_attributes": conversation.custom_attributes}),
    ))
}

async fn set_priority(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(Priority { priority }): Json<Priority>,
) -> Answer {
    if !["urgent", "high", "medium", "low", "none"].contains(&priority.as_str()) {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut records = shared.records();
    find(&mut records, id)?.priority = Some(priority).filter(|priority| priority != "none");
    Ok(Json(json!({})))
}

async fn set_labels(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(Labels { labels }): Json<Labels>,
) -> Answer {
    let mut records = shared.records();
    find(&mut records, id)?.labels.clone_from(&labels);
    Ok(Json(json!({"payload": labels})))
}

async fn set_status(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(Status { status, .. }): Json<Status>,
) -> Answer {
    if ![OPEN, RESOLVED, "pending", "snoozed"].contains(&status.as_str()) {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let is_over = status == RESOLVED;
    {
        let mut records = shared.records();
        let conversation = find(&mut records, id)?;
        let before = std::mem::replace(&mut conversation.status, status);
        if before != conversation.status {
            conversation.tell_status(&before, shared.stage.now());
        }
    }
    if is_over {
        let (handover_id, reason) = (id.to_string(), RESOLVED.to_owned());
        shared.stage.hear(FromBridge::Closed {
            handover_id,
            reason,
        });
    }
    Ok(Json(
        json!({"payload": {"success": true, "conversation_id": id}}),
    ))
}

/// The user as the page shows it.
fn about(id: u64, contact: &Contact, attributes: &Value) -> About {
    let told = |name| attributes.get(name);
    let more = json!({
        "bot": told("bot"),
        "version": told("version"),
        "channel": told("channel"),
        "language": told("language"),
        "user": {"id": contact.identifier, "first_name": contact.name},
        "contact": contact,
    });
    let id = id.to_string();
    About { id, more }
}
