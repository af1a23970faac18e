//! What the bridge calls: the application API below one account, as Chatwoot describes it. Bodies are read strictly: what is
//! not described is 422.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, patch, post},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ACCOUNT_ID, INBOX_ID, Shared,
    records::{
        Contact, ContactInbox, Conversation, INCOMING, Message, Numbered, OPEN, OUTGOING, RESOLVED,
        Records, SENT, next,
    },
    told::seconds,
};
use crate::emulator::{
    desk::event::{About, FromBridge, Opened},
    trial::{Verdict, cut, fault},
};

/// A note of the longest kind.
const MAX_BODY: usize = 1024 * 1024;
/// As many messages are listed at once.
const PAGE: usize = 20;

type Answer = Result<Json<Value>, StatusCode>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/inboxes/{id}", get(inbox))
        .route("/contacts", post(new_contact))
        .route("/contacts/search", get(search))
        .route("/contacts/{id}/conversations", get(conversations))
        .route("/conversations", post(new_conversation))
        .route(
            "/conversations/{id}/custom_attributes",
            post(set_attributes),
        )
        .route("/conversations/{id}/toggle_status", post(set_status))
        .route(
            "/conversations/{id}/messages",
            get(messages).post(new_message),
        )
        .route(
            "/conversations/{id}/messages/{message}",
            patch(set_message_status),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), admit));
    Router::new()
        .nest(&format!("/api/v1/accounts/{ACCOUNT_ID}"), api)
        .with_state(shared)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContact {
    inbox_id: u64,
    identifier: String,
    name: String,
    email: Option<String>,
    phone_number: Option<String>,
    #[serde(default)]
    custom_attributes: Value,
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
struct NewMessage {
    content: String,
    message_type: String,
    private: bool,
    content_attributes: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    status: String,
    external_error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    custom_attributes: Value,
}

#[derive(Deserialize)]
struct Search {
    q: String,
}

#[derive(Deserialize)]
struct Before {
    before: Option<u64>,
}

/// The token first; then what goes wrong, of the calls that change something.
async fn admit(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let token = request.headers().get("api_access_token");
    if token.is_none_or(|token| token != shared.api_access_token.expose_secret()) {
        return fault(StatusCode::UNAUTHORIZED);
    }
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    let verdict = shared.stage.judge(spoken_of(request.uri().path())).await;
    let answer = if verdict.has_effect() {
        next.run(request).await
    } else {
        ().into_response()
    };
    match verdict {
        Verdict::Go => answer,
        Verdict::Answer(status) => fault(status),
        Verdict::CutBefore | Verdict::CutAfter => cut(),
    }
}

/// The number of the conversation; nought where there is none yet.
fn spoken_of(path: &str) -> u64 {
    let after = path.split_once("/conversations/").map(|(_, after)| after);
    let number = after.and_then(|after| after.split('/').next()?.parse().ok());
    number.unwrap_or_default()
}

async fn inbox(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Answer {
    if id != INBOX_ID {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(Json(json!({
        "id": id, "name": "Bridge", "channel_type": "Channel::Api", "webhook_url": shared.hook_url,
        "lock_to_single_conversation": false,
    })))
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Query(Search { q }): Query<Search>,
) -> Json<Value> {
    let records = shared.records();
    let has = |contact: &&Contact| {
        let mut texts = contact
            .unique()
            .into_iter()
            .flatten()
            .chain([&*contact.name]);
        texts.any(|text| text.contains(&q))
    };
    let found: Vec<_> = records.contacts.iter().filter(has).collect();
    Json(json!({ "payload": found }))
}

async fn new_contact(State(shared): State<Arc<Shared>>, Json(new): Json<NewContact>) -> Answer {
    let mut records = shared.records();
    let id = next(&records.contacts);
    let reached_by = ContactInbox {
        source_id: format!("source-{id}"),
        inbox: Numbered { id: INBOX_ID },
    };
    let contact = Contact {
        id,
        identifier: new.identifier,
        name: new.name,
        email: new.email,
        phone_number: new.phone_number,
        blocked: false,
        custom_attributes: new.custom_attributes,
        reached_by: [reached_by.clone()],
    };
    let is_same = |other: &Contact| {
        let mut pairs = contact.unique().into_iter().zip(other.unique());
        pairs.any(|(new, old)| new.is_some() && new == old)
    };
    if new.inbox_id != INBOX_ID || records.contacts.iter().any(is_same) {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = json!({"payload": {"contact": contact, "contact_inbox": reached_by}});
    records.contacts.push(contact);
    Ok(Json(answer))
}

async fn conversations(State(shared): State<Arc<Shared>>, Path(contact): Path<u64>) -> Answer {
    let records = shared.records();
    records.contact(contact).ok_or(StatusCode::NOT_FOUND)?;
    let all = records.conversations.iter();
    let theirs: Vec<_> = all.filter(|one| one.contact == contact).collect();
    Ok(Json(json!({ "payload": theirs })))
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

async fn messages(
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

fn find(records: &mut Records, id: u64) -> Result<&mut Conversation, StatusCode> {
    records.conversation(id).ok_or(StatusCode::NOT_FOUND)
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
