//! Chatlayer's Webhook channel before the real store.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::{ADMIN, CHANNEL, Call, DESK, KEY, Reply, VERIFY},
    real_store::Whole,
};

const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");

fn body(user: &str, text: &str) -> Value {
    json!({"senderId": user, "message": {"text": text}, "messageCounter": 1, "verifyToken": CHANNEL})
}

async fn tell(whole: &Whole, body: &Value) -> Reply {
    let path = format!("/hooks/chatlayer/webshop/{KEY}/channel");
    whole.send(Call::post(&path, body.to_string())).await
}

fn event(version: &str, more: &Value) -> Value {
    let mut event = serde_json::from_str::<Value>(OFFLOAD).unwrap();
    event["version"] = json!(version);
    event.as_object_mut().unwrap().remove("transcript");
    event.as_object_mut().unwrap().remove("payload");
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

async fn hook(whole: &Whole, event: &Value) -> Reply {
    let path = format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}");
    whole.send(Call::post(&path, event.to_string())).await
}

fn bot_says(text: &str, at: &str) -> Value {
    json!({"event": "messages", "messages": [{"actor": "bot", "message": {"text": text}, "timestamp": at}]})
}

async fn warnings(whole: &Whole) -> Vec<(String, u64)> {
    let list = whole
        .send(Call::get("/api/admin/warnings").bearer(ADMIN))
        .await
        .json();
    let warnings = list["warnings"].as_array().unwrap().iter();
    warnings
        .map(|warning| {
            let kind = warning["kind"].as_str().unwrap().to_owned();
            (kind, warning["count"].as_u64().unwrap())
        })
        .collect()
}

async fn texts(whole: &Whole) -> Vec<String> {
    let handover = whole.open_handover().await;
    let read = whole.show(&handover, DESK).await.json();
    let transcript = read["transcript"].as_array().unwrap().iter();
    transcript
        .map(|message| message["content"]["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_message_joins_the_session_of_its_user_and_its_other_copy_does_not() {
    let whole = Whole::new(true);
    let session = event("LIVE", &json!({}))["sessionId"]
        .as_str()
        .unwrap()
        .to_owned();
    let hello = event("LIVE", &bot_says("hello", "2026-01-01T00:00:00.000Z"));
    assert_eq!(hook(&whole, &hello).await.status, 200);
    let told = tell(&whole, &body(&session, "hello")).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json(), json!({}));
    assert_eq!(
        tell(&whole, &body(&session, "by the channel first"))
            .await
            .status,
        200
    );
    let copy = event(
        "LIVE",
        &bot_says("by the channel first", "2026-01-01T00:00:01.000Z"),
    );
    assert_eq!(hook(&whole, &copy).await.status, 200);
    assert_eq!(
        hook(&whole, &event("LIVE", &json!({"event": "offload"})))
            .await
            .status,
        200
    );
    assert_eq!(texts(&whole).await, ["hello", "by the channel first"]);
    assert_eq!(warnings(&whole).await, []);
}

#[tokio::test]
async fn what_was_refused_in_time_and_kept_is_not_kept_again_when_it_is_repeated() {
    let whole = Whole::new(true);
    let session = event("LIVE", &json!({}))["sessionId"]
        .as_str()
        .unwrap()
        .to_owned();
    let offload = event("LIVE", &json!({"event": "offload"}));
    assert_eq!(hook(&whole, &offload).await.status, 200);
    let mut told = body(&session, "one moment");
    // What comes before it is waited for.
    told["messageCounter"] = json!(9);
    let held = whole.hold();
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(tell(&whole, &told).await.status, 503);
    let heard_after = began.elapsed();
    assert!(heard_after < Duration::from_secs(2), "{heard_after:?}");
    tokio::time::resume();
    drop(held);
    for _ in 0..2 {
        assert_eq!(tell(&whole, &told).await.status, 200);
    }
    assert_eq!(
        texts(&whole).await,
        ["one moment", "one moment"],
        "a repeat of what was refused, and another message"
    );
}

#[tokio::test]
async fn a_user_whom_the_bot_has_not_or_has_twice_gets_nothing_and_the_operator_hears_of_it() {
    let whole = Whole::new(true);
    let session = event("LIVE", &json!({}))["sessionId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(tell(&whole, &body(&session, "who?")).await.status, 200);
    assert_eq!(
        warnings(&whole).await,
        [("unmatched_message".to_owned(), 1)]
    );
    for version in ["DRAFT", "LIVE"] {
        let hello = event(version, &bot_says("hello", "2026-01-01T00:00:00.000Z"));
        assert_eq!(hook(&whole, &hello).await.status, 200);
    }
    assert_eq!(tell(&whole, &body(&session, "which?")).await.status, 200);
    assert_eq!(
        warnings(&whole).await,
        [("unmatched_message".to_owned(), 2)]
    );
    assert_eq!(
        hook(&whole, &event("LIVE", &json!({"event": "offload"})))
            .await
            .status,
        200
    );
    assert_eq!(texts(&whole).await, ["hello"]);
}

#[tokio::test]
async fn only_the_key_and_the_channels_own_token_together_open_it() {
    let whole = Whole::new(true);
    let wrong = [json!(VERIFY), json!(""), json!(null), json!([CHANNEL])];
    for token in wrong {
        let mut body = body("u", "x");
        body["verifyToken"] = token;
        assert_eq!(tell(&whole, &body).await.status, 401);
    }
    for (bot, key) in [
        ("webshop", "hook-key-of-the-webshoP"),
        ("plain", KEY),
        ("nobody", KEY),
    ] {
        let path = format!("/hooks/chatlayer/{bot}/{key}/channel");
        let call = Call::post(&path, body("u", "x").to_string());
        assert_eq!(whole.send(call).await.status, 401, "{bot}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_by_its_class() {
    let whole = Whole::new(true);
    let path = format!("/hooks/chatlayer/webshop/{KEY}/channel");
    for (sent, status) in [
        ("{".to_owned(), 400),
        ("[".repeat(100), 400),
        ("[]".to_owned(), 422),
        (
            json!({"verifyToken": CHANNEL, "message": {}}).to_string(),
            422,
        ),
        (
            json!({"verifyToken": CHANNEL, "senderId": "..", "message": {}}).to_string(),
            422,
        ),
        (
            json!({"verifyToken": CHANNEL, "senderId": "u"}).to_string(),
            422,
        ),
        (
            json!({"verifyToken": CHANNEL, "senderId": "..", "message": "x".repeat(1 << 20)})
                .to_string(),
            422,
        ),
        (
            json!({"verifyToken": CHANNEL, "senderId": "u", "message": "x".repeat(4 << 20)})
                .to_string(),
            413,
        ),
    ] {
        let reply = whole.send(Call::post(&path, sent.clone())).await;
        assert_eq!(reply.status, status, "{}", &sent[..sent.len().min(80)]);
    }
    assert_eq!(warnings(&whole).await, []);
}
