//! The whole bridge in this process, with its operators on a listener of their own, between vendors that say yes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{Method, Uri},
};
use handover_bridge::{
    app::{App, Listeners},
    config::{Config, Source},
    http::server::{self, Shutdown},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::raw::{self, Answer};

pub const VERIFY_TOKEN: &str = "verify-token-of-these-tests";
pub const HOOK_KEY: &str = "hook-key-of-these-tests-0";
pub const DESK_TOKEN: &str = "desk-token-of-these-tests";
pub const OTHER_DESK_TOKEN: &str = "token-of-the-other-desk-0";
pub const ADMIN_TOKEN: &str = "admin-token-of-these-tests-0123456789";

/// A port that is free.
const LOOPBACK: &str = "127.0.0.1:0";

pub struct Bridge {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub platform: Vendor,
    pub desk: Vendor,
    pub data: TempDir,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), handover_bridge::app::Error>>,
}

/// Takes every call and remembers where it went.
#[derive(Clone, Debug)]
pub struct Vendor {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<(Method, Uri, Value)>>>,
}

impl Bridge {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// `server` are further settings of `[server]`.
    pub async fn start_with(server: &str) -> Self {
        let (platform, desk) = (Vendor::start().await, Vendor::start().await);
        let [public, admin] = [(); 2].map(|()| server::listen(LOOPBACK.parse().unwrap()).unwrap());
        let [public_at, admin_at] = [&public, &admin].map(|bound| bound.local_addr().unwrap());
        let data = TempDir::new().unwrap();
        let config = config(
            data.path(),
            [public_at, admin_at, platform.address, desk.address],
        );
        let config = config.replace("drain = \"0s\"", &format!("drain = \"0s\"\n{server}"));
        let config = Config::load(&Source::text("test.toml", config)).unwrap();
        let listeners = Listeners {
            public,
            admin: Some(admin),
            extra: Vec::new(),
        };
        let app = App::build(config, listeners).await.unwrap();
        Self {
            public: public_at,
            admin: admin_at,
            platform,
            desk,
            data,
            shutdown: app.shutdown(),
            running: tokio::spawn(app.run()),
        }
    }

    /// Stops as a service manager would, and waits for the end.
    pub async fn stop(self) -> TempDir {
        self.shutdown.soft.cancel();
        self.running.await.unwrap().unwrap();
        self.data
    }

    pub async fn is_alive(&self) {
        let answer = raw::ask(self.public, ("GET", "/livez"), "").await;
        assert_eq!(answer.status, 200);
    }

    pub async fn hook(&self, body: &str) -> Answer {
        let request = raw::post(&hook_path(), "", body);
        let mut answers = raw::exchange(self.public, request.as_bytes()).await;
        answers.remove(0)
    }

    /// The handover that the desk was last asked to open.
    pub async fn offload(&self, session: &str) -> String {
        let body = json!({
            "botId": "b1", "version": "LIVE", "sessionId": session, "event": "offload",
            "timestamp": "2026-01-01T00:00:01.000Z", "transcript": [],
        });
        let answer = self.hook(&body.to_string()).await;
        assert_eq!(answer.json()["offloadSuccess"], true, "{answer:?}");
        let (_, _, opened) = self.desk.last().unwrap();
        opened["data"]["handover"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Vendor {
    pub async fn start() -> Self {
        let calls = Arc::<Mutex<Vec<(Method, Uri, Value)>>>::default();
        let seen = calls.clone();
        let app = Router::new().fallback(move |method: Method, uri: Uri, body: Bytes| {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            seen.lock().unwrap().push((method, uri, body));
            async { axum::Json(json!({})) }
        });
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, calls }
    }

    pub fn calls(&self) -> Vec<(Method, Uri, Value)> {
        self.calls.lock().unwrap().clone()
    }

    pub fn last(&self) -> Option<(Method, Uri, Value)> {
        self.calls().pop()
    }
}

pub fn hook_path() -> String {
    format!("/hooks/chatlayer/webshop/{HOOK_KEY}?challenge.verifyToken={VERIFY_TOKEN}")
}

pub fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n")
}

pub fn text(session: &str, number: usize) -> String {
    let at = "2026-01-01T00:01:00.000Z";
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": session, "event": "messages", "timestamp": at,
        "messages": [{"actor": "user", "timestamp": at, "message": {
            "messageType": "text", "text": format!("message {number}"), "channelType": "web",
            "id": format!("{number:024x}"), "sender": {"id": session, "botId": "b1"}, "timestamp": at,
        }}],
    })
    .to_string()
}

/// How many messages of users are in the file that a bridge has left.
pub fn stored(folder: &std::path::Path) -> usize {
    let file = rusqlite::Connection::open(folder.join("handover.db")).unwrap();
    let count: i64 = file
        .query_row("SELECT count(*) FROM messages", (), |row| row.get(0))
        .unwrap();
    usize::try_from(count).unwrap()
}

pub fn config(
    folder: &std::path::Path,
    [public, admin, platform, desk]: [SocketAddr; 4],
) -> String {
    let folder = folder.display();
    format!(
        r#"
[server]
listen = "{public}"
public_url = "https://bridge.example.com"
drain = "0s"
[admin]
listen = "{admin}"
token = "{ADMIN_TOKEN}"
[store]
url = "sqlite:{folder}/handover.db"
[outbound]
allow_networks = ["127.0.0.0/8"]
[texts.en]
handing_over = ""
waiting = ""
joined = ""
ended = ""
nobody = ""
[bots.webshop]
platform = "chatlayer"
api_url = "http://{platform}"
access_token = "access"
verify_token = "{VERIFY_TOKEN}"
hook_key = "{HOOK_KEY}"
[bots.fashion]
platform = "certainly"
api_url = "http://{platform}"
deployment_id = "d7"
access_token = "access"
hook_key = "{HOOK_KEY}"
[desks.live]
kind = "webhook"
url = "http://{desk}/hooks"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "{DESK_TOKEN}"
[desks.other]
kind = "webhook"
url = "http://{desk}/other"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"
token = "{OTHER_DESK_TOKEN}"
[desks.room]
kind = "aivo-live"
api_url = "http://{desk}"
groups_url = "http://{desk}"
bot_id = 1000
bot_token = "bot-token-of-these-tests"
groups = [2179]
hook_key = "{HOOK_KEY}"
[desks.inbox]
kind = "chatwoot"
api_url = "http://{desk}"
account_id = 1
inbox_id = 2
api_access_token = "access-token-of-these-tests"
webhook_secret = "webhook-secret-of-these-tests"
[desks.older_inbox]
kind = "chatwoot"
api_url = "http://{desk}"
account_id = 1
inbox_id = 3
api_access_token = "access-token-of-these-tests"
hook_key = "{HOOK_KEY}"
[desks.tickets]
kind = "template"
api_url = "http://{desk}"
hook_key = "{HOOK_KEY}"
requests.open = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
requests.message = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
hook = {{ reference = "body.id", event = "none" }}
[[routes]]
desk = "live"
"#
    )
}
