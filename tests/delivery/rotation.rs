//! Secrets that are exchanged while the bridge runs: nobody who should be heard is refused on the way.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use handover_bridge::config::User;
use reqwest::{RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    PATIENCE,
    bridge::{World, client},
    free_port::free_address,
    handover_of, of_type,
    process::Process,
    until,
};

/// Which secrets callers use: the old ones, either in turn, or the new ones.
const OLD: u8 = 0;
const EITHER: u8 = 1;
const NEW: u8 = 2;

const SIGNING: [&str; 2] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
];

const PASSWORDS: [&str; 2] = ["correct horse battery", "another horse battery"];

/// A bridge whose secrets all come from files.
struct Rotated {
    world: World,
    process: Process,
    address: SocketAddr,
    folder: PathBuf,
}

impl Rotated {
    async fn start() -> Self {
        let world = World::new().await;
        let folder = world.folder().to_owned();
        let address = free_address();
        let (data, platform, desk) = (folder.display(), world.platform.address, world.desk.address);
        let config = format!(
            r#"
            server = {{ listen = "{address}", drain = "0s" }}
            store = {{ url = "sqlite:{data}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ waiting = "", joined = "", ended = "", nobody = "" }}
            [admin]
            listen = "server"
            token_file = "{data}/admin"
            [bots.webshop]
            platform = "chatlayer"
            api_url = "http://{platform}"
            access_token_file = "{data}/access"
            verify_token_file = "{data}/verify"
            hook_key_file = "{data}/hook"
            [desks.live]
            kind = "webhook"
            url = "http://{desk}/hooks"
            secret_file = "{data}/signing"
            token_file = "{data}/desk"
            [admin.users.ann]
            password_hash_file = "{data}/ann"
            role = "agent"
            "#
        );
        write(&folder, &[0]);
        fs::write(folder.join("ann"), User::hash(PASSWORDS[0]).unwrap()).unwrap();
        let process = Process::start(&folder, address, &config).await;
        Self {
            world,
            process,
            address,
            folder,
        }
    }

    /// Has the files read again, and waits until the log says so for the `nth` time.
    async fn read_again(&self, says: &str, nth: usize) {
        self.process.signal("HUP");
        let said = async {
            while self.logged(says).len() < nth {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let said = timeout(PATIENCE, said).await;
        assert!(said.is_ok(), "{says}: {:#?}", self.process.lines());
    }

    fn logged(&self, says: &str) -> Vec<Value> {
        let mut lines = self.process.lines();
        lines.retain(|line| {
            let message = line["message"].as_str();
            message.is_some_and(|message| message.starts_with(says))
        });
        lines
    }

    /// The cookie of a session, if the password is taken.
    async fn sign_in(&self, password: &str) -> Option<String> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("name", "ann")
            .append_pair("password", password)
            .finish();
        let call = browser()
            .post(format!("http://{}/console/sign-in", self.address))
            .header("origin", format!("http://{}", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = call.send().await.unwrap();
        let cookie = answer.headers().get("set-cookie")?.to_str().unwrap();
        cookie.split(';').next().map(str::to_owned)
    }

    async fn is_signed_in(&self, cookie: &str) -> bool {
        let call = browser()
            .get(format!("http://{}/console/account", self.address))
            .header("cookie", cookie);
        call.send().await.unwrap().status() == StatusCode::OK
    }

    async fn status(&self, caller: usize, secret: usize) -> StatusCode {
        let call = call(&client(), self.address, (caller, secret));
        call.send().await.unwrap().status()
    }
}

/// Sees where it is sent, and does not go there.
#[expect(clippy::disallowed_methods, reason = "a browser, not the bridge")]
fn browser() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.redirect(Policy::none()).build().unwrap()
}

fn secret(name: &str, number: usize) -> String {
    match name {
        "signing" => SIGNING[number].to_owned(),
        _ => format!("{name}-secret-number-{number}-of-these-tests"),
    }
}

/// Writes every file with the secrets of these numbers; of the access token, which is one, the first.
fn write(folder: &std::path::Path, numbers: &[usize]) {
    for name in ["admin", "verify", "hook", "signing", "desk"] {
        let lines: Vec<_> = numbers.iter().map(|number| secret(name, *number)).collect();
        fs::write(folder.join(name), lines.join("\n") + "\n").unwrap();
    }
    fs::write(folder.join("access"), secret("access", numbers[0]) + "\n").unwrap();
}

/// One of four ways in, each with a secret of its own.
fn call(
    http: &reqwest::Client,
    address: SocketAddr,
    (caller, number): (usize, usize),
) -> RequestBuilder {
    let verify = secret("verify", number);
    match caller {
        0 => http.get(format!(
            "http://{address}/hooks/chatlayer/webshop?challenge.verifyToken={verify}"
        )),
        1 => {
            let key = secret("hook", number);
            let body = json!({"event": "messages", "botId": "b1", "version": "LIVE", "sessionId": "load",
                "timestamp": "2026-01-01T00:00:00.000Z", "messages": []});
            let url = format!("http://{address}/hooks/chatlayer/webshop/{key}");
            http.post(format!("{url}?challenge.verifyToken={verify}"))
                .body(body.to_string())
        }
        2 => http
            .get(format!("http://{address}/api/admin/warnings"))
            .bearer_auth(secret("admin", number)),
        _ => http
            .get(format!(
                "http://{address}/api/v1/handovers/01a1f000-0000-7000-8000-000000000001"
            ))
            .bearer_auth(secret("desk", number)),
    }
}

/// Whether the secret was taken: to a desk that is known, a handover that does not exist is not found.
fn is_taken(status: StatusCode) -> bool {
    status == StatusCode::OK || status == StatusCode::NOT_FOUND
}

#[tokio::test]
async fn a_rotation_under_load_refuses_nobody_who_should_be_heard() {
    let rotated = Rotated::start().await;
    let phase = Arc::new(AtomicU8::new(OLD));
    let rounds: Arc<[AtomicU64; 4]> = Arc::default();
    let mut load = JoinSet::new();
    for caller in 0..4 {
        let (phase, rounds, address) = (Arc::clone(&phase), Arc::clone(&rounds), rotated.address);
        load.spawn(async move {
            let http = client();
            for round in 0_usize.. {
                let number = match phase.load(Ordering::SeqCst) {
                    OLD => 0,
                    EITHER => round % 2,
                    _ => 1,
                };
                let answer = call(&http, address, (caller, number)).send().await;
                let status = answer.unwrap().status();
                assert!(is_taken(status), "caller {caller}, round {round}: {status}");
                rounds[caller].fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    // Every caller has made calls in this phase, and none that it began before is under way.
    let all_go_on = async || {
        let before: Vec<_> = rounds
            .iter()
            .map(|one| one.load(Ordering::SeqCst))
            .collect();
        until(async || {
            let so_far = rounds.iter().map(|one| one.load(Ordering::SeqCst));
            so_far.zip(&before).all(|(now, before)| now > before + 5)
        })
        .await;
    };

    all_go_on().await;
    write(&rotated.folder, &[1, 0]);
    rotated.read_again("secrets have been exchanged", 1).await;
    phase.store(EITHER, Ordering::SeqCst);
    all_go_on().await;
    rotated
        .read_again("secrets have been read again, none has changed", 1)
        .await;
    let edited = "the configuration file is another than at the start";
    assert!(rotated.logged(edited).is_empty());
    let file = rotated.folder.join("handover.toml");
    let more = fs::read_to_string(&file).unwrap() + "\n# Another line.\n";
    fs::write(&file, more).unwrap();
    rotated.read_again(edited, 1).await;
    phase.store(NEW, Ordering::SeqCst);
    all_go_on().await;
    write(&rotated.folder, &[1]);
    rotated.read_again("secrets have been exchanged", 2).await;
    all_go_on().await;
    load.abort_all();
    while let Some(ended) = load.join_next().await {
        assert!(ended.unwrap_err().is_cancelled(), "a call was refused");
    }

    for caller in 0..4 {
        assert!(is_taken(rotated.status(caller, 1).await));
        let old = rotated.status(caller, 0).await;
        assert_eq!(old, StatusCode::UNAUTHORIZED, "the old one is over");
    }
    let exchanged = rotated.logged("secrets have been exchanged");
    let keys = "admin.token bots.webshop.access_token bots.webshop.verify_token \
                bots.webshop.hook_key desks.live.secret desks.live.token";
    assert_eq!(exchanged[0]["secrets.changed"], keys);
    let log = format!("{:?}", rotated.process.lines());
    assert!(!log.contains("-secret-number-") && !log.contains("whsec_"));
}

#[tokio::test]
async fn what_the_bridge_presents_is_exchanged_as_well() {
    let rotated = Rotated::start().await;
    let http = client();
    let offload = async |session: &str, number: usize| {
        let body = json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": session,
            "timestamp": "2026-01-01T00:00:00.000Z", "transcript": [{"actor": "user",
            "timestamp": "2026-01-01T00:00:00.000Z", "message": {"messageType": "text", "text": "help"}}]});
        let key = secret("hook", number);
        let url = format!("http://{}/hooks/chatlayer/webshop/{key}", rotated.address);
        let answer = http.post(url).body(body.to_string()).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["offloadSuccess"], true);
    };
    offload("s1", 0).await;
    write(&rotated.folder, &[1, 0]);
    rotated.read_again("secrets have been exchanged", 1).await;
    offload("s2", 1).await;
    let opened = rotated.world.desk.calls();
    assert_eq!(of_type(&opened, "handover.opened"), 2);
    let signatures = opened.iter().map(|call| call.signature.split(' ').count());
    assert_eq!(
        signatures.collect::<Vec<_>>(),
        [1, 2],
        "one for each secret"
    );

    let url = format!(
        "http://{}/api/v1/handovers/{}/events",
        rotated.address,
        handover_of(&opened)
    );
    let said = json!({"type": "message", "content": {"type": "text", "text": "Hello"}});
    let event = http.post(url).bearer_auth(secret("desk", 1)).json(&said);
    assert_eq!(event.send().await.unwrap().status(), 202);
    let platform = &rotated.world.platform;
    let calls = platform.until("the text", |calls| !calls.is_empty()).await;
    let bearer = format!("Bearer {}", secret("access", 1));
    assert_eq!(calls[0].authorization, bearer);
}

#[tokio::test]
async fn one_file_at_fault_keeps_every_secret_as_it_was() {
    let rotated = Rotated::start().await;
    write(&rotated.folder, &[1]);
    fs::write(rotated.folder.join("desk"), "short\n").unwrap();
    fs::remove_file(rotated.folder.join("access")).unwrap();
    rotated.read_again("all secrets stay as they were", 2).await;
    let told = format!("{:?}", rotated.logged("all secrets stay as they were"));
    for key in ["desks.live.token_file", "bots.webshop.access_token_file"] {
        assert!(told.contains(key), "{told}");
    }
    for caller in 0..4 {
        assert!(is_taken(rotated.status(caller, 0).await));
        let new = rotated.status(caller, 1).await;
        assert_eq!(new, StatusCode::UNAUTHORIZED);
    }
    write(&rotated.folder, &[1]);
    rotated.read_again("secrets have been exchanged", 1).await;
    for caller in 0..4 {
        assert!(is_taken(rotated.status(caller, 1).await));
    }
}

#[tokio::test]
async fn a_new_password_counts_from_a_hangup_on_and_ends_the_sessions_of_the_old_one() {
    let rotated = Rotated::start().await;
    let session = rotated.sign_in(PASSWORDS[0]).await.unwrap();
    assert!(rotated.is_signed_in(&session).await);
    let hash = User::hash(PASSWORDS[1]).unwrap();
    fs::write(rotated.folder.join("ann"), hash).unwrap();
    rotated.read_again("secrets have been exchanged", 1).await;
    let told = format!("{:?}", rotated.logged("secrets have been exchanged"));
    assert!(told.contains("admin.users.ann.password_hash"), "{told}");
    assert!(!rotated.is_signed_in(&session).await);
    assert_eq!(rotated.sign_in(PASSWORDS[0]).await, None);
    let session = rotated.sign_in(PASSWORDS[1]).await.unwrap();
    assert!(rotated.is_signed_in(&session).await);
}
