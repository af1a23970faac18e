//! Who writes to the inbox. Two contacts never share an identifier, an address or a number.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::emulator::chatwoot::{
    INBOX_ID, Shared,
    records::{Contact, ContactInbox, Numbered, next},
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/contacts", post(new_contact))
        .route("/contacts/search", get(search))
        .route("/contacts/{id}/conversations", get(conversations))
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
struct Search {
    q: String,
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
