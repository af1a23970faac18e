//! Slow clients, many and of every kind: all are closed, and nobody else waits for them.
//!
//! The very same attack on `axum::serve` closes none of them: that is why the accept loop is our own, and it shows that
//! the attack is one.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::get};
use handover_bridge::http::server::{Options, Shutdown};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::raw;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SaysNothing,
    DripsItsHead,
    StopsInItsHead,
    NeverReads,
    IdlesOn,
}

const KINDS: [Kind; 5] = [
    Kind::SaysNothing,
    Kind::DripsItsHead,
    Kind::StopsInItsHead,
    Kind::NeverReads,
    Kind::IdlesOn,
];
const LIMIT: Duration = Duration::from_millis(400);
/// When to look. Everything is over soon after the limit, on a busy machine too.
const LOOK: Duration = Duration::from_secs(5);
/// Of each kind.
const CLIENTS: usize = 100;
/// More than the buffers of both sides take in.
const LARGE: usize = 32 << 20;

fn router() -> Router {
    let large = Bytes::from(vec![b'x'; LARGE]);
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/large", get(|| async { large }))
}

/// Whether the other side has given the client up by the time it is looked at.
async fn attack(address: SocketAddr, kind: Kind) -> bool {
    let mut stream = raw::connect(address).await;
    let request = raw::request(("GET", "/"), "").replace("close", "keep-alive");
    let first = match kind {
        Kind::SaysNothing => "",
        Kind::DripsItsHead | Kind::StopsInItsHead => "GET / HTTP/1.1\r\nx-",
        Kind::NeverReads => &request.replace("GET / ", "GET /large "),
        Kind::IdlesOn => &request,
    };
    stream.write_all(first.as_bytes()).await.unwrap();
    match kind {
        Kind::DripsItsHead => {
            let began = Instant::now();
            while began.elapsed() < LOOK {
                if stream.write_all(b"x").await.is_err()
                    || closed_within(&mut stream, LIMIT / 4).await
                {
                    return true;
                }
            }
            false
        }
        Kind::NeverReads => {
            sleep(LOOK).await;
            // What is left of an answer that was cut off is less than the whole.
            let mut read = Vec::new();
            let end = timeout(LOOK, stream.read_to_end(&mut read)).await;
            matches!(end, Ok(Err(_))) || end.is_ok() && read.len() < LARGE
        }
        Kind::SaysNothing | Kind::StopsInItsHead | Kind::IdlesOn => {
            closed_within(&mut stream, LOOK).await
        }
    }
}

async fn closed_within(stream: &mut TcpStream, time: Duration) -> bool {
    let mut bytes = [0; 1024];
    let closed = async {
        while let Ok(read) = stream.read(&mut bytes).await {
            if read == 0 {
                break;
            }
        }
    };
    timeout(time, closed).await.is_ok()
}

/// The kinds of which at least one client was not given up.
async fn left_open(address: SocketAddr, clients: usize) -> Vec<Kind> {
    let attacks: Vec<_> = KINDS
        .into_iter()
        .map(|kind| {
            // Those that are sent something large are few, or they are a test of memory.
            let clients = if kind == Kind::NeverReads {
                clients.min(4)
            } else {
                clients
            };
            let attacks = (0..clients).map(|_| tokio::spawn(attack(address, kind)));
            (kind, attacks.collect::<Vec<_>>())
        })
        .collect();
    let mut open = Vec::new();
    for (kind, attacks) in attacks {
        for attack in attacks {
            if !attack.await.unwrap() && !open.contains(&kind) {
                open.push(kind);
            }
        }
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_of_every_kind_are_closed_and_others_are_served_meanwhile() {
    let options = Options {
        first_byte: LIMIT,
        head: LIMIT,
        keep_alive: LIMIT,
        write: LIMIT,
        ..Options::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = options.build(listener, router());
    let address = server.local_addr().unwrap();
    let running = tokio::spawn(server.run(Shutdown::default()));
    let attack = tokio::spawn(left_open(address, CLIENTS));
    let mut slowest = Duration::ZERO;
    while !attack.is_finished() {
        let asked = Instant::now();
        let answer = raw::ask(address, ("GET", "/"), "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
        slowest = slowest.max(asked.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(attack.await.unwrap(), []);
    // 100 ms is the promise of a release build; this is for a debug build beside other tests.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    running.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_clients_stay_connected_to_a_plain_axum_serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = tokio::spawn(async move { axum::serve(listener, router()).await });
    assert_eq!(left_open(address, 1).await, KINDS);
    plain.abort();
}
