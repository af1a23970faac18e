//! An agent desk in the terminal: the whole desk protocol in one file, using nothing of the bridge's own code.
//!
//!     DESK_SECRET=whsec_… DESK_TOKEN=… cargo run --example desk -- --port 9100 --bridge http://127.0.0.1:8080
//!
//! The bridge calls `http://127.0.0.1:9100/` with signed events; what you type goes to the user of the latest handover.
//! `/join NAME`, `/close REASON`, `/to DESK`, `/list` and `/take N` do what they say.

use std::{
    collections::HashSet,
    error::Error,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Parser;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::mpsc};
use url::Url;
use uuid::Uuid;

/// In seconds: an older call may be a recording.
const TOLERANCE: u64 = 300;

/// The waits before further attempts of a call that may not have arrived.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

#[derive(Parser)]
struct Options {
    #[arg(long, env = "DESK_PORT", default_value_t = 9100)]
    port: u16,
    #[arg(long, env = "BRIDGE_URL", default_value = "http://127.0.0.1:8080")]
    bridge: Url,
    /// What the bridge signs with, `whsec_…`.
    #[arg(long, env = "DESK_SECRET", hide_env_values = true)]
    secret: String,
    /// What the desk presents to the bridge.
    #[arg(long, env = "DESK_TOKEN", hide_env_values = true)]
    token: String,
}

/// What the bridge says. Events that a later bridge may add are answered and passed over.
#[derive(Deserialize)]
#[serde(tag = "type", content = "data")]
enum Event {
    #[serde(rename = "handover.opened")]
    Opened {
        handover: Handover,
        transcript: Vec<Message>,
    },
    #[serde(rename = "message.created")]
    Created {
        handover_id: String,
        message: Message,
    },
    #[serde(rename = "message.failed")]
    Failed { reason: String },
    #[serde(rename = "handover.closed")]
    Closed { handover_id: String, reason: String },
    #[serde(untagged)]
    Other {},
}

#[derive(Deserialize)]
struct Handover {
    id: String,
    bot: String,
    language: Option<String>,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    user: Value,
}

#[derive(Deserialize)]
struct Message {
    actor: String,
    content: Value,
}

/// What the desk remembers. A real one would keep it, or ask `GET /api/v1/handovers/{id}` after a restart.
#[derive(Default)]
struct Board {
    /// Oldest first.
    handovers: Vec<String>,
    current: Option<String>,
    /// Ids of calls: the bridge repeats a call until it was answered.
    heard: HashSet<String>,
}

struct Desk {
    board: Mutex<Board>,
    key: Hmac<Sha256>,
    bridge: Url,
    token: String,
    http: reqwest::Client,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let secret = options
        .secret
        .strip_prefix("whsec_")
        .ok_or("the secret begins with whsec_")?;
    let desk = Arc::new(Desk {
        board: Mutex::default(),
        key: Hmac::new_from_slice(&STANDARD.decode(secret)?)?,
        bridge: options.bridge,
        token: options.token,
        http: client()?,
    });
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!("-- the desk listens on http://{}/", listener.local_addr()?);
    let router = Router::new()
        .route("/", post(hook))
        .with_state(Arc::clone(&desk));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut lines = stdin();
    while let Some(line) = lines.recv().await {
        desk.typed(&line).await;
    }
    server.abort();
    Ok(())
}

/// Where the bridge calls. It is answered 2xx only once the event is taken; anything else and it comes again.
async fn hook(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let Some(call) = desk.genuine(&headers, &body) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({})));
    };
    match serde_json::from_slice(&body) {
        Ok(event) => desk.board().hear(call, event),
        Err(_) => return (StatusCode::BAD_REQUEST, Json(json!({}))),
    }
    (StatusCode::OK, Json(json!({})))
}

impl Desk {
    /// Standard Webhooks: one of the signatures must be ours over id, timestamp and the body as it came.
    fn genuine<'a>(&self, headers: &'a HeaderMap, body: &[u8]) -> Option<&'a str> {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let (call, stamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let now = SystemTime::UNIX_EPOCH.elapsed().ok()?.as_secs();
        if now.abs_diff(stamp.parse().ok()?) > TOLERANCE {
            return None;
        }
        let mut mac = self.key.clone();
        mac.update(format!("{call}.{stamp}.").as_bytes());
        mac.update(body);
        header("webhook-signature")?
            .split_ascii_whitespace()
            .filter_map(|given| STANDARD.decode(given.strip_prefix("v1,")?).ok())
            .any(|given| mac.clone().verify_slice(&given).is_ok())
            .then_some(call)
    }

    /// One line of the agent.
    async fn typed(&self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word == "/list" {
            return self.board().list();
        }
        if word == "/take" {
            return self.board().take(rest);
        }
        let Some(handover) = self.board().current.clone() else {
            return println!("-- nobody is here yet");
        };
        let or =
            |rest: &str, default: &str| if rest.is_empty() { default } else { rest }.to_owned();
        let event = match word {
            "/join" => json!({"type": "attended", "agent": {"name": or(rest, "Agent")}}),
            "/to" => json!({"type": "transferred", "to": rest}),
            "/close" => json!({"type": "closed", "reason": or(rest, "solved")}),
            _ if line.trim().is_empty() => return,
            _ => json!({"type": "message", "content": {"type": "text", "text": line}}),
        };
        match self.tell(&handover, &event).await {
            Ok(status) if status.is_success() && word == "/close" => {
                self.board().forget(&handover);
                println!("-- closed");
            }
            Ok(status) if status.is_success() => {}
            Ok(status) => println!("!! the bridge answered {status}"),
            Err(away) => println!("!! the bridge does not answer: {away}"),
        }
    }

    /// Sends one event; after trouble again with the same key, so that it counts once.
    async fn tell(&self, handover: &str, event: &Value) -> reqwest::Result<StatusCode> {
        let mut url = self.bridge.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["api", "v1", "handovers", handover, "events"]);
        }
        let key = key().to_string();
        let mut pauses = PAUSES.iter();
        loop {
            let request = self.http.post(url.clone()).bearer_auth(&self.token);
            let answer = request
                .header("idempotency-key", &key)
                .json(event)
                .send()
                .await;
            let again = answer
                .as_ref()
                .map_or(true, |answer| is_passing(answer.status()));
            let asked = answer.as_ref().ok().and_then(wait).unwrap_or_default();
            match pauses.next() {
                Some(pause) if again => tokio::time::sleep(asked.max(*pause)).await,
                _ => return answer.map(|answer| answer.status()),
            }
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn hear(&mut self, call: &str, event: Event) {
        if !self.heard.insert(call.to_owned()) {
            return;
        }
        match event {
            Event::Opened {
                handover,
                transcript,
            } => self.open(&handover, &transcript),
            Event::Created {
                handover_id,
                message,
            } => self.said(&handover_id, &message),
            Event::Failed { reason } => println!("!! not delivered: {reason}"),
            Event::Closed {
                handover_id,
                reason,
            } => {
                println!("-- closed: {reason}");
                self.forget(&handover_id);
            }
            Event::Other {} => {}
        }
    }

    fn open(&mut self, handover: &Handover, transcript: &[Message]) {
        let name = handover
            .user
            .get("first_name")
            .and_then(Value::as_str)
            .unwrap_or("somebody");
        let language = handover.language.as_deref().unwrap_or("no language");
        println!(
            "\n== {name} asks for a person ({}, {language}, {})",
            handover.bot, handover.payload
        );
        transcript.iter().for_each(Message::show);
        println!("== type an answer, /join NAME or /close REASON");
        // Else the bridge has opened it anew.
        if !self.handovers.contains(&handover.id) {
            self.handovers.push(handover.id.clone());
        }
        self.current = Some(handover.id.clone());
    }

    fn said(&mut self, handover: &str, message: &Message) {
        let at = self.handovers.iter().position(|known| known == handover);
        let Some(at) = at else {
            // The desk was started anew meanwhile.
            self.handovers.push(handover.to_owned());
            self.current = Some(handover.to_owned());
            return message.show();
        };
        if self.current.as_deref() != Some(handover) {
            print!("({}) ", at + 1);
        }
        message.show();
    }

    fn forget(&mut self, handover: &str) {
        self.handovers.retain(|known| known != handover);
        self.current = self.handovers.last().cloned();
    }

    fn list(&self) {
        for (number, known) in (1..).zip(&self.handovers) {
            let mark = if self.current.as_ref() == Some(known) {
                '*'
            } else {
                ' '
            };
            println!("{number}{mark} {known}");
        }
    }

    fn take(&mut self, number: &str) {
        let chosen = number
            .parse::<usize>()
            .ok()
            .and_then(|number| self.handovers.get(number.checked_sub(1)?));
        match chosen {
            Some(chosen) => self.current = Some(chosen.clone()),
            None => println!("-- there is no such handover, see /list"),
        }
    }
}

impl Message {
    /// One line for a terminal; a real desk would draw cards and pictures.
    fn show(&self) {
        let field = |name: &str| {
            self.content
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let text = match field("type") {
            "text" => field("text").to_owned(),
            "postback" => format!("({})", field("title")),
            "media" => format!("<{}> {}", field("kind"), field("url")),
            kind => format!("<{kind}> {}", self.content),
        };
        println!("{:>6}: {text}", self.actor);
    }
}

/// Whether the bridge may take it the next time. It has stored nothing, or finds by the key what it has.
fn is_passing(status: StatusCode) -> bool {
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || later.contains(&status)
}

/// For how long the bridge wants to be left alone.
fn wait(answer: &reqwest::Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Lines come from a thread of their own, since reading a terminal blocks.
fn stdin() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        io::stdin()
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| typed.blocking_send(line))
    });
    lines
}

#[expect(
    clippy::disallowed_methods,
    reason = "stands alone, outside of the bridge"
)]
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build()
}

#[expect(
    clippy::disallowed_methods,
    reason = "stands alone, outside of the bridge"
)]
fn key() -> Uuid {
    Uuid::now_v7()
}
