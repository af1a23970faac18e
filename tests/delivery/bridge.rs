//! The whole bridge in this process, on its own data, between a platform and a desk.

use std::{net::SocketAddr, ops::Deref, path::Path};

use handover_bridge::{
    app::{App, Listeners},
    config::{Config, Source},
    http::server::Shutdown,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{free_port::free_address, process::Process, vendors::Vendor};

const VERIFY_TOKEN: &str = "verify-token-of-these-tests";
const HOOK_KEY: &str = "hook-key-of-these-tests-0";
pub const ADMIN_TOKEN: &str = "admin-token-of-these-tests-0123456789";
const DESK_TOKEN: &str = "desk-token-of-these-tests";

#[derive(Debug)]
pub struct World {
    pub platform: Vendor,
    pub desk: Vendor,
    /// Where conversations are kept; nothing said: a file in the folder.
    pub store: Option<String>,
    /// Further tables of the configuration.
    pub tables: String,
    data: TempDir,
}

/// A bridge that runs in this process.
#[derive(Debug)]
pub struct Bridge {
    caller: Caller,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), handover_bridge::app::Error>>,
}

/// Speaks to a bridge as its vendors and operators do.
#[derive(Debug)]
pub struct Caller {
    address: SocketAddr,
    http: reqwest::Client,
}

impl World {
    pub async fn new() -> Self {
        Self {
            platform: Vendor::start().await,
            desk: Vendor::start().await,
            store: None,
            tables: String::new(),
            data: TempDir::new().unwrap(),
        }
    }

    pub async fn start(&self) -> Bridge {
        self.start_with("").await
    }

    /// With further tables in its configuration.
    pub async fn start_with(&self, tables: &str) -> Bridge {
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = public.local_addr().unwrap();
        Bridge::run(public, self.config(address) + tables).await
    }

    /// The binary, with the command line for its operators.
    pub async fn start_process(&self) -> (Caller, Process) {
        let address = free_address();
        let process = Process::start(self.data.path(), address, &self.config(address)).await;
        (Caller::of(address), process)
    }

    /// Where everything of this world is kept.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// What is kept, once the bridge has ended: the first column of a query.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let file = self.data.path().join("handover.db");
        let connection = rusqlite::Connection::open(file).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn config(&self, listen: SocketAddr) -> String {
        let file = || format!("sqlite:{}/handover.db", self.data.path().display());
        let store = self.store.clone().unwrap_or_else(file);
        let (platform, desk) = (platform_table(self.platform.address), self.desk.address);
        let tables = &self.tables;
        format!(
            r#"
            server = {{ listen = "{listen}", drain = "0s" }}
            admin = {{ listen = "server", token = "{ADMIN_TOKEN}" }}
            store = {{ url = "{store}" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ handing_over = "", waiting = "", joined = "", ended = "", nobody = "" }}
            {platform}
            [desks.live]
            kind = "webhook"
            url = "http://{desk}/hooks"
            secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            token = "{DESK_TOKEN}"
            {tables}
            "#
        )
    }
}

impl Bridge {
    /// With this configuration.
    pub async fn run(public: TcpListener, config: String) -> Self {
        let caller = Caller::of(public.local_addr().unwrap());
        let config = Config::load(&Source::text("test.toml", config)).unwrap();
        let listeners = Listeners {
            public,
            admin: None,
            extra: Vec::new(),
        };
        let app = App::build(config, listeners).await.unwrap();
        Self {
            caller,
            shutdown: app.shutdown(),
            running: tokio::spawn(app.run()),
        }
    }

    /// Stops as a service manager would, and waits for the end.
    pub async fn stop(self) {
        self.shutdown.soft.cancel();
        self.running.await.unwrap().unwrap();
    }
}

impl Deref for Bridge {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Caller {
    pub fn of(address: SocketAddr) -> Self {
        let http = client();
        Self { address, http }
    }

    pub async fn offload(&self, session: &str) -> Value {
        let body = json!({
            "botId": "b1", "version": "LIVE", "sessionId": session, "event": "offload",
            "timestamp": "2026-01-01T00:00:01.000Z",
            "transcript": [{"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {
                "messageType": "text", "text": "help", "channelType": "web", "sender": {"id": session, "botId": "b1"},
            }}],
        });
        self.hook(body).await
    }

    /// The user's `number`th message.
    pub async fn say(&self, session: &str, number: u32) {
        let at = format!("2026-01-01T00:01:{number:02}.000Z");
        let body = json!({
            "botId": "b1", "version": "LIVE", "sessionId": session, "event": "messages", "timestamp": at,
            "messages": [{"actor": "user", "timestamp": at, "message": {
                "messageType": "text", "text": format!("message {number}"), "channelType": "web",
                "id": format!("{number:024x}"), "sender": {"id": session, "botId": "b1"}, "timestamp": at,
            }}],
        });
        self.hook(body).await;
    }

    /// What the platform tells, taken as told.
    pub async fn hook(&self, body: Value) -> Value {
        let path =
            format!("/hooks/chatlayer/webshop/{HOOK_KEY}?challenge.verifyToken={VERIFY_TOKEN}");
        self.hook_at(&path, body).await
    }

    pub async fn hook_at(&self, path: &str, body: Value) -> Value {
        let url = format!("http://{}{path}", self.address);
        let call = self.http.post(url).body(body.to_string());
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn desk_says(&self, handover: &str, event: Value) -> u16 {
        let url = format!("http://{}/api/v1/handovers/{handover}/events", self.address);
        let call = self.http.post(url).bearer_auth(DESK_TOKEN).json(&event);
        call.send().await.unwrap().status().as_u16()
    }

    pub async fn is_ready(&self) -> bool {
        let url = format!("http://{}/readyz", self.address);
        self.http.get(url).send().await.unwrap().status() == 200
    }

    pub async fn handover(&self, handover: &str) -> Value {
        let url = format!("http://{}/api/v1/handovers/{handover}", self.address);
        self.http
            .get(url)
            .bearer_auth(DESK_TOKEN)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// How often operators were warned of this.
    pub async fn warnings(&self, kind: &str) -> u64 {
        let url = format!("http://{}/api/admin/warnings", self.address);
        let call = self.http.get(url).bearer_auth(ADMIN_TOKEN);
        let answer: Value = call.send().await.unwrap().json().await.unwrap();
        let warnings = answer["warnings"].as_array().unwrap();
        let of_kind = warnings.iter().filter(|warning| warning["kind"] == kind);
        of_kind
            .filter_map(|warning| warning["count"].as_u64())
            .sum()
    }
}

/// The bot of these tests, on the platform at this address.
pub fn platform_table(platform: SocketAddr) -> String {
    format!(
        r#"
            [bots.webshop]
            platform = "chatlayer"
            api_url = "http://{platform}"
            access_token = "access"
            verify_token = "{VERIFY_TOKEN}"
            hook_key = "{HOOK_KEY}"
        "#
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the caller's client, not the bridge's"
)]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
