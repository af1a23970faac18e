//! More than the bridge can take, on the wire: what is accepted is stored, the rest is told to come again, memory stays
//! within bounds, and it says that it is alive.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    clock::{SystemClock, new_id},
    domain::policy::{BotPolicy, Policy},
    http::{self, NoSessions, secret::Accepted, server, shed::Capacity, tasks::Tasks},
    store::{Store as _, sqlite},
    telemetry::Instruments,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    bridge::{DESK_TOKEN, HOOK_KEY, VERIFY_TOKEN, Vendor, hook_path, stored, text},
    process::Process,
    raw,
};

const CLIENTS: usize = 64;
const EACH: usize = 15;
/// So few that most are turned away: the store takes them all at once into one commit.
const LET_IN: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_flood_gets_in_is_stored_and_the_rest_is_told_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::Options {
        path: folder.path().join("handover.db"),
        migrate: true,
        policy: Arc::new(Policy {
            bots: [("webshop".parse().unwrap(), BotPolicy::default())].into(),
            observe: true,
            ..Policy::default()
        }),
        clock: Arc::new(SystemClock),
        new_id,
        transcript_limits: [].into(),
        instruments: Instruments::default(),
    };
    let store = Arc::new(store.open().unwrap());
    let accepted = |secret: &str| [secret].into_iter().collect::<Accepted>();
    let state = http::Options {
        store: store.clone(),
        bots: vec![http::Bot {
            name: "webshop".parse().unwrap(),
            hook: http::BotHook::Chatlayer(http::ChatlayerHook {
                verify_token: accepted(VERIFY_TOKEN),
                hook_key: accepted(HOOK_KEY),
                channel_verify_token: Accepted::default(),
                turns: http::Turns::default(),
                in_doubt: http::InDoubt::default(),
            }),
        }],
        desks: Vec::new(),
        admin: Accepted::default(),
        sessions: Arc::new(NoSessions),
        trusted_proxies: Vec::new(),
        decide_within: Duration::from_secs(1),
        body_within: Duration::from_secs(15),
        capacity: Capacity {
            requests: LET_IN,
            ..Capacity::default()
        },
        stopping: CancellationToken::new(),
        tasks: Tasks::default(),
        clock: Arc::new(SystemClock),
        watched: http::Watched::default(),
        instruments: Instruments::default(),
    };
    let state = state.build();
    let listener = server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let server = server::Options::default().build(listener, http::public_router(state.clone()));
    let address = server.local_addr().unwrap();
    let running = tokio::spawn(server.run(server::Shutdown::default()));

    let mut flood = JoinSet::new();
    for client in 0..CLIENTS {
        flood.spawn(async move {
            let mut stream = raw::connect(address).await;
            let (mut taken, mut refused) = (0, 0);
            for number in 0..EACH {
                let body = text("s1", client * EACH + number);
                let request = raw::post(&hook_path(), "", &body).replace("close", "keep-alive");
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = raw::next(&mut stream).await.unwrap();
                match answer.status {
                    200 => taken += 1,
                    503 => {
                        assert_eq!(answer.problem(), "unavailable");
                        assert!(answer.header("retry-after").is_some());
                        refused += 1;
                    }
                    other => panic!("{other}: {}", answer.body),
                }
            }
            (taken, refused)
        });
    }
    while state.hooks().shed_total() == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..10 {
        assert_eq!(raw::ask(address, ("GET", "/livez"), "").await.status, 200);
    }
    let (taken, refused) = flood
        .join_all()
        .await
        .into_iter()
        .fold((0, 0), |(taken, refused), (more, less)| {
            (taken + more, refused + less)
        });
    assert_eq!(taken + refused, CLIENTS * EACH);
    let shed = usize::try_from(state.hooks().shed_total()).unwrap();
    // A slow disk adds some that were let in and not stored in time. They may be there all the same.
    let late = refused.checked_sub(shed).expect("who is shed is told so");
    assert!(taken > 0 && shed > 0, "{taken} taken, {shed} shed");
    running.abort();
    store.close().await;
    let stored = stored(folder.path());
    assert!(
        (taken..=taken + late).contains(&stored),
        "{taken} taken, {late} late, {stored} stored"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_do_not_end_share_a_bounded_room() {
    const BODIES: usize = 24;
    const LENGTH: usize = 4 << 20;
    let process = Process::start("0s").await;
    let before = process.memory();
    let path = format!("/hooks/chatlayer/webshop/{HOOK_KEY}");
    let shell = r#"{"botId":"b1","version":"LIVE","sessionId":"s1","event":"offload","transcript":[],"x":""#;
    let body = format!("{shell}{}\"}}", "x".repeat(LENGTH - shell.len() - 2));
    let request = Arc::new(raw::post(&path, "", &body));
    let mut senders = JoinSet::new();
    for _ in 0..BODIES {
        let request = request.clone();
        // What is sent is soon read: little of it can lie between.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(64 << 10).unwrap();
        let mut stream = socket.connect(process.public).await.unwrap();
        senders.spawn(async move {
            let bytes = request.as_bytes();
            let (whole, last) = bytes.split_at(bytes.len() - 1);
            stream.write_all(whole).await.unwrap();
            (stream, last.to_vec())
        });
    }
    let senders = senders.join_all().await;
    let sent = BODIES * LENGTH;
    let grown = process.memory().saturating_sub(before);
    assert!(grown < 80 << 20, "{grown} bytes for {sent} that were sent");
    let mut heard = JoinSet::new();
    for (mut stream, last) in senders {
        heard.spawn(async move {
            stream.write_all(&last).await.unwrap();
            raw::next(&mut stream).await.unwrap()
        });
    }
    // Nobody took it: there was no room, or there is no desk.
    for answer in heard.join_all().await {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["offloadSuccess"], false);
    }
}

/// As much as the hooks hold of them at once, and more. Each of these is small, and becomes two hundred times as much.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_bodies_of_many_values_become_fits_into_the_memory_that_the_bridge_is_given() {
    const GIVEN: usize = 512 << 20;
    // A bot that is alone with its hook may hold all that the gate has.
    let alone = |config: String| {
        let others = ["[bots.fashion]", "[desks.room]", "[desks.inbox]"];
        let sections = config.split("\n[").enumerate().map(|(place, section)| {
            if place == 0 {
                section.to_owned()
            } else {
                format!("[{section}")
            }
        });
        let kept =
            sections.filter(|section| others.iter().all(|other| !section.starts_with(other)));
        kept.collect::<Vec<_>>().join("\n")
    };
    let process = Process::start_with(alone, &[]).await;
    let path = format!("/hooks/chatlayer/webshop/{HOOK_KEY}");
    let chain = format!("{}0{}", r#"{"":"#.repeat(58), "}".repeat(58));
    let values = vec![chain; 2_200].join(",");
    let mut senders = JoinSet::new();
    for number in 0..12 {
        let body = format!(
            r#"{{"botId":"b1","version":"LIVE","sessionId":"s{number}","event":"offload",
            "transcript":[{{"actor":"bot","message":{{"x":[{values}]}}}}]}}"#
        );
        let (address, request) = (process.public, raw::post(&path, "", &body));
        senders.spawn(async move { raw::exchange(address, request.as_bytes()).await.remove(0) });
    }
    for answer in senders.join_all().await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let peak = process.peak();
    assert!(peak < GIVEN, "{peak} bytes");
    let answer = raw::ask(process.public, ("GET", "/livez"), "").await;
    assert_eq!(answer.status, 200);
}

/// What was taken in one by one is not read back all at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_of_100_megabytes_is_handed_over_in_what_a_call_may_hold() {
    const MESSAGES: usize = 100;
    let vendor = Vendor::start().await;
    let away = |config: String| {
        let mut addresses = config.split("http://").skip(1);
        let nobody = addresses.find_map(|rest| rest.get(..rest.find(['/', '"'])?));
        let nobody = nobody.expect("an address of a vendor").to_owned();
        config.replace(&nobody, &vendor.address.to_string())
    };
    let process = Process::start_with(away, &[]).await;
    for number in 0..MESSAGES {
        let body = text("s1", number).replace("message ", &"x".repeat(1_000_000));
        let request = raw::post(&hook_path(), "", &body);
        // A slow disk has some come again.
        while raw::exchange(process.public, request.as_bytes()).await[0].status != 200 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    let offload =
        r#"{"botId":"b1","version":"LIVE","sessionId":"s1","event":"offload","transcript":[]}"#;
    let request = raw::post(&hook_path(), "", offload);
    let answer = raw::exchange(process.public, request.as_bytes()).await;
    assert_eq!(answer[0].json()["offloadSuccess"], true);
    let opened = vendor.last().unwrap().2;
    assert_eq!(opened["data"]["transcript"].as_array().unwrap().len(), 1);
    assert_eq!(opened["data"]["transcript_total"], MESSAGES);
    let handover = opened["data"]["handover"]["id"].as_str().unwrap();
    let url = format!("http://{}/api/v1/handovers/{handover}", process.public);
    let shown = client()
        .get(url)
        .bearer_auth(DESK_TOKEN)
        .send()
        .await
        .unwrap();
    let shown: serde_json::Value = shown.json().await.unwrap();
    let shown = shown["transcript"].as_array().unwrap().len();
    assert_eq!(shown, MESSAGES, "all of it is there to be read");
    let peak = process.peak();
    assert!(peak < 128 << 20, "{peak} bytes");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the desk's client, not the bridge's"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// All connections that the defaults allow, held like these, fit beside the process into the 256 MiB that it is given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_do_not_end_fit_into_the_memory_that_the_bridge_is_given() {
    const GIVEN: usize = 256 << 20;
    const PROCESS: usize = 48 << 20;
    let most = (GIVEN - PROCESS) / server::Options::default().max_connections;
    let process = Process::start("0s").await;
    for length in [8 << 10, 15 << 10, 31 << 10] {
        // The first ones have the process take what it takes once.
        let first = hold(&process, (512, length)).await;
        let before = process.memory();
        let more = hold(&process, (1536, length)).await;
        let each = process.memory().saturating_sub(before) / more.len();
        assert!(each < most, "{each} bytes for each head of {length}");
        drop((first, more));
    }
    // Nobody keeps a head from ending that is long by right.
    let cookie = format!("cookie: {}\r\n", "x".repeat(12 << 10));
    while raw::exchange(
        process.public,
        raw::request(("GET", "/livez"), &cookie).as_bytes(),
    )
    .await
    .is_empty()
    {
        sleep(Duration::from_millis(10)).await;
    }
}

/// So many connections that stop within a head of this length. It has been read when an answer comes behind it.
async fn hold(process: &Process, (connections, length): (usize, usize)) -> Vec<TcpStream> {
    let begun = "GET /livez HTTP/1.1\r\nhost: bridge\r\nx: ";
    let sent = format!("{begun}{}", "x".repeat(length - begun.len()));
    let mut held = Vec::new();
    for _ in 0..connections {
        let mut stream = raw::connect(process.public).await;
        // One that is closed meanwhile takes nothing.
        let _ = stream.write_all(sent.as_bytes()).await;
        held.push(stream);
    }
    for _ in 0..10 {
        let answer = raw::ask(process.public, ("GET", "/livez"), "").await;
        assert_eq!(answer.status, 200);
    }
    held
}
