//! The emulated Chatwoot against a stub of the bridge's hook: what it takes, what it keeps, and what it tells.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use handover_bridge::{
    clock::SystemClock,
    emulator::chatwoot::{self, Options},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::stub::{client, serve, serve_on};

const TOKEN: &str = "access-token-of-the-inbox";
const API: &str = "/api/v1/accounts/1";
const PATIENCE: Duration = Duration::from_mins(1);

/// An emulated desk, and what it has told.
struct Inbox {
    root: String,
    heard: watch::Sender<Vec<Value>>,
    http: reqwest::Client,
    shutdown: CancellationToken,
}

async fn hear(State(heard): State<watch::Sender<Vec<Value>>>, headers: HeaderMap, body: Bytes) {
    assert!(
        headers["x-chatwoot-signature"]
            .to_str()
            .unwrap()
            .starts_with("sha256=")
    );
    let body = serde_json::from_slice(&body).unwrap();
    heard.send_modify(|heard| heard.push(body));
}

impl Inbox {
    async fn new() -> Self {
        let shutdown = CancellationToken::new();
        let heard = watch::Sender::new(Vec::new());
        let bridge = Router::new()
            .route("/hook", post(hear))
            .with_state(heard.clone());
        let bridge = serve(bridge, &shutdown).await;
        let desk = chatwoot::build(Options {
            api_access_token: TOKEN.into(),
            webhook_secret: "webhook-secret-of-the-inbox".into(),
            hook_url: format!("http://{bridge}/hook").parse().unwrap(),
            chat_url: None,
            clock: Arc::new(SystemClock),
            seed: 7,
        });
        let desk = desk.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        serve_on(listener, desk.router(), &shutdown);
        tokio::spawn(desk.run(shutdown.clone()));
        Self {
            root,
            heard,
            http: client(),
            shutdown,
        }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{API}{path}", self.root);
        let call = self
            .http
            .request(method, url)
            .header("api_access_token", TOKEN);
        let call = if body.is_null() {
            call
        } else {
            call.json(body)
        };
        let answer = call.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}");
        answer
    }

    /// A conversation of somebody.
    async fn opened(&self) {
        assert_eq!(self.post("/contacts", ada()).await.0, 200);
        let (status, opened) = self.post("/conversations", conversation()).await;
        assert_eq!((status, &opened["id"]), (200, &json!(1)));
    }

    async fn heard(&self, count: usize) -> Vec<Value> {
        let mut heard = self.heard.subscribe();
        let enough = timeout(PATIENCE, heard.wait_for(|heard| heard.len() >= count)).await;
        assert!(enough.is_ok(), "only {:?}", self.heard.borrow());
        self.heard.borrow().clone()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn ada() -> Value {
    json!({"inbox_id": 2, "identifier": "c-1", "name": "Ada", "email": "ada@example.com"})
}

fn conversation() -> Value {
    json!({
        "source_id": "source-1", "inbox_id": 2, "contact_id": 1, "status": "open",
        "custom_attributes": {"handover_id": "h"},
    })
}

fn said(text: &str) -> Value {
    json!({
        "content": text, "message_type": "incoming", "private": false,
        "content_attributes": {"handover_delivery": text},
    })
}

#[tokio::test]
async fn what_is_not_described_and_who_is_there_already_is_refused() {
    let inbox = Inbox::new().await;
    inbox.opened().await;
    let mut strange = ada();
    strange["echo"] = json!(1);
    let mut same_address = ada();
    same_address["identifier"] = json!("c-2");
    for contact in [strange, ada(), same_address] {
        assert_eq!(inbox.post("/contacts", contact).await.0, 422);
    }
    let mut elsewhere = conversation();
    elsewhere["source_id"] = json!("source-2");
    assert_eq!(inbox.post("/conversations", elsewhere).await.0, 422);
    let highest = json!({"priority": "highest"});
    let priority = "/conversations/1/toggle_priority";
    assert_eq!(inbox.post(priority, highest).await.0, 422);
    assert_eq!(
        inbox.post("/conversations/2/messages", said("x")).await.0,
        404
    );
    let url = format!("{}{API}/inboxes/2", inbox.root);
    let unknown = inbox.http.get(url).header("api_access_token", "other");
    assert_eq!(unknown.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn it_keeps_what_a_message_carries_and_lists_twenty_at_a_time() {
    let inbox = Inbox::new().await;
    inbox.opened().await;
    for number in 1..=25 {
        let (status, _) = inbox
            .post("/conversations/1/messages", said(&number.to_string()))
            .await;
        assert_eq!(status, 200);
    }
    let ids = |list: &Value| -> Vec<u64> {
        let messages = list["payload"].as_array().unwrap().iter();
        messages
            .map(|message| message["id"].as_u64().unwrap())
            .collect()
    };
    let newest = inbox.get("/conversations/1/messages").await;
    assert_eq!(ids(&newest), (6..=25).collect::<Vec<_>>());
    assert_eq!(
        newest["payload"][0]["content_attributes"]["handover_delivery"],
        "6"
    );
    let older = inbox.get("/conversations/1/messages?before=6").await;
    assert_eq!(ids(&older), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn it_tells_what_agents_do_and_what_the_bridge_has_done_itself() {
    let inbox = Inbox::new().await;
    inbox.opened().await;
    inbox.post("/conversations/1/messages", said("help")).await;
    for act in [
        json!({"type": "attended", "agent": {"name": "Ann"}}),
        json!({"type": "message", "content": {"type": "text", "text": "Hello"}}),
        json!({"type": "transferred", "to": "Billing"}),
    ] {
        let url = format!("{}/desk/handovers/1/events", inbox.root);
        let done = inbox.http.post(url).json(&act).send().await.unwrap();
        assert_eq!(done.status(), 202, "{act}");
    }
    let status = json!({"status": "resolved"});
    assert_eq!(
        inbox.post("/conversations/1/toggle_status", status).await.0,
        200
    );
    let heard = inbox.heard(5).await;
    let events: Vec<_> = heard
        .iter()
        .map(|told| told["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "message_created",
            "conversation_updated",
            "message_created",
            "conversation_updated",
            "conversation_status_changed"
        ]
    );
    assert_eq!(heard[0]["message_type"], "incoming");
    assert_eq!(heard[1]["meta"]["assignee"]["name"], "Ann");
    assert_eq!(
        (&heard[2]["message_type"], &heard[2]["sender"]["name"]),
        (&json!("outgoing"), &json!("Ann"))
    );
    assert_eq!(
        heard[3]["changed_attributes"][0]["assignee_id"]["current_value"],
        Value::Null
    );
    assert_eq!(heard[3]["meta"]["team"]["name"], "Billing");
    assert_eq!(heard[4]["status"], "resolved");
}
