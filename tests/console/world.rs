//! A console over a store of its own, called without a socket.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::IntoFuture as _,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode, header},
};
use handover_bridge::{
    clock::new_id,
    config::{Answers, Role, Rotating, User, Warning},
    console::{self, Account, Development, Endpoints, OneTime, Presence},
    domain::{
        ids::{BotName, DeskName, OperatorName},
        policy::{BotPolicy, DeskPolicy, Policy},
        routing::Route,
        time::{Clock, Timestamp},
    },
    http::{
        self, Watched,
        secret::Accepted,
        shed::Capacity,
        source::{Peer, Sources},
    },
    store::{
        ConsoleStore, TranscriptLimits,
        sqlite::{self, SqliteStore},
    },
    telemetry::Instruments,
};
use http_body_util::BodyExt as _;
use ipnet::IpNet;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::form::{self, PASSWORD};

pub const HOOK_URL: &str = "https://bridge.example/hooks/chatlayer/webshop/key-of-the-hook";
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[derive(Debug)]
pub struct TestClock(AtomicI64);

pub struct World {
    pub store: Arc<SqliteStore>,
    pub clock: Arc<TestClock>,
    pub stopping: CancellationToken,
    /// `admin.token`.
    pub token: Accepted,
    /// What is seen through without a browser that waits.
    pub tasks: TaskTracker,
    router: Router,
    files: TempDir,
}

/// Where a browser sits, and what it has been given.
#[derive(Clone, Default)]
pub struct Browser {
    peer: Option<IpAddr>,
    headers: HeaderMap,
}

/// An open stream of events.
pub struct Events(HeaderMap, Body);

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl World {
    /// Ann is an agent, Ben an admin.
    pub fn new() -> Self {
        Self::with(users(PASSWORD), None)
    }

    pub fn with(users: BTreeMap<OperatorName, Account>, one_time: Option<OneTime>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_767_225_600_000)));
        let store = sqlite::Options {
            path: files.path().join("handover.db"),
            migrate: true,
            policy: Arc::new(policy()),
            clock: clock.clone(),
            new_id,
            transcript_limits: TranscriptLimits::new(),
            instruments: Instruments::default(),
        };
        let store = Arc::new(store.open().unwrap());
        let stopping = CancellationToken::new();
        let token: Accepted = [TOKEN].into_iter().collect();
        let tasks = TaskTracker::new();
        let router = router(
            (&store, &clock),
            (users, one_time),
            (&token, &tasks, &stopping),
        );
        Self {
            store,
            clock,
            stopping,
            token,
            tasks,
            router,
            files,
        }
    }

    /// The same store behind a console with other passwords, as after a restart.
    pub fn change_passwords(&mut self, password: &str) {
        let users = users(password);
        let store = (&self.store, &self.clock);
        let others = (&self.token, &self.tasks, &self.stopping);
        self.router = router(store, (users, None), others);
    }

    /// What answers at present.
    pub fn console(&self) -> Router {
        self.router.clone()
    }

    /// From now on another one answers before the same store.
    pub fn go_to(&mut self, console: Router) {
        self.router = console;
    }

    /// A table of the store, so that whatever reads it fails.
    pub fn lose(&self, table: &str) {
        self.change(&format!("DROP TABLE {table}"));
    }

    /// What the store knows nothing of.
    pub fn change(&self, statement: &str) {
        let file = rusqlite::Connection::open(self.files.path().join("handover.db")).unwrap();
        file.execute(statement, []).unwrap();
    }

    pub fn wait(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub async fn get(&self, browser: &Browser, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.call(browser, request).await
    }

    /// A form of our own page.
    pub async fn post(&self, browser: &Browser, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.call(browser, request).await
    }

    pub async fn call(&self, browser: &Browser, mut request: Request<Body>) -> Answer {
        request.headers_mut().extend(browser.headers.clone());
        if let Some(peer) = browser.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    /// Answers on a socket of this machine for as long as the test runs, and tells where.
    pub async fn served(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone().layer(Extension(Peer(address.ip())));
        tokio::spawn(axum::serve(listener, router).into_future());
        format!("http://{address}")
    }

    pub async fn events(&self, browser: &Browser, last: Option<&str>) -> Events {
        self.stream(browser, "/console/events", last).await
    }

    pub async fn stream(&self, browser: &Browser, path: &str, last: Option<&str>) -> Events {
        let mut request = Request::get(path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.headers_mut().extend(browser.headers.clone());
        if let Some(peer) = browser.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let (parts, body) = response.into_parts();
        Events(parts.headers, body)
    }

    /// Signs in and keeps the cookie.
    pub async fn signed_in(&self, browser: Browser, name: &str) -> Browser {
        let answer = self
            .post(&browser, "/console/sign-in", &form::sign_in(name))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser.keeping(&answer)
    }

    pub async fn audited(&self) -> Vec<(String, String)> {
        let trail = self.store.audit_trail(None, 100).await.unwrap();
        let entries = trail.items.into_iter();
        entries.map(|entry| (entry.actor, entry.action)).collect()
    }
}

fn users(password: &str) -> BTreeMap<OperatorName, Account> {
    let hash = User::hash(password).unwrap();
    let user = |role| Account {
        password_hash: Rotating::new(hash.clone().into()),
        role,
        shown_as: None,
    };
    let users = [("ann", Role::Agent), ("ben", Role::Admin)];
    let users = users.map(|(name, role)| (OperatorName::new(name).unwrap(), user(role)));
    users.into_iter().collect()
}

/// The operators' listener.
fn router(
    (store, clock): (&Arc<SqliteStore>, &Arc<TestClock>),
    (users, one_time): (BTreeMap<OperatorName, Account>, Option<OneTime>),
    (token, tasks, stopping): (&Accepted, &TaskTracker, &CancellationToken),
) -> Router {
    let console = console::Options {
        store: store.clone(),
        clock: clock.clone(),
        users,
        token: token.clone(),
        sources: Sources::new(proxies()),
        presence: Presence::new(
            store.clone(),
            clock.clone(),
            vec![DeskName::new("team").unwrap()],
        ),
        endpoints: Endpoints {
            bots: vec![BotName::new("webshop").unwrap()],
            can_be_paused: BTreeSet::new(),
            able: BTreeMap::new(),
            go_where_chosen: [BotName::new("webshop").unwrap()].into(),
            desks: ["team", "sales"]
                .map(|name| DeskName::new(name).unwrap())
                .into(),
            of_console: vec![DeskName::new("team").unwrap()],
            hook_urls: vec![("webshop: offloading".to_owned(), HOOK_URL.into())],
        },
        doubtful: vec![Warning::GuessedResume(BotName::new("webshop").unwrap())],
        limits: policy().limits,
        answers: Answers::from([("en", "greeting", "Hello {user}, I am {agent}.")]),
        development: one_time.map(|link| Development {
            link,
            home: console::HOME.to_owned(),
            framed_by: "http://127.0.0.1:8082".to_owned(),
        }),
        stopping: stopping.clone(),
        tasks: tasks.clone().into(),
    };
    let console = console.build();
    let state = http::Options {
        store: store.clone(),
        bots: Vec::new(),
        desks: Vec::new(),
        admin: token.clone(),
        sessions: Arc::new(console.clone()),
        trusted_proxies: proxies(),
        decide_within: Duration::from_secs(2),
        body_within: Duration::from_secs(15),
        capacity: Capacity::default(),
        stopping: stopping.clone(),
        tasks: tasks.clone().into(),
        clock: clock.clone(),
        watched: Watched::default(),
        instruments: Instruments::default(),
    };
    http::admin_router(state.build(), console.router())
}

fn proxies() -> Vec<IpNet> {
    vec!["10.0.0.0/8".parse().unwrap()]
}

/// One bot, whose users the console desk `team` takes, and may give to `sales`.
fn policy() -> Policy {
    let [team, sales] = ["team", "sales"].map(|name| DeskName::new(name).unwrap());
    let desk = DeskPolicy {
        takes_at_once: true,
        ..DeskPolicy::new()
    };
    let bot = BotPolicy {
        resume_steps: 1,
        ..BotPolicy::default()
    };
    Policy {
        bots: BTreeMap::from([(BotName::new("webshop").unwrap(), bot)]),
        desks: BTreeMap::from([(team.clone(), desk.clone()), (sales, desk)]),
        routes: vec![Route::to(team)],
        observe: true,
        ..Policy::default()
    }
}

impl Events {
    pub fn headers(&self) -> &HeaderMap {
        &self.0
    }

    /// The next event, or a sign of life, which comes every 15 s; empty at the end.
    pub async fn next(&mut self) -> String {
        let frame = tokio::time::timeout(Duration::from_secs(20), self.1.frame());
        match frame.await.unwrap() {
            Some(frame) => String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap(),
            None => String::new(),
        }
    }
}

impl Browser {
    /// On the machine of the bridge.
    pub fn here() -> Self {
        Self::at("127.0.0.1").sends("host", "127.0.0.1:8081")
    }

    /// Elsewhere, by https through a proxy that is trusted.
    pub fn by_https() -> Self {
        Self::at("10.0.0.1")
            .sends("x-forwarded-for", "203.0.113.7")
            .sends("x-forwarded-proto", "https")
    }

    pub fn at(peer: &str) -> Self {
        Self {
            peer: Some(peer.parse().unwrap()),
            headers: HeaderMap::new(),
        }
        .sends("host", "bridge.example")
    }

    pub fn sends(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub fn keeping(self, answer: &Answer) -> Self {
        let cookie = answer.cookie().unwrap();
        let pair = cookie.split(';').next().unwrap().to_owned();
        self.sends("cookie", &pair)
    }
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub fn cookie(&self) -> Option<&str> {
        self.headers.get(header::SET_COOKIE)?.to_str().ok()
    }

    pub fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION)?.to_str().ok()
    }
}
