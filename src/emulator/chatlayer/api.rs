//! The API that the bridge calls back: conversation actions, what is known of a conversation, the list of bots, and the
//! legacy `webview` call.
//!
//! Paths and bodies follow Chatlayer's public examples. Three things are guesses, because no public document tells
//! them: the answers' bodies, the status codes of errors, and `pauseBot`, `unpauseBot`, `sessionData` and
//! `nextDialogstateId` beside `sendMessages`.

mod known;

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
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::emulator::{
    bot_message::{BotMessage, Template},
    hub::{Hub, SIMULATED},
    order::{Order, perform},
    trial::fault,
};

/// Where the older calls are.
const LEGACY: &str = "/api/";

pub(super) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/v1/bots", get(bots))
        .route(
            "/v1/bots/{bot}/conversations/{session}/actions",
            post(actions),
        )
        .route("/api/webview", post(webview))
        .merge(known::router())
        .route_layer(middleware::from_fn_with_state(Arc::clone(&hub), authorize))
        .with_state(hub)
}

#[derive(Deserialize)]
struct VersionQuery {
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Actions {
    send_messages: Vec<Template>,
    pause_bot: bool,
    unpause_bot: bool,
    session_data: Map<String, Value>,
    next_dialogstate_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webview {
    bot_id: String,
    sender_id: String,
    session: Option<LegacySession>,
    action: Option<LegacyAction>,
    #[serde(default)]
    messages: Vec<LegacyMessage>,
}

#[derive(Debug, Deserialize)]
struct LegacySession {
    namespace: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct LegacyAction {
    #[serde(rename = "nextDialogstate")]
    next: String,
}

#[derive(Debug, Deserialize)]
struct LegacyMessage {
    #[serde(rename = "type")]
    kind: String,
    config: Value,
}

/// A bearer token, or, for the legacy calls alone, `access_token` in the query: today's keep it out of addresses.
async fn authorize(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let right = if uri.path().starts_with(LEGACY) {
        let query = uri.query().unwrap_or_default().as_bytes();
        let shown = form_urlencoded::parse(query).find(|(name, _)| name == "access_token");
        shown.is_some_and(|(_, token)| hub.is_access_token(&token))
    } else {
        bearer(request.headers()).is_some_and(|token| hub.is_access_token(token))
    };
    if right {
        next.run(request).await
    } else {
        fault(StatusCode::UNAUTHORIZED)
    }
}

async fn bots(State(hub): State<Arc<Hub>>) -> Response {
    Json(json!([{"id": hub.bot_id, "name": "Demo bot"}])).into_response()
}

async fn actions(
    State(hub): State<Arc<Hub>>,
    Path((bot, session)): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
    body: Bytes,
) -> Response {
    let simulated = session.starts_with(SIMULATED);
    if !simulated && (bot != hub.bot_id || version != hub.version()) {
        return fault(StatusCode::NOT_FOUND);
    }
    let order = match serde_json::from_slice::<Actions>(&body) {
        Ok(_) if simulated => return Json(json!({})).into_response(),
        Ok(actions) if !actions.is_empty() => actions.into_order(session, &body),
        _ => return fault(StatusCode::BAD_REQUEST),
    };
    perform(&hub, order).await
}

async fn webview(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let Ok(call) = serde_json::from_slice::<Webview>(&body) else {
        return fault(StatusCode::BAD_REQUEST);
    };
    if call.bot_id != hub.bot_id {
        return fault(StatusCode::NOT_FOUND);
    }
    match call.into_order(&body) {
        Some(order) => perform(&hub, order).await,
        None => fault(StatusCode::BAD_REQUEST),
    }
}

impl Actions {
    fn is_empty(&self) -> bool {
        self.send_messages.is_empty()
            && !self.pause_bot
            && !self.unpause_bot
            && self.session_data.is_empty()
    }

    fn into_order(self, session: String, body: &Bytes) -> Order {
        let mut what = Vec::new();
        if !self.send_messages.is_empty() {
            what.push("sendMessages");
        }
        if self.pause_bot {
            what.push("pauseBot");
        }
        if self.unpause_bot {
            what.push("unpauseBot");
        }
        if !self.session_data.is_empty() {
            what.push("sessionData");
        }
        Order {
            what: format!("actions ({})", what.join(", ")),
            body: String::from_utf8_lossy(body).into_owned(),
            session,
            messages: self
                .send_messages
                .into_iter()
                .flat_map(Template::into_messages)
                .collect(),
            data: self.session_data,
            pause: self.pause_bot,
            resume: self.unpause_bot,
            dialog: self.next_dialogstate_id.filter(|_| self.unpause_bot),
            ..Order::default()
        }
    }
}

impl Webview {
    /// Nothing if there is nothing in it, or a message that cannot be read.
    fn into_order(self, body: &Bytes) -> Option<Order> {
        if self.session.is_none() && self.action.is_none() && self.messages.is_empty() {
            return None;
        }
        let messages: Option<Vec<Vec<BotMessage>>> =
            self.messages.into_iter().map(LegacyMessage::read).collect();
        let data = self
            .session
            .map(LegacySession::into_data)
            .unwrap_or_default();
        Some(Order {
            what: "webview".to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
            session: self.sender_id,
            messages: messages?.into_iter().flatten().collect(),
            data,
            pause: false,
            resume: self.action.is_some(),
            dialog: self.action.map(|action| action.next),
            ..Order::default()
        })
    }
}

impl LegacySession {
    fn into_data(self) -> Map<String, Value> {
        match self.namespace {
            Some(namespace) => Map::from_iter([(namespace, Value::Object(self.data))]),
            None => self.data,
        }
    }
}

impl LegacyMessage {
    /// Of the legacy message objects only the text is played; its `config` is that of today's text template.
    fn read(self) -> Option<Vec<BotMessage>> {
        if self.kind != "text" {
            return None;
        }
        let template = json!({"textMessageTemplate": self.config});
        let template: Template = serde_json::from_value(template).ok()?;
        Some(template.into_messages())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}
