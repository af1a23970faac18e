//! The accept loop against clients that are slow, silent or gone, over real sockets with short time-outs.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use handover_bridge::http::server::{self, Options, Shutdown};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};

const SHORT: Duration = Duration::from_millis(300);
/// Far beyond any time-out under test: whatever is still open then was forgotten.
const FOREVER: Duration = Duration::from_secs(20);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: bridge\r\n\r\n";

struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

fn serve(options: Options, router: Router) -> Running {
    let listener = listen();
    let server = options.build(listener, router);
    let address = server.local_addr().unwrap();
    let shutdown = Shutdown::default();
    let task = tokio::spawn(server.run(shutdown.clone()));
    Running {
        address,
        shutdown,
        task,
    }
}

fn listen() -> TcpListener {
    server::listen("127.0.0.1:0".parse().unwrap()).unwrap()
}

fn patient() -> Options {
    Options {
        first_byte: FOREVER,
        head: FOREVER,
        keep_alive: FOREVER,
        body: FOREVER,
        write: FOREVER,
        finish: FOREVER,
        ..Options::default()
    }
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

/// A handler that says when it has begun and answers when it is told to.
fn held() -> (Router, mpsc::Receiver<tokio::sync::oneshot::Sender<()>>) {
    let (starts, begun) = mpsc::channel(16);
    let handler = move || {
        let starts = starts.clone();
        async move {
            let (go, gone) = tokio::sync::oneshot::channel();
            starts.send(go).await.unwrap();
            gone.await.unwrap();
            "held"
        }
    };
    (Router::new().route("/", get(handler)), begun)
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Reads one answer with a `content-length`, as text.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut byte = [0];
        timeout(FOREVER, stream.read_exact(&mut byte))
            .await
            .unwrap()
            .unwrap();
        text.push(byte[0]);
        if text.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(text).unwrap().to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    timeout(FOREVER, stream.read_exact(&mut body))
        .await
        .unwrap()
        .unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// Waits until the other side closes; a reset counts as closing.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = timeout(FOREVER, stream.read_to_end(&mut rest))
        .await
        .expect("the connection stays open");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed() {
    let bridge = serve(
        Options {
            first_byte: SHORT,
            ..patient()
        },
        hello(),
    );
    let began = Instant::now();
    closed(&mut connect(bridge.address).await).await;
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn connections_in_a_burst_wait_until_they_are_accepted() {
    // As a balancer does that finds the bridge again after a restart.
    const BURST: usize = 300;
    let listener = listen();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..BURST {
        waiting.push(timeout(FOREVER, connect(address)).await.unwrap());
    }
    for _ in 0..BURST {
        timeout(FOREVER, listener.accept()).await.unwrap().unwrap();
    }
}

/// Why the loop is our own: the control to the test above.
#[tokio::test]
async fn the_same_client_stays_connected_to_a_plain_axum_serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = tokio::spawn(async move { axum::serve(listener, hello()).await });
    let mut rest = Vec::new();
    let closed = timeout(SHORT * 3, connect(address).await.read_to_end(&mut rest)).await;
    assert!(closed.is_err(), "axum::serve has learnt to close it");
    plain.abort();
}

#[tokio::test]
async fn a_head_that_drips_is_closed_however_often_it_moves() {
    let bridge = serve(
        Options {
            head: SHORT,
            ..patient()
        },
        hello(),
    );
    let mut stream = connect(bridge.address).await;
    let began = Instant::now();
    for byte in GET.iter().cycle() {
        if stream
            .write_all(&[if *byte == b'\n' { b'x' } else { *byte }])
            .await
            .is_err()
        {
            break;
        }
        let mut read = [0];
        if let Ok(end) = timeout(Duration::from_millis(20), stream.read(&mut read)).await {
            assert!(matches!(end, Ok(0) | Err(_)));
            break;
        }
        assert!(began.elapsed() < FOREVER);
    }
}

#[tokio::test]
async fn an_idle_connection_outlives_the_head_time_out_and_ends_with_its_own() {
    let bridge = serve(
        Options {
            head: SHORT,
            ..patient()
        },
        hello(),
    );
    let mut stream = connect(bridge.address).await;
    for _ in 0..2 {
        sleep(SHORT * 2).await;
        stream.write_all(GET).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("hello"));
    }

    let bridge = serve(
        Options {
            keep_alive: SHORT,
            ..patient()
        },
        hello(),
    );
    let mut stream = connect(bridge.address).await;
    let asked = Instant::now();
    stream.write_all(GET).await.unwrap();
    assert!(answer(&mut stream).await.ends_with("hello"));
    closed(&mut stream).await;
    assert!(asked.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed() {
    let large = Router::new().route("/", get(|| async { vec![b'x'; 64 << 20] }));
    let bridge = serve(
        Options {
            write: SHORT,
            max_connections: 1,
            ..patient()
        },
        large,
    );
    let mut stuck = connect(bridge.address).await;
    stuck.write_all(GET).await.unwrap();
    // The only slot comes free when the bridge has given the first client up.
    let mut next = connect(bridge.address).await;
    next.write_all(GET).await.unwrap();
    let mut first = [0; 15];
    timeout(FOREVER, next.read_exact(&mut first))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_connection_over_the_cap_waits_for_a_place() {
    let (router, mut begun) = held();
    let bridge = serve(
        Options {
            max_connections: 1,
            ..patient()
        },
        router,
    );
    let mut first = connect(bridge.address).await;
    first.write_all(GET).await.unwrap();
    let go_first = begun.recv().await.unwrap();
    let mut second = connect(bridge.address).await;
    second.write_all(GET).await.unwrap();
    assert!(
        timeout(Duration::from_millis(100), begun.recv())
            .await
            .is_err()
    );
    go_first.send(()).unwrap();
    answer(&mut first).await;
    drop(first);
    timeout(FOREVER, begun.recv())
        .await
        .unwrap()
        .unwrap()
        .send(())
        .unwrap();
    assert!(answer(&mut second).await.ends_with("held"));
}

#[tokio::test]
async fn a_soft_stop_goes_on_accepting_says_close_and_lets_requests_finish() {
    let (router, mut begun) = held();
    let bridge = serve(
        Options {
            drain: FOREVER * 2,
            ..patient()
        },
        router,
    );
    let mut idle = connect(bridge.address).await;
    let mut busy = connect(bridge.address).await;
    busy.write_all(GET).await.unwrap();
    let go_busy = begun.recv().await.unwrap();

    bridge.shutdown.soft.cancel();
    let mut late = connect(bridge.address).await;
    late.write_all(GET).await.unwrap();
    begun.recv().await.unwrap().send(()).unwrap();
    assert!(answer(&mut late).await.contains("connection: close"));
    closed(&mut late).await;
    bridge.shutdown.undrained.cancel();

    // After the drain the idle one is sent home, nobody new gets in, and the busy one still has its time.
    closed(&mut idle).await;
    assert!(TcpStream::connect(bridge.address).await.is_err());
    assert!(!bridge.task.is_finished());
    go_busy.send(()).unwrap();
    assert!(answer(&mut busy).await.contains("connection: close"));
    timeout(FOREVER, bridge.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_connected_just_before_the_end_may_still_ask() {
    let drain = Duration::ZERO;
    let bridge = serve(Options { drain, ..patient() }, hello());
    let mut asks = connect(bridge.address).await;
    let mut says_nothing = connect(bridge.address).await;
    bridge.shutdown.soft.cancel();
    while TcpStream::connect(bridge.address).await.is_ok() {}
    asks.write_all(GET).await.unwrap();
    let answer = answer(&mut asks).await;
    assert!(answer.contains("connection: close") && answer.ends_with("hello"));
    closed(&mut says_nothing).await;
    timeout(FOREVER, bridge.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_hard_stop_waits_for_nobody() {
    let (router, mut begun) = held();
    let bridge = serve(
        Options {
            drain: FOREVER,
            ..patient()
        },
        router,
    );
    let mut busy = connect(bridge.address).await;
    busy.write_all(GET).await.unwrap();
    let _never = begun.recv().await.unwrap();
    bridge.shutdown.soft.cancel();
    bridge.shutdown.hard.cancel();
    timeout(FOREVER / 2, bridge.task).await.unwrap().unwrap();
    closed(&mut busy).await;
}

#[tokio::test]
async fn a_request_that_outlasts_the_finish_time_is_cut() {
    let (router, mut begun) = held();
    let bridge = serve(
        Options {
            drain: Duration::ZERO,
            finish: SHORT,
            ..patient()
        },
        router,
    );
    let mut busy = connect(bridge.address).await;
    busy.write_all(GET).await.unwrap();
    let _never = begun.recv().await.unwrap();
    bridge.shutdown.soft.cancel();
    timeout(FOREVER / 2, bridge.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn http_2_and_noise_are_not_spoken() {
    let bridge = serve(patient(), hello());
    for opening in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ] {
        let mut stream = connect(bridge.address).await;
        stream.write_all(opening).await.unwrap();
        closed(&mut stream).await;
    }
}

#[tokio::test]
async fn a_request_with_two_lengths_is_the_last_of_its_connection() {
    let bridge = serve(
        patient(),
        Router::new().route("/", axum::routing::post(|body: String| async { body })),
    );
    let mut stream = connect(bridge.address).await;
    let smuggled = "POST / HTTP/1.1\r\nhost: bridge\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    stream.write_all(smuggled.as_bytes()).await.unwrap();
    stream.write_all(GET).await.unwrap();
    let mut seen = Vec::new();
    timeout(FOREVER, stream.read_to_end(&mut seen))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        String::from_utf8(seen)
            .unwrap()
            .matches("HTTP/1.1 ")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_sender_of_too_much_reads_why_and_may_go_on() {
    let hooks = crate::client::Bridge::new(crate::store::Script::default());
    let bridge = serve(patient(), hooks.router);
    let mut stream = connect(bridge.address).await;
    let (path, token) = (crate::client::HANDOVER, crate::client::DESK);
    let length = (1 << 20) + 1;
    let head = format!(
        "POST /api/v1/handovers/{path}/events HTTP/1.1\r\nhost: bridge\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    for _ in 0..2 {
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; length]).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("http/1.1 413"));
    }
}

#[tokio::test]
async fn a_request_without_its_host_or_with_two_is_refused_but_of_http_1_0_served() {
    let hooks = crate::client::Bridge::new(crate::store::Script::default());
    let bridge = serve(patient(), hooks.router);
    let mut stream = connect(bridge.address).await;
    for hosts in ["", "host: bridge\r\nhost: another\r\n"] {
        let request = format!("GET /livez HTTP/1.1\r\n{hosts}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let refused = answer(&mut stream).await;
        assert!(refused.starts_with("http/1.1 400"), "{refused}");
        assert!(refused.contains("content-type: application/problem+json"));
        assert!(refused.contains("x-request-id: "));
    }
    for request in [
        "GET /livez HTTP/1.1\r\nhost:\r\n\r\n",
        "GET /livez HTTP/1.0\r\n\r\n",
    ] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let served = answer(&mut stream).await;
        assert!(served.split(' ').nth(1) == Some("200"), "{served}");
    }
}
