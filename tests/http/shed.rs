//! More than the store can take: who is turned away, how, and who is not.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::Method,
};
use handover_bridge::http::shed::Capacity;
use serde_json::json;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    client::{ADMIN, Bridge, Call, DESK, HANDOVER, KEY, Reply, VERIFY, send},
    store::{Apply, Script},
};

const MESSAGES: &str = include_str!("../samples/chatlayer/messages.user.text.json");
const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");

/// Far more than being turned away takes, and far less than what the callers before are waiting for.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A bridge whose store is busy with as many hooks or desk calls as may be in.
struct Full {
    bridge: Bridge,
    go: Arc<Semaphore>,
    waiting: Vec<tokio::task::JoinHandle<Reply>>,
}

impl Full {
    async fn of(calls: impl IntoIterator<Item = Call>) -> Self {
        let calls: Vec<_> = calls.into_iter().collect();
        let (apply, reached, go) = Apply::held();
        let script = Script {
            apply,
            ..Script::default()
        };
        let capacity = Capacity {
            // A bot's share, and a desk's, of two or more.
            requests: 2 * calls.len(),
            ..Capacity::default()
        };
        let bridge = Bridge::letting_in(capacity, script);
        let mut waiting = Vec::new();
        for call in calls {
            let router = bridge.router.clone();
            waiting.push(tokio::spawn(async move { send(&router, call).await }));
            reached.acquire().await.unwrap().forget();
        }
        Self {
            bridge,
            go,
            waiting,
        }
    }

    async fn at_once(&self, call: Call) -> Reply {
        timeout(AT_ONCE, self.bridge.send(call)).await.unwrap()
    }

    async fn finish(self) {
        self.go.add_permits(self.waiting.len());
        for waiting in self.waiting {
            assert!(waiting.await.unwrap().status.is_success());
        }
    }
}

fn hook(body: impl Into<Body>) -> Call {
    Call::post(
        &format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}"),
        body,
    )
}

fn typing() -> Call {
    let path = format!("/api/v1/handovers/{HANDOVER}/events");
    Call::post(&path, r#"{"type": "typing"}"#)
        .json()
        .bearer(DESK)
}

fn declined() -> serde_json::Value {
    json!({"offloadSuccess": false, "pauseBot": false})
}

fn is_shed(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (503, "unavailable")
    );
    assert!(reply.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_hook_too_many_is_to_come_again_and_an_offload_too_many_is_declined() {
    let full = Full::of([hook(MESSAGES), hook(MESSAGES)]).await;
    is_shed(&full.at_once(hook(MESSAGES)).await);
    is_shed(
        &full
            .at_once(hook(MESSAGES.replace("\"messages\",", "\"rating\",")))
            .await,
    );
    let offload = full.at_once(hook(OFFLOAD)).await;
    assert_eq!((offload.status.as_u16(), offload.json()), (200, declined()));
    assert_eq!(full.bridge.store.steps().len(), 2, "nothing more was taken");
    full.finish().await;
}

#[tokio::test]
async fn whoever_has_no_secret_learns_nothing_of_it() {
    let full = Full::of([hook(MESSAGES)]).await;
    let keyed = format!("/hooks/chatlayer/webshop/{KEY}");
    for call in [
        Call::post("/hooks/chatlayer/webshop?verifyToken=wrong", OFFLOAD),
        Call::post(&keyed, MESSAGES),
    ] {
        assert_eq!(full.at_once(call).await.status, 401);
    }
    full.finish().await;
}

#[tokio::test]
async fn hooks_keep_neither_desks_nor_probes_nor_operators_out() {
    let full = Full::of([hook(MESSAGES)]).await;
    let health = format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}");
    for (call, status) in [
        (Call::get("/livez"), 200),
        (Call::get("/readyz"), 200),
        (Call::get(&health), 200),
        (Call::get("/api/admin/warnings").bearer(ADMIN), 200),
        (
            Call::get(&format!("/api/v1/handovers/{HANDOVER}")).bearer(DESK),
            404,
        ),
        (Call::new(Method::PUT, "/livez"), 405),
    ] {
        assert_eq!(full.at_once(call).await.status, status);
    }
    full.finish().await;
}

#[tokio::test]
async fn desks_keep_hooks_not_out_and_are_turned_away_before_anything_is_read() {
    let full = Full::of([typing()]).await;
    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let path = format!("/api/v1/handovers/{HANDOVER}/events");
    is_shed(
        &full
            .at_once(Call::post(&path, never).json().bearer(DESK))
            .await,
    );
    is_shed(
        &full
            .at_once(Call::get(&format!("/api/v1/handovers/{HANDOVER}")).bearer(DESK))
            .await,
    );
    // It gets as far as the store, which holds everybody.
    let store = full.bridge.store.clone();
    let router = full.bridge.router.clone();
    let taken = tokio::spawn(async move { send(&router, hook(MESSAGES)).await });
    while store.steps().len() < 2 {
        tokio::task::yield_now().await;
    }
    full.go.add_permits(1);
    full.finish().await;
    assert_eq!(taken.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_place_is_kept_by_the_work_and_not_by_the_client() {
    let full = Full::of([hook(MESSAGES)]).await;
    full.waiting[0].abort();
    while !full.waiting[0].is_finished() {
        tokio::task::yield_now().await;
    }
    is_shed(&full.at_once(hook(MESSAGES)).await);
    full.go.add_permits(1);
    full.bridge.tasks.close();
    timeout(AT_ONCE, full.bridge.tasks.wait()).await.unwrap();
    full.go.add_permits(1);
    assert_eq!(full.at_once(hook(MESSAGES)).await.status, 200);
}

/// A body that has come but for its last byte, and what sends that.
fn unfinished(text: &str) -> (Body, tokio::sync::oneshot::Sender<()>) {
    let (go, gone) = tokio::sync::oneshot::channel();
    let (last, first) = {
        let mut bytes = Bytes::copy_from_slice(text.trim_end().as_bytes());
        (bytes.split_off(bytes.len() - 1), bytes)
    };
    let first = futures_util::stream::once(async move { Ok::<_, std::io::Error>(first) });
    let last = futures_util::stream::once(async move {
        let _ = gone.await;
        Ok(last)
    });
    let whole = futures_util::StreamExt::chain(first, last);
    (Body::from_stream(whole), go)
}

#[tokio::test]
async fn bodies_without_room_are_heard_out_for_their_name_and_not_kept() {
    let capacity = Capacity {
        requests: 100,
        body_bytes: 2 * MESSAGES.len() + 10,
        ..Capacity::default()
    };
    let bridge = Bridge::letting_in(capacity, Script::default());
    let (body, go) = unfinished(MESSAGES);
    let router = bridge.router.clone();
    let first = tokio::spawn(async move { send(&router, hook(body)).await });
    let mut turned_away = false;
    // Until the first body takes up its room the others find it.
    while !turned_away {
        tokio::task::yield_now().await;
        turned_away = bridge.send(hook(MESSAGES)).await.status == 503;
    }
    let offload = bridge.send(hook(OFFLOAD)).await;
    assert_eq!((offload.status.as_u16(), offload.json()), (200, declined()));
    let desk = bridge.send(typing()).await;
    assert_eq!(desk.status, 202, "desks have room of their own");
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(bridge.send(hook(MESSAGES)).await.status, 200);
}

/// An offload with so many values beside its own.
fn offload_of(values: usize) -> Call {
    let mut offload: serde_json::Value = serde_json::from_str(OFFLOAD).unwrap();
    offload["payload"] = vec![0; values].into();
    hook(offload.to_string())
}

#[tokio::test]
async fn what_bodies_become_is_bounded_by_their_values_however_few_bytes_they_have() {
    let (apply, reached, go) = Apply::held();
    let script = Script {
        apply,
        ..Script::default()
    };
    let capacity = Capacity {
        values: 24_000,
        ..Capacity::default()
    };
    let bridge = Bridge::letting_in(capacity, script);
    let router = bridge.router.clone();
    let first = tokio::spawn(async move { send(&router, offload_of(7_000)).await });
    reached.acquire().await.unwrap().forget();
    let offload = bridge.send(offload_of(7_000)).await;
    assert_eq!((offload.status.as_u16(), offload.json()), (200, declined()));
    let many = "[0],".repeat(4_000);
    let messages = MESSAGES.replacen('{', &format!("{{\"x\":[{many}0],"), 1);
    is_shed(&bridge.send(hook(messages)).await);
    assert_eq!(bridge.store.steps().len(), 1, "nothing more was taken");
    go.add_permits(2);
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(bridge.send(hook(MESSAGES)).await.status, 200);
}
