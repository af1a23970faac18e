//! A bridge with one bot and two desks, in this process or as one of its own, and those who call it.

use std::net::SocketAddr;

use handover_bridge::{
    app::{App, Listeners},
    config::{Config, Source},
    http::server::Shutdown,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{exposition::Exposition, free_port::free_address, process::Process, vendors::Vendor};

pub const VERIFY_TOKEN: &str = "canary-verify-token-0123";
pub const HOOK_KEY: &str = "canary-hook-key-012345";
pub const ADMIN_TOKEN: &str = "canary-admin-token-0123456789-012345";
pub const DESK_TOKEN: &str = "canary-desk-token-0123";
pub const ACCESS_TOKEN: &str = "canary-access-token-01";
/// Of the bytes "canary-signing-secret".
pub const SIGNING_SECRET: &str = "whsec_Y2FuYXJ5LXNpZ25pbmctc2VjcmV0";

#[derive(Debug)]
pub struct World {
    pub platform: Vendor,
    pub desk: Vendor,
    /// Lines that go over the usual configuration, before its tables.
    pub settings: String,
    /// In the place of `desk` and `platform`.
    pub desk_address: SocketAddr,
    pub platform_address: SocketAddr,
    data: TempDir,
}

/// A bridge that runs in this process.
#[derive(Debug)]
pub struct Bridge {
    pub caller: Caller,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), handover_bridge::app::Error>>,
}

#[derive(Clone, Debug)]
pub struct Caller {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub http: reqwest::Client,
}

impl World {
    pub async fn new() -> Self {
        let (platform, desk) = (Vendor::start().await, Vendor::start().await);
        Self {
            desk_address: desk.address,
            platform_address: platform.address,
            platform,
            desk,
            settings: String::new(),
            data: TempDir::new().unwrap(),
        }
    }

    pub async fn start(&self) -> Bridge {
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = Caller::of(public.local_addr().unwrap(), admin.local_addr().unwrap());
        let config = self.config(&caller);
        let listeners = Listeners {
            public,
            admin: Some(admin),
            extra: Vec::new(),
        };
        let config = Config::load(&Source::text("test.toml", config)).unwrap();
        let app = App::build(config, listeners).await.unwrap();
        Bridge {
            caller,
            shutdown: app.shutdown(),
            running: tokio::spawn(app.run()),
        }
    }

    /// The binary, as an operator runs it.
    pub async fn start_process(&self) -> (Caller, Process) {
        let (public, admin) = (free_address(), free_address());
        let caller = Caller::of(public, admin);
        let config = self.config(&caller);
        let process = Process::start(self.data.path(), public, &config).await;
        (caller, process)
    }

    /// The one column that the query gives, as text, once no bridge runs.
    pub fn rows(&self, query: &str) -> Vec<Option<String>> {
        let file = rusqlite::Connection::open(self.data.path().join("handover.db")).unwrap();
        let mut statement = file.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn config(&self, Caller { public, admin, .. }: &Caller) -> String {
        let (platform, desk) = (self.platform_address, self.desk_address);
        let data = self.data.path().display();
        let settings = &self.settings;
        format!(
            r#"
            server = {{ listen = "{public}", drain = "0s" }}
            admin = {{ listen = "{admin}", token = "{ADMIN_TOKEN}" }}
            store = {{ url = "sqlite:{data}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ handing_over = "", waiting = "", joined = "", ended = "", nobody = "" }}
            {settings}
            [bots.webshop]
            platform = "chatlayer"
            api_url = "http://{platform}"
            access_token = "{ACCESS_TOKEN}"
            verify_token = "{VERIFY_TOKEN}"
            hook_key = "{HOOK_KEY}"
            [desks.live]
            kind = "webhook"
            url = "http://{desk}/canary-desk-path"
            secret = "{SIGNING_SECRET}"
            token = "{DESK_TOKEN}"
            [desks.spare]
            kind = "webhook"
            url = "http://{desk}/spare"
            secret = "{SIGNING_SECRET}"
            token = "another-desk-token-0123"
            [[routes]]
            desk = "live"
            "#
        )
    }
}

impl Bridge {
    pub async fn stop(self) {
        self.shutdown.soft.cancel();
        self.running.await.unwrap().unwrap();
    }
}

impl Caller {
    fn of(public: SocketAddr, admin: SocketAddr) -> Self {
        let http = client();
        Self {
            public,
            admin,
            http,
        }
    }

    /// The hook with its key; the token goes with it.
    pub fn hook(&self) -> String {
        format!(
            "http://{}/hooks/chatlayer/webshop/{HOOK_KEY}?challenge.verifyToken={VERIFY_TOKEN}",
            self.public
        )
    }

    pub async fn post_hook(&self, body: &Value) -> (u16, String) {
        let call = self.http.post(self.hook()).body(body.to_string());
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Whether the user goes to an agent.
    pub async fn asks_for_an_agent(&self, session: &str) -> bool {
        let (status, answer) = self.post_hook(&offload(session, "help")).await;
        assert_eq!(status, 200);
        answer.contains("\"offloadSuccess\":true")
    }

    pub async fn says(&self, session: &str, number: u32) {
        let text = format!("message {number}");
        let (status, answer) = self.post_hook(&message(session, number, &text)).await;
        assert_eq!((status, answer.as_str()), (200, "{}"));
    }

    pub async fn desk_says(&self, handover: &str, event: &Value) -> (u16, String) {
        let url = format!("http://{}/api/v1/handovers/{handover}/events", self.public);
        let call = self.http.post(url).bearer_auth(DESK_TOKEN).json(event);
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What an operator gets there.
    pub async fn admin(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.admin);
        let call = self.http.get(url).bearer_auth(ADMIN_TOKEN);
        call.send().await.unwrap()
    }

    pub async fn metrics(&self) -> Exposition {
        let answer = self.admin("/metrics").await;
        assert_eq!(answer.status(), 200);
        Exposition::parse(&answer.text().await.unwrap())
    }
}

pub fn offload(session: &str, text: &str) -> Value {
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": session, "event": "offload",
        "timestamp": "2026-01-01T00:00:01.000Z",
        "transcript": [{"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {
            "messageType": "text", "text": text, "channelType": "web", "sender": {"id": session, "botId": "b1"},
        }}],
    })
}

pub fn message(session: &str, number: u32, text: &str) -> Value {
    let at = format!("2026-01-01T00:01:{number:02}.000Z");
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": session, "event": "messages", "timestamp": at,
        "messages": [{"actor": "user", "timestamp": at, "message": {
            "messageType": "text", "text": text, "channelType": "web",
            "id": format!("{number:024x}"), "sender": {"id": session, "botId": "b1"}, "timestamp": at,
        }}],
    })
}

/// The id of the first handover that the desk was asked to take.
pub fn handover_of(desk: &Vendor) -> String {
    let calls = desk.calls();
    let opened = calls
        .iter()
        .find(|call| call.body["type"] == "handover.opened")
        .expect("the desk was asked");
    let id = &opened.body["data"]["handover"]["id"];
    id.as_str().unwrap().to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the caller's client, not the bridge's"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
