//! Clients that go away, at each byte of what they had to say: a step happens as a whole or not at all.

use std::time::Duration;

use handover_bridge::http::server;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use crate::{
    PATIENCE,
    bridge::{Bridge, DESK_TOKEN, bearer, hook_path, stored, text},
    raw,
};

/// With a reset rather than a farewell, every other time.
async fn hang_up_after(bridge: &Bridge, bytes: &[u8], reset: bool) {
    let mut stream = raw::connect(bridge.public).await;
    stream.write_all(bytes).await.unwrap();
    if reset {
        reset_on_drop(&stream);
    }
}

fn reset_on_drop(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}

#[tokio::test]
async fn whoever_hangs_up_at_any_byte_leaves_nothing_half_done_and_nothing_held() {
    // Fewer places than clients: one that is not given back is missed.
    let bridge = Bridge::start_with("max_connections = 16").await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    let said = r#"{"type":"message","content":{"type":"text","text":"half"}}"#;
    let requests = [
        raw::post(&hook_path(), "", &text("s1", 1)),
        raw::post_chunked(&hook_path(), "", &text("s1", 2)),
        raw::post(&events, &bearer(DESK_TOKEN), said),
    ];
    for request in &requests {
        for length in 0..request.len() {
            let bytes = &request.as_bytes()[..length];
            hang_up_after(&bridge, bytes, length % 2 == 0).await;
        }
    }
    // Each is whole only with its last byte. A chunked body may lack its last line end.
    let answer = bridge.hook(&text("s1", 3)).await;
    assert_eq!(answer.status, 200);
    let folder = bridge.stop().await;
    let stored = stored(folder.path());
    assert!((1..=2).contains(&stored), "{stored} messages were stored");
}

#[tokio::test]
async fn what_was_heard_whole_is_finished_whether_or_not_somebody_waits() {
    let bridge = Bridge::start().await;
    for number in 0..50 {
        let request = raw::post(&hook_path(), "", &text("s1", number));
        hang_up_after(&bridge, request.as_bytes(), number % 2 == 0).await;
    }
    // All or nothing of each: a repeat is known or stored now, and either way it is there once.
    for number in 0..50 {
        assert_eq!(bridge.hook(&text("s1", number)).await.status, 200);
    }
    let folder = bridge.stop().await;
    assert_eq!(stored(folder.path()), 50);
}

#[tokio::test]
async fn a_plain_router_drops_the_work_of_a_client_that_is_gone() {
    // Why the work has a task of its own: without one it ends with its client.
    let (started, begun) = tokio::sync::oneshot::channel();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let handler = std::sync::Mutex::new(Some((started, finish)));
    let handler = std::sync::Arc::new(handler);
    let router = axum::Router::new().route(
        "/",
        axum::routing::get(move || {
            let (started, finish) = handler.lock().unwrap().take().unwrap();
            async move {
                started.send(()).unwrap();
                std::future::pending::<()>().await;
                drop(finish);
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = server::Options::default().build(listener, router);
    let address = server.local_addr().unwrap();
    let running = tokio::spawn(server.run(server::Shutdown::default()));
    let mut client = raw::connect(address).await;
    client
        .write_all(raw::request(("GET", "/"), "").as_bytes())
        .await
        .unwrap();
    timeout(PATIENCE, begun).await.unwrap().unwrap();
    drop(client);
    assert!(timeout(PATIENCE, finished).await.unwrap().is_err());
    running.abort();
    let _ = timeout(Duration::from_secs(1), running).await;
}
