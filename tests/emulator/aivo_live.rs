//! The emulated Aivo Live against a stub of the bridge's hook: it tells what Aivo documents, and takes what Aivo documents.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, routing::post};
use handover_bridge::{
    clock::SystemClock,
    emulator::aivo_live::{self, Options},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    stub::{client, serve, serve_on},
    webdriver::Browser,
};

const TOKEN: &str = "token_of_the_bot";
const HASH: &str = "01930000000070008000000000000001";
const PATIENCE: Duration = Duration::from_mins(1);

/// An emulated desk, and what it has told.
struct Live {
    root: String,
    heard: watch::Sender<Vec<Value>>,
    http: reqwest::Client,
    shutdown: CancellationToken,
}

async fn hear(
    State(heard): State<watch::Sender<Vec<Value>>>,
    Json(body): Json<Value>,
) -> Json<Value> {
    heard.send_modify(|heard| heard.push(body));
    Json(json!({}))
}

impl Live {
    async fn new() -> Self {
        let shutdown = CancellationToken::new();
        let heard = watch::Sender::new(Vec::new());
        let bridge = Router::new()
            .route("/hook", post(hear))
            .with_state(heard.clone());
        let bridge = serve(bridge, &shutdown).await;
        let desk = aivo_live::build(Options {
            bot_id: 1000,
            bot_token: TOKEN.into(),
            groups: vec![(2179, "Service".to_owned()), (5, "Billing".to_owned())],
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

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.root);
        let answer = self.http.post(url).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Gives the room.
    async fn queue(&self) -> String {
        let (status, answer) = self
            .post("/api/v1/live-handler/queue/external", &queue())
            .await;
        assert_eq!(status, 200);
        assert!(answer["customToken"].is_string() && answer["messageQueueId"].is_number());
        answer["conversationId"].as_str().unwrap().to_owned()
    }

    async fn act(&self, room: &str, act: &Value) -> u16 {
        self.post(&format!("/desk/handovers/{room}/events"), act)
            .await
            .0
    }

    async fn heard(&self, count: usize) -> Vec<Value> {
        let mut heard = self.heard.subscribe();
        let enough = timeout(PATIENCE, heard.wait_for(|heard| heard.len() >= count)).await;
        assert!(enough.is_ok(), "only {:?}", self.heard.borrow());
        self.heard.borrow().clone()
    }

    async fn set_faults(&self, faults: Value) {
        let url = format!("{}/emulator/faults", self.root);
        assert_eq!(
            self.http
                .put(url)
                .json(&faults)
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn queue() -> Value {
    json!({"botId": 1000, "groupsId": [2179], "botToken": TOKEN, "protocolId": 28,
        "user": {"hash": HASH, "firstname": "Ada", "lastname": "", "email": "", "phone": "",
            "extra": {"bot": "demo", "language": "en", "transcript": "User: help\nBot: One moment"}},
        "status": "queued", "lastSender": "user"})
}

/// The names that stand in an event, and of what type their values are. An empty object may hold anything.
fn form(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), form(value)))
            .collect(),
        Value::String(_) => json!("text"),
        Value::Number(number) => json!(if number.is_u64() {
            "whole number"
        } else {
            "number"
        }),
        other => other.clone(),
    }
}

#[tokio::test]
async fn what_it_tells_has_the_form_of_the_documents_to_the_name_and_the_digit() {
    let samples = [
        include_str!("../samples/aivo-live/attended.json"),
        include_str!("../samples/aivo-live/messageToClient.json"),
        include_str!("../samples/aivo-live/transfer.json"),
        include_str!("../samples/aivo-live/close.agent.json"),
    ]
    .map(|sample| serde_json::from_str::<Value>(sample).unwrap());
    let live = Live::new().await;
    let room = live.queue().await;
    for act in [
        json!({"type": "attended", "agent": {"name": "Ann"}}),
        json!({"type": "idle"}),
        json!({"type": "transferred", "to": "5"}),
        json!({"type": "closed", "reason": "agent"}),
    ] {
        assert_eq!(live.act(&room, &act).await, 202, "{act}");
    }
    let heard = live.heard(4).await;
    for (told, sample) in heard.iter().zip(&samples) {
        assert_eq!(form(told), form(sample));
        assert_eq!(told["timestamp"].to_string().len(), 19);
        assert_eq!(told["roomId"], json!(room));
    }
    assert_eq!(heard[1]["data"]["hash"], format!("{HASH}_{TOKEN}"));
    assert_eq!(heard[1]["data"]["source"], "trigger");
    let mut times: Vec<_> = heard
        .iter()
        .map(|told| told["timestamp"].as_u64().unwrap())
        .collect();
    times.dedup();
    assert_eq!(times.len(), 4, "no two at one nanosecond");
    assert_eq!(live.act(&room, &json!({"type": "idle"})).await, 409);
    assert_eq!(live.act("nobody", &json!({"type": "idle"})).await, 404);
}

#[tokio::test]
async fn the_queue_call_is_read_as_strictly_as_it_is_documented() {
    let live = Live::new().await;
    for (pointer, value, status) in [
        ("/botToken", json!("another"), 401),
        ("/botId", json!(7), 401),
        ("/protocolId", json!(29), 422),
        ("/status", json!("open"), 422),
        ("/lastSender", json!("bot"), 422),
        ("/groupsId", json!([7]), 422),
        ("/groupsId", json!([]), 422),
        ("/user/hash", json!("a-b"), 422),
        ("/user/extra", json!("text"), 422),
        ("/user/email", Value::Null, 422),
    ] {
        let mut body = queue();
        *body.pointer_mut(pointer).unwrap() = value;
        let (answered, _) = live
            .post("/api/v1/live-handler/queue/external", &body)
            .await;
        assert_eq!(answered, status, "{pointer}");
    }
    let mut more = queue();
    more["transcript"] = json!([]);
    assert_eq!(
        live.post("/api/v1/live-handler/queue/external", &more)
            .await
            .0,
        422
    );
    assert_ne!(
        live.queue().await,
        live.queue().await,
        "every call makes a room"
    );
}

#[tokio::test]
async fn events_are_repeated_swapped_and_dropped_as_the_faults_say() {
    let live = Live::new().await;
    let room = live.queue().await;
    live.set_faults(json!({"repeats": 2})).await;
    live.act(&room, &json!({"type": "idle"})).await;
    let heard = live.heard(2).await;
    assert_eq!(heard[0], heard[1], "byte for byte");
    live.set_faults(json!({"webhook_swap": {"next": 1}})).await;
    for text in ["first", "second"] {
        let content = json!({"type": "text", "text": text});
        live.act(&room, &json!({"type": "message", "content": content}))
            .await;
    }
    let heard = live.heard(4).await;
    let values: Vec<_> = heard[2..]
        .iter()
        .map(|told| told["data"]["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["second", "first"]);
    live.set_faults(json!({"webhook_drop": {"next": 1}})).await;
    live.act(&room, &json!({"type": "idle"})).await;
    live.act(&room, &json!({"type": "closed", "reason": "agent"}))
        .await;
    assert_eq!(live.heard(5).await[4]["name"], "close");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_on_the_page_sends_a_file_lets_it_idle_moves_it_on_and_makes_it_go_wrong() {
    let live = Live::new().await;
    let browser = Browser::start().await;
    browser.resize(1180, 900).await;
    browser.go(&live.root).await;
    browser.sees("emulated Aivo Live").await;
    let room = live.queue().await;
    browser.sees("Bot: One moment").await;
    browser.presses("#join").await;
    browser.presses("#idle").await;
    browser.sees("Are you still there?").await;
    browser.presses("#file-open").await;
    browser.presses("#file button[type=submit]").await;
    browser.picture("aivo-live-talk").await;
    let heard = live.heard(3).await;
    assert_eq!(heard[2]["data"]["action"], "image");
    assert_eq!(heard[2]["data"]["value"], "/workshop.png");
    browser.presses("[popovertarget=transfer]").await;
    browser.presses("#transfer button[type=submit]").await;
    assert_eq!(live.heard(4).await[3]["data"]["target"], 2179);

    browser.presses("#faults summary").await;
    browser.sees("takes it, then cuts the line").await;
    browser.presses("#unknown_fields").await;
    browser.sees("1 fault on").await;
    browser.picture("aivo-live-faults").await;
    browser.presses("#close-open").await;
    browser.presses_text("queue clean process").await;
    let heard = live.heard(5).await;
    assert_eq!(heard[4]["data"]["reason"], "queue clean process");
    assert!(heard[4]["futureField"].is_object());
    assert_eq!(heard[4]["roomId"], json!(room));

    browser.resize(360, 740).await;
    browser.go(&live.root).await;
    browser.presses_text("Ada").await;
    browser.picture("aivo-live-phone").await;
    let overflow = browser
        .script("return document.documentElement.scrollWidth - innerWidth")
        .await;
    assert_eq!(overflow, 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
