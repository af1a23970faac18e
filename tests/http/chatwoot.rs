//! What Chatwoot posts: what opens the hook of an inbox, what is answered, and what an operator can see of it.

use axum::body::Body;
use handover_bridge::{domain::effect::WarningKind, store::Error};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    client::{ADMIN, Bridge, CHATWOOT_KEY, CHATWOOT_NOW, CHATWOOT_SECRETS, Call, DESK, KEY, Reply},
    store::{Apply, Script},
};

const SERIES: &str = "handover_desk_events_total";
pub const SIGNED: &str = "/hooks/chatwoot/signed";

pub fn message() -> Value {
    json!({
        "event": "message_created",
        "id": 501,
        "content": "a < b & c",
        "message_type": "outgoing",
        "private": false,
        "sender": {"id": 3, "name": "Grace", "type": "user"},
        "account": {"id": 1},
        "inbox": {"id": 2},
        "conversation": {"id": 42, "inbox_id": 2},
    })
}

/// As Rails writes it: what is written anew from the values is not what was signed.
fn body() -> String {
    message()
        .to_string()
        .replace('<', "\\u003c")
        .replace('&', "\\u0026")
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={}", digits.concat())
}

pub fn headed(path: &str, body: impl Into<Body>, timestamp: &str, signature: &str) -> Call {
    Call::post(path, body)
        .header("x-chatwoot-timestamp", timestamp)
        .header("x-chatwoot-signature", signature)
}

/// As Chatwoot calls now, with its current secret.
pub fn signed(path: &str, body: &str) -> Call {
    let now = CHATWOOT_NOW.to_string();
    headed(
        path,
        body.to_owned(),
        &now,
        &signature(CHATWOOT_SECRETS[0], &now, body),
    )
}

fn keyed(desk: &str) -> String {
    format!("/hooks/chatwoot/{desk}/{CHATWOOT_KEY}")
}

async fn counted(bridge: &Bridge, desk: &str, outcome: &str) -> bool {
    let metrics = bridge.send(Call::get("/metrics").bearer(ADMIN)).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    let line = format!("{SERIES}{{desk=\"{desk}\",outcome=\"{outcome}\"}} 1");
    metrics.lines().any(|seen| seen == line)
}

fn is_taken(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({})));
}

/// The one answer to whoever does not get in, without what is each call's own.
async fn refusal(call: Call, what: &str) -> Value {
    let bridge = Bridge::new(Script::default());
    let reply = bridge.send(call).await;
    assert_eq!(reply.status, 401, "{what}");
    assert!(bridge.store.steps().is_empty(), "{what}");
    let mut body = reply.json();
    body["request_id"] = json!(null);
    body
}

#[tokio::test]
async fn a_signature_with_any_of_the_secrets_opens_and_what_opens_is_taken() {
    let (body, now) = (body(), CHATWOOT_NOW.to_string());
    for secret in CHATWOOT_SECRETS {
        for path in [SIGNED.to_owned(), keyed("both")] {
            let bridge = Bridge::new(Script::default());
            let call = headed(&path, body.clone(), &now, &signature(secret, &now, &body));
            is_taken(&bridge.send(call).await);
            assert_eq!(bridge.store.steps().len(), 1, "{path}");
        }
    }
}

#[tokio::test]
async fn a_key_alone_opens_where_nothing_is_signed() {
    let bridge = Bridge::new(Script::default());
    is_taken(&bridge.send(Call::post(&keyed("keyed"), body())).await);
    assert_eq!(bridge.store.steps().len(), 1);
    assert!(counted(&bridge, "keyed", "accepted").await);
}

#[tokio::test]
async fn whoever_shows_no_right_signature_has_one_and_the_same_answer() {
    let (body, now) = (body(), CHATWOOT_NOW.to_string());
    let good = signature(CHATWOOT_SECRETS[0], &now, &body);
    let mut calls = vec![
        ("no headers", Call::post(SIGNED, body.clone())),
        (
            "no time",
            Call::post(SIGNED, body.clone()).header("x-chatwoot-signature", &good),
        ),
        (
            "no signature",
            Call::post(SIGNED, body.clone()).header("x-chatwoot-timestamp", &now),
        ),
        (
            "signed twice",
            headed(SIGNED, body.clone(), &now, &good).header("x-chatwoot-signature", &good),
        ),
        ("another body", headed(SIGNED, "{}", &now, &good)),
        (
            "without the time",
            headed(
                SIGNED,
                body.clone(),
                &now,
                &signature(CHATWOOT_SECRETS[0], "", &body),
            ),
        ),
        (
            "another secret",
            headed(SIGNED, body.clone(), &now, &signature("other", &now, &body)),
        ),
        ("no desk", signed("/hooks/chatwoot/nobody", &body)),
        ("another kind", signed("/hooks/chatwoot/live", &body)),
        ("of a bot", signed("/hooks/chatwoot/webshop", &body)),
        ("a token", Call::post(SIGNED, body.clone()).bearer(DESK)),
    ];
    for (what, seconds) in [("too old", -301), ("too new", 301)] {
        let at = (CHATWOOT_NOW + seconds).to_string();
        let signature = signature(CHATWOOT_SECRETS[0], &at, &body);
        calls.push((what, headed(SIGNED, body.clone(), &at, &signature)));
    }
    let wrong = |desk: &str| format!("/hooks/chatwoot/{desk}/{KEY}");
    calls.extend([
        ("a key too much", signed(&keyed("signed"), &body)),
        ("no key", signed("/hooks/chatwoot/both", &body)),
        ("a wrong key", signed(&wrong("both"), &body)),
        ("a key alone", Call::post(&keyed("both"), body.clone())),
        ("signed in vain", signed("/hooks/chatwoot/keyed", &body)),
        (
            "a wrong key alone",
            Call::post(&wrong("keyed"), body.clone()),
        ),
        (
            "a key of nobody",
            Call::post(&keyed("nobody"), body.clone()),
        ),
        ("an empty key", Call::post("/hooks/chatwoot/keyed/", body)),
    ]);
    let mut answers = Vec::new();
    for (what, call) in calls {
        answers.push(refusal(call, what).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn a_body_that_is_too_large_tells_a_stranger_nothing_of_the_desks() {
    let large = format!("{{\"event\": \"{}\"}}", "x".repeat(1 << 20));
    let bridge = Bridge::new(Script::default());
    for path in [SIGNED, "/hooks/chatwoot/nobody"] {
        let reply = bridge.send(signed(path, &large)).await;
        assert_eq!(reply.problem(), "too-large", "{path}");
    }
    let reply = bridge.send(Call::post(&keyed("nobody"), large)).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn what_is_no_message_to_the_user_is_answered_and_counted_and_warned_of_only_if_unknown() {
    let note = {
        let mut note = message();
        note["private"] = json!(true);
        note
    };
    let mut elsewhere = message();
    elsewhere["account"]["id"] = json!(5);
    for (body, outcome, warning) in [
        (json!({"event": "contact_updated"}), "unknown", None),
        (note, "unknown", None),
        (
            json!({"event": "call_started"}),
            "unknown",
            Some(WarningKind::UnknownEvent),
        ),
        (elsewhere, "other_bot", Some(WarningKind::OtherBotsEvent)),
    ] {
        let bridge = Bridge::new(Script::default());
        is_taken(&bridge.send(signed(SIGNED, &body.to_string())).await);
        let warned = bridge.store.warned();
        let kinds: Vec<_> = warned.iter().map(|warned| warned.kind).collect();
        assert_eq!(kinds, Vec::from_iter(warning), "{body}");
        assert!(bridge.store.steps().is_empty(), "{body}");
        assert!(counted(&bridge, "signed", outcome).await, "{body}");
    }
}

#[tokio::test]
async fn bad_bodies_have_their_status_and_store_nothing() {
    let nameless = json!({"event": "message_created", "message_type": "outgoing", "private": false,
        "sender": {"type": "user"}});
    for (body, status, problem) in [
        ("", 400, "malformed"),
        ("{\"event\"", 400, "malformed"),
        ("[]", 422, "invalid-contract"),
        ("{}", 422, "invalid-contract"),
        (&nameless.to_string(), 422, "invalid-contract"),
    ] {
        let bridge = Bridge::new(Script::default());
        let reply = bridge.send(signed(SIGNED, body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, problem),
            "{body}"
        );
        assert!(bridge.store.steps().is_empty());
        assert!(counted(&bridge, "signed", problem).await, "{problem}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_write_is_503_and_to_be_tried_again() {
    let bridge = Bridge::new(Script {
        apply: Apply::Fails(|| Error::Busy),
        ..Script::default()
    });
    let reply = bridge.send(signed(SIGNED, &body())).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (503, "unavailable")
    );
    assert!(reply.headers.contains_key("retry-after"));
}
