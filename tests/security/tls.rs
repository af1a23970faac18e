//! A desk whose certificate is not to be believed, or that speaks only what is out of date, is told nothing, and loses
//! nothing. The bridge trusts the authority of the test as it would one of its operator's: by `SSL_CERT_FILE`.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use crate::{
    PATIENCE,
    authority::Authority,
    bridge::{ADMIN_TOKEN, bearer, hook_path, text},
    process::Process,
    raw,
};

/// What a server of TLS 1.1 and no later says to one that offers 1.2 and 1.3: a fatal alert, `protocol_version`.
const NO_VERSION_IN_COMMON: &[u8] = &[21, 3, 2, 0, 2, 2, 70];
/// What one says that does not look at what is offered: a `ServerHello` of TLS 1.1 (3, 2) with a suite of its time.
const HELLO_OF_TLS_1_1: &[u8] = &[
    22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x13, 0,
];

/// A desk that takes all it is told; cheap to clone.
#[derive(Clone)]
struct Desk {
    address: SocketAddr,
    speaks: Arc<Mutex<Speaks>>,
    heard: Arc<Mutex<Vec<Value>>>,
}

#[derive(Clone)]
enum Speaks {
    Tls(Arc<ServerConfig>),
    Outdated(&'static [u8]),
}

impl Desk {
    async fn start(speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Self {
            address: listener.local_addr().unwrap(),
            speaks: Arc::new(Mutex::new(speaks)),
            heard: Arc::default(),
        };
        let serving = desk.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        desk
    }

    fn speak(&self, speaks: Speaks) {
        *self.speaks.lock().unwrap() = speaks;
    }

    /// One call a connection, so that the next meets what the desk speaks by then.
    async fn serve(self, mut stream: TcpStream) {
        let speaks = self.speaks.lock().unwrap().clone();
        match speaks {
            Speaks::Tls(config) => {
                // A client that does not believe us says so and goes.
                let Ok(stream) = TlsAcceptor::from(config).accept(stream).await else {
                    return;
                };
                let router = Router::new().fallback(async move |body: Bytes| {
                    let call = serde_json::from_slice(&body).unwrap();
                    self.heard.lock().unwrap().push(call);
                    "{}"
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
                    .await;
            }
            Speaks::Outdated(answer) => {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }
}

/// Speaks to the bridge as the bot platform and the operators do.
struct Caller<'a>(&'a Process);

impl Caller<'_> {
    async fn offload(&self, session: &str) -> bool {
        let request = json!({
            "botId": "b1", "version": "LIVE", "sessionId": session, "event": "offload",
            "timestamp": "2026-01-01T00:00:01.000Z", "transcript": [],
        });
        let answer = self.hook(&request).await;
        answer["offloadSuccess"].as_bool().unwrap()
    }

    async fn hook(&self, body: &Value) -> Value {
        let request = raw::post(&hook_path(), "", &body.to_string());
        let answer = raw::exchange(self.0.public, request.as_bytes())
            .await
            .remove(0);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn admin(&self, path: &str) -> Value {
        let answer = raw::ask(self.0.admin, ("GET", path), &bearer(ADMIN_TOKEN)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// How often operators were told that nothing is sent to the desk.
    async fn pauses(&self) -> u64 {
        let list = self.admin("/api/admin/warnings").await;
        let warnings = list["warnings"].as_array().unwrap().iter();
        warnings
            .filter(|warning| warning["kind"] == "destination_paused")
            .map(|warning| warning["count"].as_u64().unwrap())
            .sum()
    }

    /// What the desk is still owed.
    async fn owed(&self) -> Vec<Value> {
        let path = "/api/admin/deliveries?destination=desk:live&state=retrying";
        let list = self.admin(path).await;
        list["deliveries"].as_array().unwrap().clone()
    }

    async fn retry(&self, delivery: &Value) {
        let id = delivery["id"].as_str().unwrap();
        let request = raw::post(
            &format!("/api/admin/deliveries/{id}/retry"),
            &bearer(ADMIN_TOKEN),
            "",
        );
        let answer = raw::exchange(self.0.admin, request.as_bytes())
            .await
            .remove(0);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_desk_that_cannot_be_believed_is_paused_and_hears_all_of_it_when_it_can() {
    let authority = Authority::new();
    let good = || Speaks::Tls(authority.good());
    let desk = Desk::start(good()).await;
    let url = format!("https://localhost:{}/hooks", desk.address.port());
    let process = Process::start_with(
        |config| {
            let line = config.lines().find(|line| line.ends_with("/hooks\""));
            config.replace(line.unwrap(), &format!("url = \"{url}\""))
        },
        &[("SSL_CERT_FILE", authority.certificate().as_os_str())],
    )
    .await;
    let caller = Caller(&process);
    assert!(caller.offload("s1").await, "{}", process.log());

    let faults = [
        ("expired", Speaks::Tls(authority.expired())),
        ("of another host", Speaks::Tls(authority.of_another_host())),
        ("of nobody", Speaks::Tls(authority.of_nobody())),
        ("no version", Speaks::Outdated(NO_VERSION_IN_COMMON)),
        ("TLS 1.1", Speaks::Outdated(HELLO_OF_TLS_1_1)),
    ];
    for (number, (fault, speaks)) in faults.into_iter().enumerate() {
        desk.speak(speaks);
        let (pauses, heard) = (caller.pauses().await, desk.heard().len());
        let message = text("s1", number);
        caller.hook(&serde_json::from_str(&message).unwrap()).await;
        until(fault, async || caller.pauses().await == pauses + 1).await;
        until(fault, async || !caller.owed().await.is_empty()).await;

        let owed = caller.owed().await;
        assert_eq!(owed.len(), 1, "{fault}: {owed:?}");
        assert_eq!(owed[0]["error_class"], "certificate", "{fault}");
        assert_eq!(owed[0]["attempts"], 0, "{fault}: an attempt is burnt");
        assert!(!caller.offload(&format!("refused-{number}")).await);
        assert_eq!(desk.heard().len(), heard, "{fault}: it was told something");

        desk.speak(good());
        caller.retry(&owed[0]).await;
        let wanted = format!("message {number}");
        until(fault, async || {
            let heard = desk.heard();
            let mut texts = heard
                .iter()
                .map(|call| &call["data"]["message"]["content"]["text"]);
            texts.any(|text| *text == wanted)
        })
        .await;
    }
}
