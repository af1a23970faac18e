//! Every problem as its reader sees it, and nothing of what went wrong inside.

use axum::{http::StatusCode, response::IntoResponse as _};
use handover_bridge::{
    http::problem::{Kind, Problem},
    store::Error,
};
use serde_json::{Map, Value, json};

use crate::{
    client::{ADMIN, Bridge, Call, DESK, HANDOVER, KEY, VERIFY},
    store::{Apply, Script},
};

const MESSAGES: &str = include_str!("../samples/chatlayer/messages.user.text.json");
const CANARY: &str = "no such table: canary, in SELECT 1 FROM /var/lib/canary.db";

#[tokio::test]
async fn the_closed_list_of_problems() {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        let response = Problem::from(kind).into_response();
        let headers: Map<String, Value> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
            .collect();
        let body = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        list.push(json!({"headers": headers, "body": body}));
    }
    insta::assert_json_snapshot!(list);
}

#[tokio::test]
async fn what_failed_inside_is_not_told_outside() {
    let failures: [fn() -> Error; 4] = [
        || Error::Unavailable(CANARY.into()),
        || Error::Busy,
        || Error::Closed,
        || Error::Corrupt(CANARY.into()),
    ];
    for failure in failures {
        let bridge = Bridge::new(Script {
            apply: Apply::Fails(failure),
            ..Script::default()
        });
        let events = format!("/api/v1/handovers/{HANDOVER}/events");
        let retry = format!("/api/admin/deliveries/{HANDOVER}/retry");
        for call in [
            Call::post(
                &format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}"),
                MESSAGES,
            ),
            Call::post(&events, r#"{"type": "typing"}"#)
                .json()
                .bearer(DESK),
            Call::post(&retry, "").bearer(ADMIN),
        ] {
            let reply = bridge.send(call).await;
            assert!(reply.status.is_server_error());
            let json = reply.json();
            let members: Vec<_> = json.as_object().unwrap().keys().collect();
            assert_eq!(members, ["type", "title", "status", "retry", "request_id"]);
            assert!(!json.to_string().contains("canary"));
        }
    }
}

#[tokio::test]
async fn a_problem_names_the_request_that_its_header_names() {
    let bridge = Bridge::new(Script::default());
    let reply = bridge.send(Call::get("/nowhere")).await;
    assert_eq!(
        reply.json()["request_id"],
        reply.headers["x-request-id"].to_str().unwrap()
    );
    let head = bridge
        .send(Call::new(axum::http::Method::HEAD, "/nowhere"))
        .await;
    assert_eq!((head.status, head.body.len()), (StatusCode::NOT_FOUND, 0));
}
