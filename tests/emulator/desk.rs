//! The development desk against a stub of the bridge's desk API.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use handover_bridge::{
    clock::SystemClock,
    domain::time::Clock,
    emulator::desk::{self, Desk, Options},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::stub::{client, serve, serve_on};

const KEY: &[u8] = b"a key of the desk's very own";
pub const TOKEN: &str = "token_of_the_desk_0123456789";
const PATIENCE: Duration = Duration::from_mins(1);

/// What the desk has told the bridge.
#[derive(Clone, Debug)]
pub struct Told {
    pub key: String,
    pub body: Value,
}

/// The bridge's side of the desk protocol.
#[derive(Clone)]
pub struct Api {
    told: watch::Sender<Vec<Told>>,
    known: Arc<Mutex<Option<Value>>>,
    /// The next one last. Each says when to come again.
    pub refusals: Arc<Mutex<Vec<StatusCode>>>,
}

pub struct Post {
    api: Api,
    pub root: String,
    http: reqwest::Client,
    desk: Desk,
    shutdown: CancellationToken,
    calls: Mutex<u32>,
}

impl Api {
    pub async fn start(shutdown: &CancellationToken) -> (Self, SocketAddr) {
        let api = Self {
            told: watch::Sender::new(Vec::new()),
            known: Arc::default(),
            refusals: Arc::default(),
        };
        let router = Router::new()
            .route("/api/v1/handovers/{id}", get(find))
            .route("/api/v1/handovers/{id}/events", post(hear))
            .with_state(api.clone());
        let address = serve(router, shutdown).await;
        (api, address)
    }

    /// Waits until the desk has told `count` things of other kinds than typing.
    pub async fn told(&self, count: usize) -> Vec<Told> {
        let spoken = |told: &[Told]| -> Vec<Told> {
            told.iter()
                .filter(|told| told.body["type"] != "typing")
                .cloned()
                .collect()
        };
        let mut told = self.told.subscribe();
        let enough = timeout(PATIENCE, told.wait_for(|told| spoken(told).len() >= count)).await;
        assert!(
            enough.is_ok(),
            "the desk told only {:?}",
            self.told.borrow()
        );
        spoken(&self.told.borrow())
    }
}

impl Post {
    pub async fn new() -> Self {
        let shutdown = CancellationToken::new();
        let (api, bridge) = Api::start(&shutdown).await;
        let desk = desk::build(Options {
            bridge_url: format!("http://{bridge}").parse().unwrap(),
            secret: secret().into(),
            token: TOKEN.into(),
            chat_url: None,
            clock: Arc::new(SystemClock),
        })
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        serve_on(listener, desk.router(), &shutdown);
        Self {
            api,
            root,
            http: client(),
            desk,
            shutdown,
            calls: Mutex::new(0),
        }
    }

    /// A signed call of the bridge, with an id of its own.
    pub async fn call(&self, kind: &str, data: Value) -> reqwest::Response {
        let id = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            format!("msg_{calls}")
        };
        let body = json!({"type": kind, "timestamp": "2026-01-01T00:00:00.000Z", "data": data})
            .to_string();
        self.signed(&id, &body).send().await.unwrap()
    }

    pub async fn open(&self) {
        let transcript = json!([
            {"id": "m1", "seq": 1, "actor": "bot", "at": "2026-01-01T10:00:00.000Z", "content": {"type": "text", "text": "Hi, I am the demo bot", "quick_replies": [{"title": "Show a list", "payload": "x"}]}},
            {"id": "m2", "seq": 2, "actor": "user", "at": "2026-01-01T10:00:05.000Z", "content": {"type": "postback", "title": "Show a list", "payload": "x"}},
            {"id": "m3", "seq": 3, "actor": "bot", "at": "2026-01-01T10:00:06.000Z", "content": {"type": "list", "items": [{"title": "City Loop 7", "subtitle": "Seven gears"}, {"title": "Cargo Barge"}]}},
            {"id": "m4", "seq": 4, "actor": "user", "at": "2026-01-01T10:00:09.000Z", "content": {"type": "location", "latitude": 53.34399, "longitude": -6.26719}},
            {"id": "m5", "seq": 5, "actor": "user", "at": "2026-01-01T10:00:12.000Z", "content": {"type": "text", "text": "agent"}},
        ]);
        let handover = json!({"id": "h1", "bot": "demo", "version": "DRAFT", "session_id": "s", "channel": "web", "language": "en", "payload": {"department": "sales"}, "user": {"id": "s", "first_name": "Aoife"}});
        let answer = self
            .call(
                "handover.opened",
                json!({"handover": handover, "transcript_total": 5, "transcript": transcript}),
            )
            .await;
        assert_eq!(answer.status(), 200);
    }

    pub async fn user_says(&self, seq: u32, text: &str) -> StatusCode {
        let message = json!({"id": format!("m{seq}"), "seq": seq, "actor": "user", "at": "2026-01-01T10:01:00.000Z", "content": {"type": "text", "text": text}});
        self.call(
            "message.created",
            json!({"handover_id": "h1", "message": message}),
        )
        .await
        .status()
    }

    pub async fn told(&self, count: usize) -> Vec<Told> {
        self.api.told(count).await
    }

    async fn act(&self, done: &Value) -> StatusCode {
        let url = format!("{}/desk/handovers/h1/events", self.root);
        self.http
            .post(url)
            .json(done)
            .send()
            .await
            .unwrap()
            .status()
    }

    /// The first handover that the live stream tells.
    async fn first(&self) -> Value {
        let mut stream = self
            .http
            .get(format!("{}/desk/events", self.root))
            .send()
            .await
            .unwrap();
        let mut text = String::new();
        while !text.contains("\n\n") {
            let chunk = timeout(PATIENCE, stream.chunk()).await.unwrap();
            text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
        }
        let data = text
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        serde_json::from_str(data).unwrap()
    }

    fn signed(&self, id: &str, body: &str) -> reqwest::RequestBuilder {
        signed(self.http.post(format!("{}/hook", self.root)), id, body)
    }
}

/// Signs a call as the bridge does.
pub fn signed(call: reqwest::RequestBuilder, id: &str, body: &str) -> reqwest::RequestBuilder {
    let timestamp = (SystemClock.now().as_millis() / 1000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    call.header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", format!("v1,{signature}"))
        .body(body.to_owned())
}

pub fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(KEY))
}

impl Drop for Post {
    fn drop(&mut self) {
        self.desk.close();
        self.shutdown.cancel();
    }
}

#[tokio::test]
async fn a_call_without_the_right_signature_is_refused() {
    let post = Post::new().await;
    let body = r#"{"type": "ping", "timestamp": "2026-01-01T00:00:00.000Z", "data": {}}"#;
    let unsigned = post
        .http
        .post(format!("{}/hook", post.root))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(unsigned.status(), 401);
    let other = post
        .signed("m", body)
        .body(body.replace("ping", "pong"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 401);
    assert_eq!(post.signed("m", body).send().await.unwrap().status(), 200);
    assert_eq!(post.signed("m2", "{").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_handover_arrives_whole_and_grows_once_per_message() {
    let post = Post::new().await;
    post.open().await;
    for _ in 0..2 {
        assert_eq!(post.user_says(6, "are you there?").await, 200);
    }
    let handover = post.first().await;
    assert_eq!(handover["state"], "waiting");
    assert_eq!(handover["about"]["payload"]["department"], "sales");
    assert_eq!(handover["messages"].as_array().unwrap().len(), 6);
    let closed = post
        .call(
            "handover.closed",
            json!({"handover_id": "h1", "reason": "idle"}),
        )
        .await;
    assert_eq!(closed.status(), 200);
    let url = format!("{}/desk/handovers", post.root);
    let all: Value = post
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let handover = &all[0];
    assert_eq!(
        (&handover["state"], &handover["ended"]),
        (&json!("closed"), &json!("idle"))
    );
}

#[tokio::test]
async fn what_the_agent_does_reaches_the_bridge_with_token_and_key_even_through_trouble() {
    let post = Post::new().await;
    post.open().await;
    *post.api.refusals.lock().unwrap() = vec![
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    let hello = json!({"type": "message", "content": {"type": "text", "text": "Hello"}});
    assert_eq!(post.act(&hello).await, 202);
    let told = post.told(4).await;
    assert_eq!(told[0].body, hello);
    assert!(
        told.iter().all(|other| other.key == told[0].key),
        "tried again under the same key"
    );
    assert_eq!(post.act(&hello).await, 202);
    assert_ne!(
        post.told(5).await[4].key,
        told[0].key,
        "said again under another"
    );
    let failed = json!({"handover_id": "h1", "message_id": "stored-1", "reason": "too long"});
    post.call("message.failed", failed).await;
    let handover = post.first().await;
    assert_eq!(handover["state"], "attended");
    assert_eq!(handover["messages"][5]["failed"], "too long");
}

#[tokio::test]
async fn the_agent_is_told_when_the_handover_is_closed_already() {
    let post = Post::new().await;
    post.open().await;
    post.api.refusals.lock().unwrap().push(StatusCode::CONFLICT);
    assert_eq!(
        post.act(&json!({"type": "closed", "reason": "solved"}))
            .await,
        409
    );
    assert_eq!(post.first().await["state"], "waiting");
}

#[tokio::test]
async fn a_desk_that_was_started_anew_asks_the_bridge_for_what_it_forgot() {
    let post = Post::new().await;
    assert_eq!(
        post.user_says(2, "are you there?").await,
        200,
        "nobody knows it: nothing to keep"
    );
    let found = json!({"handover": {"id": "h1", "bot": "demo"}, "state": "attended", "transcript": [
        {"id": "m1", "seq": 1, "actor": "user", "at": "2026-01-01T10:00:00.000Z", "content": {"type": "text", "text": "agent"}},
    ]});
    *post.api.known.lock().unwrap() = Some(found);
    assert_eq!(post.user_says(3, "still there?").await, 200);
    let handover = post.first().await;
    assert_eq!(handover["state"], "attended");
    let seqs: Vec<_> = handover["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["seq"])
        .collect();
    assert_eq!(seqs, [1, 3]);
}

#[tokio::test]
async fn a_desk_that_is_away_refuses_the_handover() {
    let post = Post::new().await;
    let away = post
        .http
        .put(format!("{}/desk/away", post.root))
        .json(&json!({"away": true}));
    assert_eq!(away.send().await.unwrap().status(), 204);
    let data = json!({"handover": {"id": "h1"}, "transcript": []});
    let answer = post.call("handover.opened", data).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["accepted"], false);
}

async fn hear(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert_eq!(id, "h1");
    if headers["authorization"] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let mut count = 0;
    api.told.send_modify(|told| {
        told.push(Told { key, body });
        count = told.len();
    });
    match api.refusals.lock().unwrap().pop() {
        Some(status) => (status, [("retry-after", "2")]).into_response(),
        None => (StatusCode::ACCEPTED, Json(json!({"id": "stored-1"}))).into_response(),
    }
}

async fn find(State(api): State<Api>) -> Response {
    match api.known.lock().unwrap().clone() {
        Some(found) => Json(found).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
