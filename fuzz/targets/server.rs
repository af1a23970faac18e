//! All routes before a real store, as the accept loop calls them: sequences of calls that fit together, and calls that
//! fit nothing.
//!
//! Laws: nobody is answered with our own fault; whatever is no success is a problem; a request for an agent is always
//! answered, and truthfully; a transcript has no gap and no place twice; nobody gets in without the secret.
#![no_main]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use arbitrary::Arbitrary;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
};
use handover_bridge::{
    clock::{SystemClock, new_id},
    domain::policy::{BotPolicy, DeskPolicy, Limits, Policy},
    domain::routing::Route,
    http::{
        Bot, BotHook, ChatlayerHook, Desk, DeskHook, InDoubt, NoSessions, Options, Turns, Watched,
        combined_router, shed::Capacity, source::Peer, tasks::Tasks,
    },
    store::sqlite,
    telemetry::{Instruments, Registry},
};
use handover_fuzz::{Json, Spoken, Words, target};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

#[derive(Arbitrary, Debug)]
enum Call {
    Messages(Who, Vec<Item>),
    Offload(Who, Json, Vec<Item>),
    /// Any event of a session, or none.
    Event(Who, String, Json),
    Desk(Tells, Option<u8>),
    Show,
    Operator(u8, String),
    Bare(Path, Secret, String, Vec<u8>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Who {
    /// Its desk is asked and does not answer, where the other's takes at once.
    waits: bool,
    session: u8,
    minute: u8,
}

#[derive(Arbitrary, Debug)]
struct Item {
    actor: Actor,
    minute: u8,
    message: Said,
    id: Option<u8>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Actor {
    User,
    Bot,
    Agent,
    Other,
}

#[derive(Arbitrary, Debug)]
enum Said {
    Text(Words),
    Postback(Words, Json),
    File(String),
    Any(Json),
}

#[derive(Arbitrary, Debug)]
enum Tells {
    Attended(Option<String>),
    Message(Spoken),
    Typing,
    Transferred(Option<String>),
    Closed(Option<String>),
    Any(Json),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Path {
    Hook,
    KeyedHook,
    DeskEvent,
    Deliveries,
    Retry,
    Check,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Secret {
    None,
    Right,
    Wrong,
}

struct World {
    runtime: Runtime,
    router: Router,
    _folder: TempDir,
    /// Sessions are new in every run, so that it does not matter which came before.
    run: Cell<u32>,
    handover: RefCell<String>,
    /// Of all runs.
    newest: RefCell<String>,
}

const VERIFY: &str = "verify-token-of-the-fuzzed";
const KEY: &str = "hook-key-of-the-fuzzed-bots";
const DESK: &str = "token-of-the-fuzzed-desk";
const ADMIN: &str = "admin-token-admin-token-admin-token";
const NOBODYS: &str = "01930000-0000-7000-8000-000000000001";
const MOST_CALLS: usize = 24;
/// What the store has gathered by then slows it down.
const RUNS: u32 = 20_000;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

target!(|calls: Vec<Call>| WORLD.with(|world| {
    if world.borrow().run.get() > RUNS {
        *world.borrow_mut() = World::new();
    }
    world.borrow().play(&calls);
}));

struct Reply {
    status: StatusCode,
    body: Bytes,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let router = runtime.block_on(async { router(&folder) });
        Self {
            runtime,
            router,
            _folder: folder,
            run: Cell::new(0),
            handover: RefCell::default(),
            newest: RefCell::new(NOBODYS.to_owned()),
        }
    }

    fn play(&self, calls: &[Call]) {
        self.run.set(self.run.get() + 1);
        self.handover.replace(NOBODYS.to_owned());
        for call in calls.iter().take(MOST_CALLS) {
            self.runtime.block_on(self.make(call));
        }
    }

    async fn make(&self, call: &Call) {
        match call {
            Call::Messages(who, items) => {
                let messages: Vec<_> = items.iter().map(Item::json).collect();
                let body = self.hook(*who, json!({"event": "messages", "messages": messages}));
                let reply = self.post(&who.path(), &body).await;
                assert_eq!(reply.json(), Some(json!({})));
            }
            Call::Offload(who, payload, items) => {
                let transcript: Vec<_> = items.iter().map(Item::json).collect();
                let fields =
                    json!({"event": "offload", "payload": payload.0, "transcript": transcript});
                self.offload(*who, &self.hook(*who, fields)).await;
            }
            Call::Event(who, name, payload) => {
                let body = self.hook(*who, json!({"event": name, "payload": payload.0}));
                self.post(&who.path(), &body).await;
            }
            Call::Desk(tells, key) => self.desk(tells, *key).await,
            Call::Show => self.show().await,
            Call::Operator(page, query) => {
                let path = match page % 4 {
                    0 => "/api/admin/deliveries",
                    1 => "/api/admin/handovers",
                    2 => "/api/admin/warnings",
                    _ => "/metrics",
                };
                let request =
                    Request::get(uri(path, query)).header(header::AUTHORIZATION, bearer(ADMIN));
                self.send(request, Body::empty()).await;
            }
            Call::Bare(to, secret, query, body) => self.bare(*to, *secret, (query, body)).await,
        }
    }

    async fn offload(&self, who: Who, body: &Value) {
        let reply = self.post(&who.path(), body).await;
        let answer = reply.json().expect("an answer to an offload");
        let taken = answer["offloadSuccess"].as_bool().expect("yes or no");
        assert_eq!(answer, json!({"offloadSuccess": taken, "pauseBot": taken}));
        assert!(
            !(taken && who.waits),
            "a desk that was never reached has taken it"
        );
        if taken {
            self.find_handover().await;
        }
    }

    /// The newest of those that are open; ids grow.
    async fn find_handover(&self) {
        let after = self.newest.borrow().clone();
        let path = format!("/api/admin/handovers?state=open&limit=1000&after={after}");
        let request = Request::get(path).header(header::AUTHORIZATION, bearer(ADMIN));
        let page = self
            .send(request, Body::empty())
            .await
            .json()
            .expect("a page");
        if let Some(last) = page["handovers"].as_array().and_then(|all| all.last()) {
            let id = last["id"].as_str().expect("an id").to_owned();
            self.newest.replace(id.clone());
            self.handover.replace(id);
        }
    }

    async fn desk(&self, tells: &Tells, key: Option<u8>) {
        let path = format!("/api/v1/handovers/{}/events", self.handover.borrow());
        let mut request = Request::post(path)
            .header(header::AUTHORIZATION, bearer(DESK))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", format!("{}-{key}", self.run.get()));
        }
        self.send(request, tells.json().to_string().into()).await;
    }

    async fn show(&self) {
        let path = format!("/api/v1/handovers/{}", self.handover.borrow());
        let request = Request::get(path).header(header::AUTHORIZATION, bearer(DESK));
        let Some(shown) = self.send(request, Body::empty()).await.json() else {
            return;
        };
        let transcript = shown["transcript"].as_array().expect("a transcript");
        let places: Vec<_> = transcript
            .iter()
            .map(|message| message["seq"].as_u64().unwrap())
            .collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
    }

    async fn bare(&self, to: Path, secret: Secret, (query, body): (&str, &[u8])) {
        let handover = self.handover.borrow().clone();
        let (method, path) = match to {
            Path::Hook => (Method::POST, "/hooks/chatlayer/webshop".to_owned()),
            Path::KeyedHook => (Method::POST, format!("/hooks/chatlayer/webshop/{KEY}")),
            Path::DeskEvent => (Method::POST, format!("/api/v1/handovers/{handover}/events")),
            Path::Deliveries => (Method::GET, "/api/admin/deliveries".to_owned()),
            Path::Retry => (
                Method::POST,
                format!("/api/admin/deliveries/{handover}/retry"),
            ),
            Path::Check => (Method::GET, "/hooks/chatlayer/webshop".to_owned()),
        };
        let token = match (secret, to) {
            (Secret::Right, Path::DeskEvent) => DESK,
            (Secret::Right, _) => ADMIN,
            _ => "another-token-another-token-another",
        };
        let mut request = Request::builder().method(method).uri(uri(&path, query));
        if !matches!(secret, Secret::None) {
            request = request.header(header::AUTHORIZATION, bearer(token));
        }
        if matches!(to, Path::DeskEvent) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let reply = self.send(request, body.to_vec().into()).await;
        // The query may hold a token by its name, never by its value.
        let shut = match to {
            Path::KeyedHook => false,
            Path::Hook | Path::Check => true,
            _ => !matches!(secret, Secret::Right),
        };
        assert!(!shut || query.contains(VERIFY) || !reply.status.is_success());
    }

    fn hook(&self, who: Who, fields: Value) -> Value {
        let mut body = json!({
            "botId": "b1",
            "version": "LIVE",
            "sessionId": format!("s{}-{}", self.run.get(), who.session % 4),
            "timestamp": time(who.minute),
        });
        if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
            body.extend(fields);
        }
        body
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Request::post(path), body.to_string().into())
            .await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Reply {
        let request = request.header(header::HOST, "bridge");
        let request = request.extension(Peer(IpAddr::from([192, 0, 2, 1])));
        let Ok(request) = request.body(body) else {
            return Reply {
                status: StatusCode::BAD_REQUEST,
                body: Bytes::new(),
            };
        };
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let status = head.status;
        assert!(!status.is_server_error(), "{status}: {body:?}");
        if !status.is_success() {
            let of_type = head.headers.get(header::CONTENT_TYPE);
            assert!(of_type.is_some_and(|of_type| *of_type == "application/problem+json"));
        }
        Reply { status, body }
    }
}

impl Reply {
    /// None: it is no success.
    fn json(&self) -> Option<Value> {
        let read = |body| serde_json::from_slice(body).expect("json");
        self.status.is_success().then(|| read(&self.body))
    }
}

impl Who {
    fn path(self) -> String {
        let bot = if self.waits { "fashion" } else { "webshop" };
        format!("/hooks/chatlayer/{bot}/{KEY}?challenge.verifyToken={VERIFY}")
    }
}

impl Item {
    fn json(&self) -> Value {
        let actor = match self.actor {
            Actor::User => "user",
            Actor::Bot => "bot",
            Actor::Agent => "agent",
            Actor::Other => "somebody",
        };
        let mut message = match &self.message {
            Said::Text(words) => json!({"messageType": "text", "text": words.0}),
            Said::Postback(words, payload) => {
                json!({"messageType": "postback", "title": words.0, "payload": payload.0})
            }
            Said::File(url) => {
                json!({"messageType": "upload", "urls": [url, "https://x.example/a.png"]})
            }
            Said::Any(any) => any.0.clone(),
        };
        if let (Some(id), Some(message)) = (self.id, message.as_object_mut()) {
            message.insert("id".to_owned(), format!("{id:024x}").into());
        }
        json!({"actor": actor, "message": message, "timestamp": time(self.minute)})
    }
}

impl Tells {
    fn json(&self) -> Value {
        match self {
            Self::Attended(name) => json!({"type": "attended", "agent": {"name": name}}),
            Self::Message(spoken) => json!({"type": "message", "content": spoken.0}),
            Self::Typing => json!({"type": "typing"}),
            Self::Transferred(to) => json!({"type": "transferred", "to": to}),
            Self::Closed(reason) => json!({"type": "closed", "reason": reason}),
            Self::Any(any) => any.0.clone(),
        }
    }
}

fn time(minute: u8) -> String {
    format!("2026-01-01T{:02}:{:02}:00.000Z", minute / 60, minute % 60)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn uri(path: &str, query: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_graphic() && c != '#' {
            c
        } else {
            '+'
        }
    };
    format!("{path}?{}", query.chars().map(plain).collect::<String>())
}

fn router(folder: &TempDir) -> Router {
    let (team, slow) = ("team".parse().unwrap(), "slow".parse().unwrap());
    let to_slow = Route {
        bots: ["fashion".parse().unwrap()].into(),
        ..Route::to(slow)
    };
    let desk = |takes_at_once| DeskPolicy {
        takes_at_once,
        ..DeskPolicy::new()
    };
    let decide_within = Duration::from_millis(1);
    let policy = Policy {
        limits: Limits {
            decide_within,
            ..Limits::default()
        },
        bots: ["webshop", "fashion"]
            .map(|name| (name.parse().unwrap(), BotPolicy::default()))
            .into(),
        desks: BTreeMap::from([
            ("team".parse().unwrap(), desk(true)),
            ("slow".parse().unwrap(), desk(false)),
        ]),
        routes: vec![to_slow, Route::to(team)],
        observe: true,
        ..Policy::default()
    };
    let store = sqlite::Options {
        path: folder.path().join("handover.db"),
        migrate: true,
        policy: Arc::new(policy),
        clock: Arc::new(SystemClock),
        new_id,
        transcript_limits: BTreeMap::new(),
        instruments: Instruments::default(),
    };
    let bot = |name: &str| Bot {
        name: name.parse().unwrap(),
        hook: BotHook::Chatlayer(ChatlayerHook {
            verify_token: [VERIFY].into_iter().collect(),
            hook_key: [KEY].into_iter().collect(),
            channel_verify_token: [VERIFY].into_iter().collect(),
            turns: Turns::default(),
            in_doubt: InDoubt::default(),
        }),
    };
    let options = Options {
        store: Arc::new(store.open().unwrap()),
        bots: vec![bot("webshop"), bot("fashion")],
        desks: vec![Desk {
            name: "team".parse().unwrap(),
            hook: DeskHook::Api {
                token: [DESK].into_iter().collect(),
            },
        }],
        admin: [ADMIN].into_iter().collect(),
        sessions: Arc::new(NoSessions),
        trusted_proxies: Vec::new(),
        decide_within,
        body_within: Duration::from_secs(60),
        capacity: Capacity::default(),
        stopping: CancellationToken::new(),
        tasks: Tasks::default(),
        clock: Arc::new(SystemClock),
        watched: Watched::default(),
        instruments: Instruments {
            metrics: Registry::new().unwrap(),
            ..Instruments::default()
        },
    };
    combined_router(options.build(), axum::Router::new())
}
