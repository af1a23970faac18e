//! The whole bridge in this process, on data of its own.

use std::net::SocketAddr;

use handover_bridge::{
    app::{self, App, Listeners},
    config::{Config, Source},
    http::server::Shutdown,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};

use crate::person::{self, Person};

#[derive(Debug)]
pub struct Bridge {
    pub address: SocketAddr,
    pub http: reqwest::Client,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), app::Error>>,
    ann: OnceCell<Person>,
    _data: TempDir,
}

const ADMIN_TOKEN: &str = "admin-token-of-these-tests-0123456789";

/// What users are told who go from one desk to another.
pub const MOVED: &str = "A colleague goes on";

impl Bridge {
    /// With these bots, desks and routes.
    pub async fn start(settings: &str) -> Self {
        let data = TempDir::new().unwrap();
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = public.local_addr().unwrap();
        let common = format!(
            r#"
            server = {{ listen = "{address}", drain = "0s" }}
            admin = {{ listen = "server", token = "{ADMIN_TOKEN}", users.ann = {} }}
            store = {{ url = "sqlite:{}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ waiting = "", joined = "", transferred = "{MOVED}", ended = "", nobody = "", reconnecting = "" }}
            "#,
            person::table(),
            data.path().display()
        );
        let listeners = Listeners {
            public,
            admin: None,
            extra: Vec::new(),
        };
        let source = Source::text("test.toml", format!("{common}\n{settings}"));
        let config = Config::load(&source).unwrap();
        app::check(&config).unwrap();
        let app = App::build(config, listeners).await.unwrap();
        Self {
            address,
            http: client(),
            shutdown: app.shutdown(),
            running: tokio::spawn(app.run()),
            ann: OnceCell::new(),
            _data: data,
        }
    }

    /// A call of a vendor's, with its answer.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(self.http.post(self.url(path)), body).await
    }

    /// A call to the desk API.
    pub async fn tell(&self, (handover, token): (&str, &str), event: &Value) -> (u16, Value) {
        let path = format!("/api/v1/handovers/{handover}/events");
        let call = self.http.post(self.url(&path)).bearer_auth(token);
        self.send(call, event).await
    }

    /// Who is at the console. She comes when she is first needed.
    pub async fn ann(&self) -> &Person {
        self.ann
            .get_or_init(|| Person::sign_in(self.address, "ann"))
            .await
    }

    pub async fn metrics(&self) -> String {
        let call = self.http.get(self.url("/metrics"));
        let call = call.bearer_auth(ADMIN_TOKEN);
        call.send().await.unwrap().text().await.unwrap()
    }

    /// The kinds of what operators were warned of.
    pub async fn warnings(&self) -> Vec<String> {
        let call = self.http.get(self.url("/api/admin/warnings"));
        let answer: Value = call
            .bearer_auth(ADMIN_TOKEN)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let warnings = answer["warnings"].as_array().unwrap().iter();
        warnings
            .filter_map(|warning| Some(warning["kind"].as_str()?.to_owned()))
            .collect()
    }

    pub async fn stop(self) {
        self.shutdown.soft.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Without waiting for calls that are under way.
    pub fn stop_at_once(&self) {
        self.shutdown.hard.cancel();
        self.running.abort();
    }

    async fn send(&self, call: reqwest::RequestBuilder, body: &Value) -> (u16, Value) {
        let answer = call.json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the caller's client, not the bridge's"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
