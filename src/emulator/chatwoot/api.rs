//! What the bridge calls: the application API below one account, as Chatwoot describes it. Bodies are read strictly: what is
//! not described is 422.

mod contacts;
mod conversations;
mod messages;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ACCOUNT_ID, INBOX_ID, Shared,
    records::{Conversation, Records},
};
use crate::emulator::trial::{Verdict, cut, fault};

/// A note of the longest kind.
const MAX_BODY: usize = 1024 * 1024;

type Answer = Result<Json<Value>, StatusCode>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/inboxes/{id}", get(inbox))
        .merge(contacts::router())
        .merge(conversations::router())
        .merge(messages::router())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), admit));
    Router::new()
        .nest(&format!("/api/v1/accounts/{ACCOUNT_ID}"), api)
        .with_state(shared)
}

/// Of a conversation, or of a message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    status: String,
    external_error: Option<String>,
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

fn find(records: &mut Records, id: u64) -> Result<&mut Conversation, StatusCode> {
    records.conversation(id).ok_or(StatusCode::NOT_FOUND)
}
