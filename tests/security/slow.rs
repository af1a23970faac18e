//! Slow clients, many and of every kind: nobody else waits for them, and all are closed.
//!
//! The very same clients stay connected to `axum::serve`: that is why the accept loop is our own, and it shows that they
//! are an attack.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Bytes,
    routing::{get, post},
};
use futures_util::future::join_all;
use handover_bridge::http::server::{Options, Shutdown, listen};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use crate::{PATIENCE, raw};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SaysNothing,
    DripsItsHead,
    StopsInItsHead,
    DripsItsBody,
    StopsInItsBody,
    NeverReads,
    IdlesOn,
}

const KINDS: [Kind; 7] = [
    Kind::SaysNothing,
    Kind::DripsItsHead,
    Kind::StopsInItsHead,
    Kind::DripsItsBody,
    Kind::StopsInItsBody,
    Kind::NeverReads,
    Kind::IdlesOn,
];
/// What the kind under test has.
const LIMIT: Duration = Duration::from_millis(400);
/// What all others have, so that a busy machine is not taken for a slow client.
const NO_LIMIT: Duration = Duration::from_mins(10);
/// Of each kind.
const CLIENTS: usize = 100;
/// More than the buffers of both sides take in.
const LARGE: usize = 32 << 20;

/// What answers the clients, and which of the large answers it still holds.
#[derive(Clone)]
struct Victim {
    router: Router,
    answering: TaskTracker,
}

/// A large answer; gone when the server has given it up or written all of it.
struct Large(
    Bytes,
    #[expect(dead_code, reason = "held")] TaskTrackerToken,
);

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Victim {
    fn new() -> Self {
        let answering = TaskTracker::new();
        answering.close();
        let (bytes, tracker) = (Bytes::from(vec![b'x'; LARGE]), answering.clone());
        let large = move || {
            let answer = Large(bytes.clone(), tracker.token());
            async { Bytes::from_owner(answer) }
        };
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            // It waits for as long as it takes.
            .route("/form", post(|_: Bytes| async { "heard" }))
            .route("/large", get(large));
        Self { router, answering }
    }

    fn serve(&self, options: Options) -> SocketAddr {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = options.build(listener, self.router.clone());
        let address = server.local_addr().unwrap();
        tokio::spawn(server.run(Shutdown::default()));
        address
    }
}

impl Kind {
    fn clients(self) -> usize {
        // Those that are sent something large are few, or they are a test of memory.
        if self == Self::NeverReads { 4 } else { CLIENTS }
    }

    /// Patient in all but what this kind is slow at.
    fn limit(self) -> Options {
        let mut options = patient();
        match self {
            Self::SaysNothing => options.first_byte = LIMIT,
            Self::DripsItsHead | Self::StopsInItsHead => options.head = LIMIT,
            Self::DripsItsBody | Self::StopsInItsBody => options.body = LIMIT,
            Self::NeverReads => options.write = LIMIT,
            Self::IdlesOn => options.keep_alive = LIMIT,
        }
        options
    }

    /// Connects and goes as far as it ever goes.
    async fn begin(self, address: SocketAddr) -> TcpStream {
        let mut stream = raw::connect(address).await;
        let request = raw::request(("GET", "/"), "").replace("close", "keep-alive");
        let first = match self {
            Self::SaysNothing => "",
            Self::DripsItsHead | Self::StopsInItsHead => "GET / HTTP/1.1\r\nx-",
            Self::DripsItsBody | Self::StopsInItsBody => {
                "POST /form HTTP/1.1\r\nhost: bridge\r\ncontent-length: 1000000\r\n\r\nx"
            }
            Self::NeverReads => &request.replace("GET / ", "GET /large "),
            Self::IdlesOn => &request,
        };
        stream.write_all(first.as_bytes()).await.unwrap();
        match self {
            // Its answer has begun.
            Self::NeverReads => assert_eq!(stream.read_u8().await.unwrap(), b'H'),
            Self::IdlesOn => assert_eq!(raw::next(&mut stream).await.unwrap().status, 200),
            Self::SaysNothing
            | Self::DripsItsHead
            | Self::StopsInItsHead
            | Self::DripsItsBody
            | Self::StopsInItsBody => {}
        }
        stream
    }

    /// Waits until the other side has given the client up.
    async fn given_up(self, stream: &mut TcpStream, victim: &Victim) {
        match self {
            Self::DripsItsHead | Self::DripsItsBody => {
                while stream.write_all(b"x").await.is_ok() {
                    if timeout(LIMIT / 4, closed(stream)).await.is_ok() {
                        break;
                    }
                }
            }
            Self::NeverReads => {
                victim.answering.wait().await;
                // What is left of an answer that was cut off is less than the whole.
                let mut left = Vec::new();
                let _ = stream.read_to_end(&mut left).await;
                assert!(left.len() < LARGE, "it was written as a whole");
            }
            Self::SaysNothing | Self::StopsInItsHead | Self::StopsInItsBody | Self::IdlesOn => {
                closed(stream).await;
            }
        }
    }
}

fn patient() -> Options {
    Options {
        first_byte: NO_LIMIT,
        head: NO_LIMIT,
        keep_alive: NO_LIMIT,
        body: NO_LIMIT,
        write: NO_LIMIT,
        ..Options::default()
    }
}

async fn closed(stream: &mut TcpStream) {
    // A reset is an end too.
    while stream.read_u8().await.is_ok() {}
}

/// All clients of a kind, each as far as it goes.
async fn all_of(kind: Kind, address: SocketAddr) -> Vec<TcpStream> {
    join_all((0..kind.clients()).map(|_| kind.begin(address))).await
}

/// How many of these the other side keeps for longer than `time`.
async fn kept(clients: Vec<TcpStream>, kind: Kind, (victim, time): (&Victim, Duration)) -> usize {
    let ends = clients.into_iter().map(|mut stream| async move {
        let given_up = kind.given_up(&mut stream, victim);
        timeout(time, given_up).await.is_err()
    });
    let kept = join_all(ends).await;
    kept.into_iter().filter(|kept| *kept).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_of_every_kind_are_closed() {
    let kinds = KINDS.map(async |kind| {
        // Each its own: only one limit can have done it.
        let victim = Victim::new();
        let clients = all_of(kind, victim.serve(kind.limit())).await;
        (kind, kept(clients, kind, (&victim, PATIENCE)).await)
    });
    assert_eq!(join_all(kinds).await, KINDS.map(|kind| (kind, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_slow_clients_of_every_kind_are_connected() {
    let victim = Victim::new();
    let address = victim.serve(patient());
    let held = join_all(KINDS.map(|kind| all_of(kind, address))).await;
    for _ in 0..20 {
        let answer = raw::ask(address, ("GET", "/"), "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    }
    for (kind, clients) in KINDS.into_iter().zip(held) {
        let all = clients.len();
        let none = Duration::from_millis(1);
        assert_eq!(kept(clients, kind, (&victim, none)).await, all, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_clients_stay_connected_to_a_plain_axum_serve() {
    let victim = Victim::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = victim.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let kinds = KINDS.map(async |kind| {
        let clients = vec![kind.begin(address).await];
        (kind, kept(clients, kind, (&victim, 5 * LIMIT)).await)
    });
    assert_eq!(join_all(kinds).await, KINDS.map(|kind| (kind, 1)));
}
