//! A bridge that only listens: it keeps what it is told and answers as it is bid. And a running emulator beside it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use handover_bridge::{
    clock::SystemClock,
    emulator::{self, ChatUser, Handle, Line, Options, Platform, Version},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

pub const VERIFY_TOKEN: &str = "verify me/+&";
pub const ACCESS_TOKEN: &str = "id:secret";
const PATIENCE: Duration = Duration::from_mins(1);

/// A call that reached the hook.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: Method,
    pub verify_token: Option<String>,
    pub body: Value,
}

/// The stub's ears, and what it answers to an offload.
#[derive(Clone)]
pub struct Bridge {
    heard: watch::Sender<Vec<Heard>>,
    offload: Arc<Mutex<Value>>,
}

/// Everything that a test needs; dropping it ends the servers.
pub struct World {
    pub bridge: Bridge,
    pub user: Handle,
    pub root: String,
    pub http: reqwest::Client,
    shutdown: CancellationToken,
}

impl Heard {
    pub fn event(&self) -> &str {
        self.body["event"].as_str().unwrap_or_default()
    }

    /// `user: text`, `bot`, … of every item of a `messages` event.
    pub fn texts(&self) -> Vec<String> {
        let items = self.body["messages"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |item: &Value| item["message"]["text"].as_str().map(str::to_owned);
        items.iter().filter_map(text).collect()
    }
}

impl Bridge {
    pub fn new() -> Self {
        Self {
            heard: watch::Sender::new(Vec::new()),
            offload: Arc::new(Mutex::new(
                json!({"offloadSuccess": true, "pauseBot": true}),
            )),
        }
    }

    pub fn answer_offloads(&self, answer: Value) {
        *self.offload.lock().unwrap() = answer;
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Waits until what was heard is as wanted, and answers it.
    pub async fn until(&self, wanted: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let mut heard = self.heard.subscribe();
        let found = timeout(PATIENCE, heard.wait_for(|heard| wanted(heard))).await;
        match found {
            Ok(Ok(heard)) => heard.clone(),
            _ => panic!("never heard it: {:#?}", self.heard()),
        }
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/hooks/chatlayer/demo/key", any(hear))
            .with_state(self.clone())
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with_bridge(Bridge::new()).await
    }

    pub async fn with_bridge(bridge: Bridge) -> Self {
        let shutdown = CancellationToken::new();
        let hook = serve(bridge.router(), &shutdown).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let emulator = emulator::build(Options {
            bot_id: "b1".to_owned(),
            platform: Platform::Chatlayer {
                version: Version::Draft,
                hook_url: format!("http://{hook}/hooks/chatlayer/demo/key")
                    .parse()
                    .unwrap(),
                verify_token: VERIFY_TOKEN.into(),
            },
            access_token: ACCESS_TOKEN.into(),
            public_url: root.parse().unwrap(),
            desk_url: None,
            console_url: None,
            clock: Arc::new(SystemClock),
            seed: 7,
        })
        .unwrap();
        serve_on(listener, emulator.router(), &shutdown);
        let user = emulator.handle();
        tokio::spawn(emulator.run(shutdown.clone()));
        Self {
            bridge,
            user,
            root,
            http: client(),
            shutdown,
        }
    }

    /// A conversation past its welcome, of which the bridge has heard.
    pub async fn talk(&self) -> String {
        let session = self.user.open(ChatUser::default()).unwrap();
        self.bridge.until(|heard| heard.len() >= 2).await;
        session
    }

    /// A conversation with a paused bot.
    pub async fn handed_over(&self) -> String {
        let session = self.talk().await;
        self.user.write(&session, "agent").unwrap();
        self.shows(
            &session,
            |line| matches!(line, Line::Bot { note, .. } if note.contains("paused")),
        )
        .await;
        session
    }

    pub async fn shows(&self, session: &str, wanted: impl Fn(&Line) -> bool) {
        let waits = self.user.until(session, |lines| lines.iter().any(&wanted));
        let shown = timeout(PATIENCE, waits).await;
        assert_eq!(
            shown,
            Ok(true),
            "the page shows {:#?}",
            self.user.lines(session)
        );
    }

    /// Waits until the page says this of the bot.
    pub async fn shows_bot_note(&self, session: &str, wanted: &str) {
        let says = |line: &Line| matches!(line, Line::Bot { note, .. } if *note == wanted);
        self.shows(session, says).await;
    }

    /// Calls the actions API as the bridge would.
    pub async fn act(&self, session: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        let url = format!(
            "{}/v1/bots/b1/conversations/{session}/actions?version=DRAFT",
            self.root
        );
        self.http
            .post(url)
            .bearer_auth(ACCESS_TOKEN)
            .json(body)
            .send()
            .await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own client")]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

pub fn say(text: &str) -> Value {
    json!({"sendMessages": [{"textMessageTemplate": {"textMessages": [{"text": text}]}}]})
}

pub async fn serve(router: Router, shutdown: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    serve_on(listener, router, shutdown);
    address
}

pub fn serve_on(listener: TcpListener, router: Router, shutdown: &CancellationToken) {
    let shutdown = shutdown.clone().cancelled_owned();
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(shutdown)
            .await
    });
}

async fn hear(
    State(bridge): State<Bridge>,
    method: Method,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let verify_token = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "challenge.verifyToken")
        .map(|(_, token)| token.into_owned());
    let health_check = method == Method::GET;
    let heard = Heard {
        method,
        verify_token,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let offload = heard.event() == "offload";
    bridge.heard.send_modify(|all| all.push(heard));
    if health_check {
        Json(json!({"status": "ok"})).into_response()
    } else if offload {
        Json(bridge.offload.lock().unwrap().clone()).into_response()
    } else {
        StatusCode::OK.into_response()
    }
}
