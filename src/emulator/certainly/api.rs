//! The API that the bridge calls back: listening and speaking, the takeover, and the two calls below `/actionsvc/`.
//!
//! Paths, bodies, the answers of `trigger-message` and the credentials of both calls below `/actionsvc/` are documented.
//! What the calls below `/webbot/` want to see, and what they answer, is not: any of the ways that the bridge has is taken
//! here, and the answer is `{}`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::emulator::{
    bot_message::BotMessage,
    hub::{Hub, SIMULATED, is_same},
    order::{Order, perform},
    trial::fault,
};

/// Whoever wants to come in has to show one of two tokens.
#[derive(Clone)]
struct Gate {
    hub: Arc<Hub>,
    /// Of the calls below `/actionsvc/`.
    api_token: SecretString,
}

#[derive(Deserialize)]
struct AgentMessage {
    message: String,
}

#[derive(Deserialize)]
struct TriggerMessage {
    text_message: String,
    user_id: String,
}

#[derive(Deserialize)]
struct TriggerResponse {
    user_id: String,
    #[serde(default)]
    module_id: Value,
    #[serde(default)]
    custom_vars: Map<String, Value>,
}

#[derive(Deserialize)]
struct Takeover {
    #[serde(rename = "ClaimEnd")]
    claim_end: Option<String>,
}

const TRIGGER_MESSAGE: &str = "/actionsvc/trigger-message/";
const TRIGGER_RESPONSE: &str = "/actionsvc/trigger-response/";

pub(super) fn router(hub: Arc<Hub>, api_token: SecretString) -> Router {
    let webchat = "/webbot/api/webchat/{deployment}";
    let gate = Gate {
        hub: Arc::clone(&hub),
        api_token,
    };
    let guarded = Router::new()
        .route(
            &format!("{webchat}/handover/{{user}}/"),
            get(listen).post(speak),
        )
        .route(&format!("{webchat}/takeover/{{user}}/"), get(take_over))
        .route(TRIGGER_MESSAGE, post(trigger_message))
        .route(TRIGGER_RESPONSE, post(trigger_response))
        .route_layer(middleware::from_fn_with_state(gate, authorize));
    Router::new()
        .route(&format!("{webchat}/config/"), get(config))
        .merge(guarded)
        .with_state(hub)
}

async fn authorize(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    let right = if uri.path() == TRIGGER_MESSAGE {
        basic(headers).is_some_and(|token| is_same(&gate.api_token, &token))
    } else if uri.path() == TRIGGER_RESPONSE {
        scheme(headers, "JWT").is_some_and(|token| is_same(&gate.api_token, token))
    } else {
        let query = uri.query().unwrap_or_default().as_bytes();
        let in_query = form_urlencoded::parse(query).find(|(name, _)| name == "access_token");
        let bearer = scheme(headers, "Bearer").map(str::to_owned);
        let shown = [
            bearer,
            basic(headers),
            in_query.map(|(_, token)| token.into_owned()),
        ];
        let mut shown = shown.into_iter().flatten();
        shown.any(|token| gate.hub.is_access_token(&token))
    };
    if right {
        next.run(request).await
    } else {
        fault(StatusCode::UNAUTHORIZED)
    }
}

/// How the widget looks. Whoever asks is told.
async fn config(State(hub): State<Arc<Hub>>, Path(deployment): Path<String>) -> Response {
    if deployment != hub.bot_id {
        return fault(StatusCode::NOT_FOUND);
    }
    Json(json!({"styles": {}, "persistent_menu": []})).into_response()
}

async fn listen(
    State(hub): State<Arc<Hub>>,
    Path((deployment, user)): Path<(String, String)>,
) -> Response {
    let order = Order {
        what: "handover: listen".to_owned(),
        pause: true,
        ..Order::default()
    };
    in_chat(&hub, deployment, user, order).await
}

async fn speak(
    State(hub): State<Arc<Hub>>,
    Path((deployment, user)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let Ok(AgentMessage { message }) = serde_json::from_slice(&body) else {
        return fault(StatusCode::BAD_REQUEST);
    };
    let order = Order {
        what: "handover: message".to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        messages: vec![BotMessage::text(message)],
        ..Order::default()
    };
    in_chat(&hub, deployment, user, order).await
}

async fn take_over(
    State(hub): State<Arc<Hub>>,
    Path((deployment, user)): Path<(String, String)>,
    Query(Takeover { claim_end }): Query<Takeover>,
) -> Response {
    let claim_end = claim_end.map(|value| ("ClaimEnd".to_owned(), Value::from(value)));
    let order = Order {
        what: "takeover".to_owned(),
        data: claim_end.into_iter().collect(),
        resume: true,
        ..Order::default()
    };
    in_chat(&hub, deployment, user, order).await
}

async fn trigger_message(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let Ok(call) = serde_json::from_slice::<TriggerMessage>(&body) else {
        return fault(StatusCode::BAD_REQUEST);
    };
    let order = Order {
        what: "trigger-message".to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        session: call.user_id,
        messages: vec![BotMessage::text(call.text_message)],
        ..Order::default()
    };
    act(&hub, order).await
}

async fn trigger_response(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let Ok(call) = serde_json::from_slice::<TriggerResponse>(&body) else {
        return fault(StatusCode::BAD_REQUEST);
    };
    let order = Order {
        what: "trigger-response".to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        session: call.user_id,
        data: call.custom_vars,
        dialog: match call.module_id {
            Value::Null => None,
            Value::String(module) => Some(module),
            module => Some(module.to_string()),
        },
        ..Order::default()
    };
    act(&hub, order).await
}

async fn in_chat(hub: &Hub, deployment: String, user: String, order: Order) -> Response {
    if user.starts_with(SIMULATED) {
        return Json(json!({})).into_response();
    }
    if deployment != hub.bot_id {
        return fault(StatusCode::NOT_FOUND);
    }
    let order = Order {
        session: user,
        ..order
    };
    perform(hub, order).await
}

async fn act(hub: &Hub, order: Order) -> Response {
    if order.session.starts_with(SIMULATED) {
        return Json(taken()).into_response();
    }
    if hub.with(&order.session, |_| ()).is_none() {
        let told = json!({"error": "Bot user with this id does not exist", "message": null});
        return (StatusCode::BAD_REQUEST, Json(told)).into_response();
    }
    let answer = taken();
    perform(hub, Order { answer, ..order }).await
}

/// The documented answer to both calls.
fn taken() -> Map<String, Value> {
    let fields = [("message", json!("1")), ("error", json!([]))];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The token in the documented pair: the user "user", and a password that begins with the word "bearer".
fn basic(headers: &HeaderMap) -> Option<String> {
    let pair = BASE64_STANDARD.decode(scheme(headers, "Basic")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    Some(pair.strip_prefix("user:bearer ")?.to_owned())
}

fn scheme<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, shown) = value.split_once(' ')?;
    (scheme == name).then_some(shown)
}
