//! Marked secrets and marked words through every way in and out of a bridge that logs all it can: none of them comes
//! out where it does not belong.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    bridge::{ADMIN_TOKEN, Caller, HOOK_KEY, SIGNING_SECRET, World, handover_of, message, offload},
    until,
};

const PHONE: &str = "+31 6 9876 5432";
/// Nobody's words and nobody's secrets. All tokens of the test's bridge have it in them.
const CANARY: &str = "canary";

#[tokio::test]
async fn no_secret_and_nobodys_words_are_logged_counted_or_told() {
    let mut world = World::new().await;
    world.settings = r#"telemetry = { log = "trace" }"#.to_owned();
    let (caller, process) = world.start_process().await;
    let mut told = Vec::new();
    well_behaved(&caller, &world, &mut told).await;
    badly_behaved(&caller, &mut told).await;
    told.push(caller.metrics().await.text);
    let listed = process.run(&["deliveries", "list"]).await;
    told.push(String::from_utf8(listed.stdout).unwrap());
    let lines = process.lines();
    drop(process);
    let kept = world.rows("SELECT content FROM messages").len();
    let marked = world.rows("SELECT content FROM messages WHERE content LIKE '%canary%'");
    assert!(
        kept > 3 && marked.len() > 3,
        "the marks did not go through: {marked:?}"
    );

    let requests = lines
        .iter()
        .filter(|line| line["message"] == "request answered");
    assert!(requests.count() > 15, "{lines:#?}");
    assert!(lines.iter().any(|line| line["level"] == "TRACE"));
    no_canary_in(
        "the log",
        &lines.iter().map(Value::to_string).collect::<Vec<_>>(),
    );
    no_canary_in("what was told", &told);
}

#[tokio::test]
async fn vendors_that_fail_in_every_way_are_not_quoted() {
    let mut world = World::new().await;
    world.settings = r#"
        telemetry = { log = "trace" }
        handover = { when_unsure = "accept" }
    "#
    .to_owned();
    let calls = Arc::new(AtomicUsize::new(0));
    world.desk_address = babbler(Arc::clone(&calls)).await;
    world.platform_address = nobody().await;
    let (caller, process) = world.start_process().await;
    for number in 0..8_u32 {
        let session = format!("canary-session-{number}");
        caller.post_hook(&offload(&session, "canary-help")).await;
        caller
            .post_hook(&message(&session, number, "canary-text"))
            .await;
    }
    until(async || calls.load(Ordering::SeqCst) >= 12).await;
    let failed = async || {
        let is = |line: &Value| line["message"] == "a delivery was not taken";
        process.lines().iter().filter(|line| is(line)).count()
    };
    until(async || failed().await >= 6).await;
    let told = [caller.metrics().await.text];
    let lines = process.lines();
    drop(process);

    let classes: std::collections::BTreeSet<_> = lines
        .iter()
        .filter_map(|line| line["error.class"].as_str())
        .collect();
    assert!(classes.len() >= 3, "too few ways to fail: {classes:?}");
    no_canary_in(
        "the log",
        &lines.iter().map(Value::to_string).collect::<Vec<_>>(),
    );
    no_canary_in("the metrics", &told);
}

#[tokio::test]
async fn nothing_of_a_bot_on_certainly_is_logged_or_counted() {
    let mut world = World::new().await;
    let platform = world.platform.address;
    world.settings = format!(
        r#"
        telemetry = {{ log = "trace" }}
        [bots.fashion]
        platform = "certainly"
        api_url = "http://{platform}"
        deployment_id = "canary-deployment"
        access_token = "canary-chat-token"
        auth = "query"
        claim_end = "canary-claim-end"
        hook_key = "canary-hook-key-of-fashion"
        hook_user = "certainly"
        hook_password = "canary-password"
        "#
    );
    let (caller, process) = world.start_process().await;
    let post = async |last: &str, password: &str, body: Value| {
        let hooks = format!("http://{}/hooks/certainly", caller.public);
        let url = format!("{hooks}/fashion/canary-hook-key-of-fashion/{last}");
        let call = caller.http.post(url).json(&body);
        let call = call.basic_auth("certainly", Some(password));
        call.send().await.unwrap().status().as_u16()
    };
    let claim = json!({
        "to": "canary-user", "firstName": "Canary", "customVariables": {"phone": "canary-phone"},
        "attachedMedia": "https://canary.example/a.png",
    });
    assert_eq!(post("claim", "canary-password", claim.clone()).await, 200);
    let handover = handover_of(&world.desk);
    let message = json!({"user_id": "canary-user", "message": "canary-text", "attachments": ["https://canary.example/b"]});
    let said = json!({"interlocutor": "user", "data": {"message": message}});
    assert_eq!(post("messages", "canary-password", said.clone()).await, 200);
    assert_eq!(post("messages", "canary-wrong", said).await, 401);
    assert_eq!(
        post("claim", "canary-password", json!({"from": "canary"})).await,
        422
    );
    let bot = json!({"interlocutor": "bot", "data": {"type": "text", "text": "canary-bot"}});
    assert_eq!(post("messages", "canary-password", bot).await, 200);
    for event in [
        json!({"type": "message", "content": {"type": "text", "text": "canary answer"}}),
        json!({"type": "closed", "reason": "canary reason"}),
    ] {
        assert_eq!(caller.desk_says(&handover, &event).await.0, 202);
    }
    // Listen, speak, take over.
    let calls = world
        .platform
        .until("the takeover", |calls| calls.len() >= 3);
    calls.await;
    let counted = caller.metrics().await.text;
    let lines = process.lines();
    drop(process);
    assert!(lines.iter().any(|line| line["level"] == "TRACE"));
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    no_canary_in("the log", &lines);
    no_canary_in("the metrics", &[counted]);
}

/// A conversation in which everything works, and every part of it is marked.
async fn well_behaved(caller: &Caller, world: &World, told: &mut Vec<String>) {
    let check = caller.http.get(caller.hook()).send().await.unwrap();
    assert_eq!(check.status(), 200);
    let (_, answer) = caller.post_hook(&marked_offload()).await;
    assert!(answer.contains("true"), "{answer}");
    caller
        .post_hook(&message("canary-session", 1, "canary-text"))
        .await;
    caller.post_hook(&marked_upload()).await;
    let handover = handover_of(&world.desk);
    for event in [
        json!({"type": "attended", "agent": {"name": "Canary Agent", "avatar_url": "https://canary.example/a.png"}}),
        json!({"type": "message", "content": {"type": "text", "text": "canary answer"}}),
        json!({"type": "transferred", "to": "canary queue"}),
        json!({"type": "closed", "reason": "canary reason"}),
    ] {
        let (status, _) = caller.desk_says(&handover, &event).await;
        assert_eq!(status, 202, "{event}");
    }
    world
        .platform
        .until("the resume", |calls| calls.len() >= 2)
        .await;
    let (status, late) = caller
        .desk_says(
            &handover,
            &json!({"type": "message", "content": {"type": "text", "text": "canary"}}),
        )
        .await;
    assert_eq!(status, 409);
    told.push(late);
}

/// Everything that is refused.
async fn badly_behaved(caller: &Caller, told: &mut Vec<String>) {
    let hook = format!("http://{}/hooks/chatlayer", caller.public);
    let events = format!(
        "http://{}/api/v1/handovers/canary-handover/events",
        caller.public
    );
    let admin = format!("http://{}", caller.admin);
    let http = &caller.http;
    let deep = "[".repeat(100) + "\"canary\"";
    let calls = [
        http.get(format!("{hook}/webshop?verifyToken=canary-wrong")),
        http.post(format!("{hook}/canary-bot/{HOOK_KEY}"))
            .body("canary"),
        http.post(format!("{hook}/webshop/canary-wrong-key"))
            .body("canary"),
        http.post(caller.hook()).body("{canary"),
        http.post(caller.hook()).body(deep),
        http.post(caller.hook()).body(r#"{"event": "canary"}"#),
        http.post(caller.hook())
            .body(r#"{"event": "messages", "sessionId": {"canary": 1}}"#),
        http.post(caller.hook())
            .body(r#"{"event": "offload", "botId": "canary", "sessionId": ".."}"#),
        http.post(caller.hook())
            .header("content-encoding", "canary")
            .body("canary"),
        http.post(&events).bearer_auth("canary-wrong").body("{}"),
        http.post(&events)
            .bearer_auth(crate::bridge::DESK_TOKEN)
            .body("{}"),
        http.post(events.replace("canary-handover", "01930000-0000-7000-8000-000000000001"))
            .bearer_auth(crate::bridge::DESK_TOKEN)
            .header("idempotency-key", "canary-key")
            .json(&json!({"type": "canary", "text": PHONE})),
        http.get(format!("{admin}/api/admin/deliveries?canary=1"))
            .bearer_auth(ADMIN_TOKEN),
        http.get(format!("{admin}/api/admin/deliveries?state=canary"))
            .bearer_auth(ADMIN_TOKEN),
        http.post(format!("{admin}/api/admin/deliveries/canary/retry"))
            .bearer_auth(ADMIN_TOKEN),
        http.get(format!("{admin}/api/admin/warnings"))
            .bearer_auth("canary-wrong"),
        http.get(format!("{admin}/canary"))
            .header("user-agent", "canary"),
    ];
    for call in calls {
        let answer = call.send().await.unwrap();
        told.push(answer.text().await.unwrap());
    }
    for path in [
        "/api/admin/deliveries",
        "/api/admin/handovers",
        "/api/admin/warnings",
    ] {
        told.push(caller.admin(path).await.text().await.unwrap());
    }
}

fn marked_offload() -> Value {
    let mut offload = offload("canary-session", "canary-help");
    offload["payload"] = json!({"phone": PHONE, "canary_field": "canary-value"});
    offload["user"] =
        json!({"firstName": "Canary First", "lastName": "Canary Last", "phone": PHONE});
    offload["transcript"][0]["message"]["sender"]["first_name"] = "Canary First".into();
    offload
}

fn marked_upload() -> Value {
    let mut upload = message("canary-session", 2, "");
    upload["messages"][0]["message"]["messageType"] = "upload".into();
    upload["messages"][0]["message"]["attachment"] =
        json!({"type": "image", "payload": {"url": "https://files.example/canary/passport.png"}});
    upload["messages"][0]["message"]["attachments"] =
        json!([{"type": "image", "payload": {"url": "https://files.example/canary/passport.png"}}]);
    upload
}

fn no_canary_in(what: &str, texts: &[String]) {
    let secret = SIGNING_SECRET.trim_start_matches("whsec_");
    let bytes = BASE64_STANDARD.decode(secret).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains(CANARY));
    for text in texts {
        let lower = text.to_lowercase();
        for mark in [
            CANARY,
            PHONE,
            "98765432",
            "passport",
            &secret.to_lowercase(),
        ] {
            assert!(!lower.contains(mark), "{mark} in {what}: {text}");
        }
    }
}

/// A desk that never answers well twice, and always says too much.
async fn babbler(calls: Arc<AtomicUsize>) -> SocketAddr {
    let answer = move || {
        let number = calls.fetch_add(1, Ordering::SeqCst);
        async move { babble(number) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn babble(number: usize) -> Response {
    let said = "canary from the vendor";
    match number % 6 {
        0 => (StatusCode::INTERNAL_SERVER_ERROR, said).into_response(),
        1 => (StatusCode::OK, "{canary is no json").into_response(),
        2 => (
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{{\"error\": \"{said}\"}}"),
        )
            .into_response(),
        3 => (StatusCode::FOUND, [("location", "/canary-moved")]).into_response(),
        4 => (
            StatusCode::OK,
            r#"{"accepted": false, "reason": "canary reason"}"#,
        )
            .into_response(),
        _ => (StatusCode::OK, "{}").into_response(),
    }
}

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
