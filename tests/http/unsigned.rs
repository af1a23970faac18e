//! Calls that show a secret only by a signature over their bodies: until then they are in nobody's way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use handover_bridge::{domain::conversation::Answer, http::shed::Capacity};
use tokio::time::timeout;

use crate::{
    chatwoot::{SIGNED, headed, message, signed},
    client::{Bridge, CHATWOOT_KEY, CHATWOOT_NOW, Call, HANDOVER, KEY, VERIFY, send},
    store::{Apply, Script},
};

const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");
/// What is announced as one and is none.
const SIGNATURE: &str = "sha256=00";
/// Far more than an answer takes that waits for nothing. The rest of a body never comes.
const AT_ONCE: Duration = Duration::from_secs(20);

const ONE: Capacity = Capacity {
    requests: 1,
    body_bytes: 64 << 10,
    values: 4 << 10,
};

/// The first bytes of a body; each time that more is asked for is counted.
pub fn unfinished(first: &'static [u8], asked: &Arc<AtomicUsize>) -> Body {
    let asked = Arc::clone(asked);
    let rest = stream::poll_fn(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        std::task::Poll::Pending
    });
    let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(first))]);
    Body::from_stream(first.chain(rest))
}

fn stranger(path: &str, at: i64, body: Body) -> Call {
    headed(path, body, &at.to_string(), SIGNATURE)
}

fn offload() -> Call {
    let path = format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}");
    Call::post(&path, OFFLOAD)
}

#[tokio::test]
async fn bodies_of_strangers_take_neither_place_nor_room_from_those_who_have_a_secret() {
    static LARGE: [u8; ONE.body_bytes] = [b' '; ONE.body_bytes];
    let script = Script {
        apply: Apply::requested(Answer::Accepted),
        ..Script::default()
    };
    let bridge = Bridge::letting_in(ONE, script);
    let asked = Arc::new(AtomicUsize::new(0));
    let mut waiting = Vec::new();
    for path in [SIGNED, "/hooks/chatwoot/nobody"] {
        let call = stranger(path, CHATWOOT_NOW, unfinished(&LARGE, &asked));
        let router = bridge.router.clone();
        waiting.push(tokio::spawn(async move { send(&router, call).await }));
    }
    while asked.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let reply = bridge.send(offload()).await;
    assert_eq!(reply.json()["offloadSuccess"], true);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().problem(), "too-slow");
    }
}

#[tokio::test]
async fn what_is_signed_takes_its_place_once_that_is_known() {
    let (apply, reached, go) = Apply::held();
    let script = Script {
        apply,
        ..Script::default()
    };
    let bridge = Bridge::letting_in(ONE, script);
    let (router, body) = (bridge.router.clone(), message().to_string());
    let call = signed(SIGNED, &body);
    let first = tokio::spawn(async move { send(&router, call).await });
    reached.acquire().await.unwrap().forget();
    let reply = bridge.send(signed(SIGNED, &body)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem()),
        (503, "unavailable".to_owned())
    );
    let wrong = Body::from(body);
    let reply = bridge.send(stranger(SIGNED, CHATWOOT_NOW, wrong)).await;
    assert_eq!(reply.status, 401);
    go.add_permits(1);
    assert_eq!(first.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_call_that_can_be_nobodys_is_refused_before_its_body() {
    let bridge = Bridge::new(Script::default());
    let asked = Arc::new(AtomicUsize::new(0));
    for path in [
        SIGNED.to_owned(),
        "/hooks/chatwoot/nobody".to_owned(),
        format!("/hooks/chatwoot/both/{CHATWOOT_KEY}"),
    ] {
        for at in [1, CHATWOOT_NOW - 301, CHATWOOT_NOW + 301] {
            let call = stranger(&path, at, unfinished(b"{", &asked));
            let reply = timeout(AT_ONCE, bridge.send(call)).await.unwrap();
            assert_eq!(reply.status, 401, "{path}");
        }
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_does_not_come_from_a_stranger_is_a_failed_call() {
    let bridge = Bridge::new(Script::default());
    let mut told = 0;
    for _ in 0..100 {
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        let call = stranger(SIGNED, CHATWOOT_NOW, Body::from_stream(broken));
        match bridge.send(call).await.problem().as_str() {
            "malformed" => {}
            "too-many-failures" => told += 1,
            other => panic!("{other}"),
        }
    }
    assert!(told > 30, "only {told} of 100 were told");
    let body = message().to_string();
    assert_eq!(bridge.send(signed(SIGNED, &body)).await.status, 200);
}

#[tokio::test]
async fn a_full_desk_api_tells_strangers_nothing_of_it() {
    let (apply, reached, go) = Apply::held();
    let script = Script {
        apply,
        ..Script::default()
    };
    let bridge = Bridge::letting_in(ONE, script);
    let path = format!("/api/v1/handovers/{HANDOVER}/events");
    let typing = move || Call::post(&path, r#"{"type": "typing"}"#).json();
    let (router, call) = (bridge.router.clone(), typing().bearer(crate::client::DESK));
    let first = tokio::spawn(async move { send(&router, call).await });
    reached.acquire().await.unwrap().forget();
    let reply = bridge.send(typing().bearer("wrong")).await;
    assert_eq!(reply.status, 401);
    go.add_permits(1);
    assert_eq!(first.await.unwrap().status, 202);
}

#[tokio::test]
async fn bodies_of_one_stranger_leave_room_for_those_who_sign() {
    static LARGE: [u8; 1 << 20] = [b' '; 1 << 20];
    let bridge = Bridge::new(Script::default());
    let asked = Arc::new(AtomicUsize::new(0));
    let mut waiting = Vec::new();
    for path in [SIGNED, "/hooks/chatwoot/nobody"].repeat(8) {
        let call = stranger(path, CHATWOOT_NOW, unfinished(&LARGE, &asked)).from([198, 51, 100, 7]);
        let router = bridge.router.clone();
        waiting.push(tokio::spawn(async move { send(&router, call).await }));
    }
    let answered = || waiting.iter().filter(|call| call.is_finished()).count();
    while asked.load(Ordering::SeqCst) + answered() < 16 {
        tokio::task::yield_now().await;
    }
    let body = message().to_string();
    assert_eq!(bridge.send(signed(SIGNED, &body)).await.status, 200);
}
