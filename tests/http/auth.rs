//! Who is let in, and that nobody else learns anything.

use axum::http::{HeaderMap, StatusCode};

use crate::{
    client::{ADMIN, Bridge, Call, DESK, HANDOVER, KEY, OTHER_DESK, Reply, VERIFY},
    store::Script,
};

const MESSAGES: &str = include_str!("../samples/chatlayer/messages.user.text.json");
const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");
const UNKNOWN: &str = r#"{"event": "rating", "botId": "b", "version": "LIVE", "sessionId": "s"}"#;

/// Everything that tells one answer from another, without the id that every request has of its own.
fn seen(mut reply: Reply) -> (StatusCode, HeaderMap, String) {
    let id = reply.headers.remove("x-request-id").unwrap();
    let body = str::from_utf8(&reply.body).unwrap();
    assert_eq!(body.matches(id.to_str().unwrap()).count(), 1);
    let body = body.replace(id.to_str().unwrap(), "the id");
    (reply.status, reply.headers, body)
}

#[tokio::test]
async fn every_way_to_be_wrong_is_answered_alike_on_every_route() {
    let events = format!("/api/v1/handovers/{HANDOVER}/events");
    let handover = format!("/api/v1/handovers/{HANDOVER}");
    let retry = format!("/api/admin/deliveries/{HANDOVER}/retry");
    let skip = format!("/api/admin/deliveries/{HANDOVER}/skip");
    let keyed = format!("/hooks/chatlayer/webshop/{KEY}");
    let hook = |query: &str| Call::get(&format!("/hooks/chatlayer/webshop{query}"));
    let refused = vec![
        // The health check.
        hook(""),
        hook("?challenge.verifyToken="),
        hook("?challenge.verifyToken=wrong"),
        hook(&format!("?verifyToken={VERIFY}&verifyToken={VERIFY}")),
        hook(&format!(
            "?verifyToken={VERIFY}&challenge[verifyToken]={VERIFY}"
        )),
        hook(&format!("/wrong-key?verifyToken={VERIFY}")),
        hook(&format!("/?verifyToken={VERIFY}")),
        hook(&format!("/{KEY}/?verifyToken={VERIFY}")),
        Call::post("/hooks/chatlayer/webshop/", OFFLOAD),
        Call::post("/hooks/aivo-live/room", "{}"),
        Call::post("/hooks/aivo-live/room/", "{}"),
        Call::post("/hooks/certainly/fashion/claim", "{}"),
        Call::post("/hooks/certainly/fashion//claim", "{}"),
        Call::get(&keyed),
        Call::get(&format!("{keyed}?verifyToken=wrong")),
        Call::get(&format!("/hooks/chatlayer/nobody?verifyToken={VERIFY}")),
        Call::get(&format!(
            "/hooks/chatlayer/plain/{KEY}?verifyToken={VERIFY}"
        )),
        Call::get(&format!("/hooks/chatlayer/%FF?verifyToken={VERIFY}")),
        // Events.
        Call::post("/hooks/chatlayer/webshop", MESSAGES),
        Call::post("/hooks/chatlayer/webshop", OFFLOAD),
        Call::post("/hooks/chatlayer/webshop", "no json"),
        Call::post("/hooks/chatlayer/webshop/wrong-key", OFFLOAD),
        Call::post(&format!("/hooks/chatlayer/nobody/{KEY}"), OFFLOAD),
        Call::post(&keyed, MESSAGES),
        Call::post(&keyed, UNKNOWN),
        Call::post(&keyed, "{}"),
        Call::post(&format!("{keyed}?verifyToken=wrong"), OFFLOAD),
        Call::post(&format!("{keyed}?verifyToken="), OFFLOAD),
        Call::post(
            &format!("/hooks/chatlayer/webshop/wrong-key?verifyToken={VERIFY}"),
            OFFLOAD,
        ),
        // The desk API.
        Call::get(&handover),
        Call::get(&handover).bearer("wrong"),
        Call::get(&handover).bearer(ADMIN),
        Call::get(&handover).header("authorization", &format!("Basic {DESK}")),
        Call::get(&handover).bearer(DESK).bearer(DESK),
        Call::get("/api/v1/handovers/none").bearer("wrong"),
        Call::post(&events, r#"{"type": "typing"}"#).json(),
        Call::post(&events, r#"{"type": "typing"}"#)
            .json()
            .bearer(""),
        Call::post(&events, "no json").bearer("wrong"),
        // The admin API.
        Call::get("/api/admin/deliveries"),
        Call::get("/api/admin/deliveries?nonsense=1").bearer("wrong"),
        Call::get("/api/admin/warnings").bearer(DESK),
        Call::get("/api/admin/handovers").bearer(VERIFY),
        Call::post(&retry, "").bearer("wrong"),
        Call::post(&skip, "").bearer("wrong"),
    ];
    let bridge = Bridge::new(Script::default());
    let first = seen(bridge.send(hook("?verifyToken=first")).await);
    assert_eq!(first.0, 401);
    for (number, call) in refused.into_iter().enumerate() {
        // A source of its own for each, so that none is told off for the failures of the others.
        let reply = bridge
            .send(call.from([192, 0, 2, u8::try_from(number).unwrap()]))
            .await;
        assert_eq!(seen(reply), first, "call number {number}");
    }
    assert!(bridge.store.steps().is_empty());
    assert!(bridge.store.warned().is_empty());
}

#[tokio::test]
async fn the_right_secret_opens_each_route() {
    let keyed = format!("/hooks/chatlayer/webshop/{KEY}");
    let calls = [
        (
            Call::get(&format!("{keyed}?challenge.verifyToken={VERIFY}")),
            200,
        ),
        (
            Call::get(&format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}")),
            200,
        ),
        (Call::post(&keyed, OFFLOAD), 200),
        (
            Call::post(
                &format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}"),
                OFFLOAD,
            ),
            200,
        ),
        (
            Call::post(&format!("{keyed}?verifyToken={VERIFY}"), MESSAGES),
            200,
        ),
        (
            Call::post(
                &format!("/hooks/chatlayer/plain?verifyToken={VERIFY}"),
                UNKNOWN,
            ),
            200,
        ),
        (
            Call::post(
                &format!("/api/v1/handovers/{HANDOVER}/events"),
                r#"{"type": "typing"}"#,
            )
            .json()
            .bearer(OTHER_DESK),
            202,
        ),
        (Call::get("/api/admin/warnings").bearer(ADMIN), 200),
        (Call::get("/livez"), 200),
        (Call::get("/readyz"), 200),
    ];
    let bridge = Bridge::new(Script::default());
    for (number, (call, status)) in calls.into_iter().enumerate() {
        assert_eq!(
            bridge.send(call).await.status,
            status,
            "call number {number}"
        );
    }
}

#[tokio::test]
async fn a_source_that_keeps_failing_is_told_so_but_the_right_secret_still_works() {
    let bridge = Bridge::new(Script::default());
    let wrong = || Call::get("/hooks/chatlayer/webshop?verifyToken=wrong");
    let mut told = 0;
    for _ in 0..200 {
        let reply = bridge.send(wrong()).await;
        if reply.status == 429 {
            assert_eq!(reply.problem(), "too-many-failures");
            assert!(reply.headers.contains_key("retry-after"));
            told += 1;
        } else {
            assert_eq!(reply.status, 401);
        }
    }
    assert!(told > 100, "only {told} of 200 were told");
    let right = format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}");
    assert_eq!(bridge.send(Call::get(&right)).await.status, 200);
    assert_eq!(
        bridge.send(wrong().from([198, 51, 100, 1])).await.status,
        401
    );
}
