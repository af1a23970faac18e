//! What holds for all routes: methods, unknown paths, probes, request ids, panics.

use axum::http::Method;

use crate::{
    client::{Bridge, Call, HANDOVER, KEY, VERIFY},
    store::{Apply, Script},
};

const ROUTES: [(&str, &[&str]); 10] = [
    ("/hooks/chatlayer/webshop", &["GET", "HEAD", "POST"]),
    ("/hooks/chatlayer/webshop/key", &["GET", "HEAD", "POST"]),
    ("/api/v1/handovers/x", &["GET", "HEAD"]),
    ("/api/v1/handovers/x/events", &["POST"]),
    ("/api/admin/deliveries", &["GET", "HEAD"]),
    ("/api/admin/deliveries/x/retry", &["POST"]),
    ("/api/admin/deliveries/x/skip", &["POST"]),
    ("/livez", &["GET", "HEAD"]),
    ("/openapi.json", &["GET", "HEAD"]),
    ("/readyz", &["GET", "HEAD"]),
];

#[tokio::test]
async fn a_method_that_a_route_does_not_have_is_405_with_those_that_it_has() {
    let bridge = Bridge::new(Script::default());
    for (path, allowed) in ROUTES {
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
        ] {
            let reply = bridge
                .send(Call::new(
                    Method::from_bytes(method.as_bytes()).unwrap(),
                    path,
                ))
                .await;
            if allowed.contains(&method) {
                assert_ne!(reply.status, 405, "{method} {path}");
                continue;
            }
            assert_eq!(reply.status, 405, "{method} {path}");
            if method != "HEAD" {
                assert_eq!(reply.problem(), "method-not-allowed");
            }
            let mut allow: Vec<_> = reply.headers["allow"]
                .to_str()
                .unwrap()
                .split(',')
                .collect();
            allow.sort_unstable();
            assert_eq!(allow, allowed, "{path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_too() {
    let bridge = Bridge::new(Script::default());
    for path in [
        "/",
        "/hooks",
        "/hooks/chatlayer",
        "/api/v1/handovers",
        "/livez/",
    ] {
        let reply = bridge.send(Call::get(path)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (404, "not-found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_making() {
    let bridge = Bridge::new(Script::default());
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/livez", "/livez", "/nowhere", "/api/admin/warnings"] {
        let reply = bridge
            .send(Call::get(path).header("x-request-id", "forged"))
            .await;
        let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(id.parse::<uuid::Uuid>().is_ok());
        assert!(seen.insert(id));
    }
}

#[tokio::test]
async fn a_panic_is_one_requests_500_and_nothing_more() {
    let bridge = Bridge::new(Script {
        apply: Apply::Panics,
        ..Script::default()
    });
    let events = format!("/api/v1/handovers/{HANDOVER}/events");
    let typing = || {
        Call::post(&events, r#"{"type": "typing"}"#)
            .json()
            .bearer(crate::client::DESK)
    };
    for _ in 0..2 {
        let reply = bridge.send(typing()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (500, "internal")
        );
    }
    assert_eq!(bridge.send(Call::get("/readyz")).await.status, 200);
}

#[tokio::test]
async fn ready_follows_the_store_and_the_soft_stop_and_alive_follows_neither() {
    let bridge = Bridge::new(Script {
        probe_fails: true,
        ..Script::default()
    });
    let reply = bridge.send(Call::get("/readyz")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (503, "unavailable")
    );
    assert!(reply.headers.contains_key("retry-after"));
    assert_eq!(bridge.send(Call::get("/livez")).await.status, 200);

    let bridge = Bridge::new(Script::default());
    assert_eq!(bridge.send(Call::get("/readyz")).await.status, 200);
    bridge.stopping.cancel();
    assert_eq!(bridge.send(Call::get("/readyz")).await.status, 503);
    assert_eq!(bridge.send(Call::get("/livez")).await.status, 200);
    // A stopping bridge still takes what it is given.
    let check = format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}");
    assert_eq!(bridge.send(Call::get(&check)).await.status, 200);
}
