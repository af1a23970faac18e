//! `messages` and what else Chatlayer posts.

use std::{fs, path::Path, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use handover_bridge::{
    domain::{effect::WarningKind, event::Event},
    store::Error,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::{Bridge, Call, KEY, VERIFY},
    store::{Apply, Script},
};

const MESSAGES: &str = include_str!("../samples/chatlayer/messages.user.text.json");

fn url() -> String {
    format!("/hooks/chatlayer/webshop/{KEY}?challenge.verifyToken={VERIFY}")
}

/// A `messages` event of exactly this many bytes.
fn messages_of(length: usize) -> String {
    sized(MESSAGES, length)
}

fn sized(sample: &str, length: usize) -> String {
    let open = sample.trim_end().strip_suffix('}').unwrap();
    let shell = format!(r#"{open}, "padding": ""}}"#);
    format!(
        r#"{open}, "padding": "{}"}}"#,
        "x".repeat(length - shell.len())
    )
}

fn chunked(body: String) -> Body {
    let chunks: Vec<_> = body
        .into_bytes()
        .chunks(60_000)
        .map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)))
        .collect();
    Body::from_stream(futures_util::stream::iter(chunks))
}

#[tokio::test]
async fn every_sample_is_stored_and_answered_and_the_malformed_ones_are_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/chatlayer");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    names.sort();
    assert_eq!(names.len(), 11);
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bridge = Bridge::new(Script::default());
        let reply = bridge
            .send(Call::post(&url(), fs::read(&path).unwrap()))
            .await;
        if name.ends_with(".as-printed.txt") {
            assert_eq!(
                (reply.status.as_u16(), reply.problem().as_str()),
                (400, "malformed"),
                "{name}"
            );
            assert!(bridge.store.steps().is_empty(), "{name}");
        } else {
            assert_eq!(reply.status, 200, "{name}");
            assert_eq!(bridge.store.committed(), 1, "{name}");
            if name.starts_with("messages") {
                assert_eq!(reply.json(), json!({}), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn any_content_type_is_read_but_no_compressed_body() {
    for content_type in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let bridge = Bridge::new(Script::default());
        let reply = bridge
            .send(Call::post(&url(), MESSAGES).header("content-type", content_type))
            .await;
        assert_eq!(reply.status, 200, "{content_type}");
    }
    let bridge = Bridge::new(Script::default());
    let reply = bridge
        .send(Call::post(&url(), MESSAGES).header("content-encoding", "gzip"))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (415, "unsupported-media-type")
    );
}

#[tokio::test]
async fn an_event_of_an_unknown_name_is_kept() {
    let bridge = Bridge::new(Script::default());
    let body =
        r#"{"event": "rating", "botId": "b", "version": "LIVE", "sessionId": "s", "stars": 5}"#;
    let reply = bridge.send(Call::post(&url(), body)).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({})));
    let steps = bridge.store.steps();
    assert!(
        matches!(&steps[0].events[..], [only] if matches!(only.event, Event::PlatformUnknown { .. }))
    );
}

#[tokio::test]
async fn what_is_not_the_contract_is_422_and_what_is_not_json_is_400() {
    let deep = |levels: usize| {
        format!(
            r#"{{"event": "rating", "botId": "b", "version": "LIVE", "sessionId": "s", "x": {}{}}}"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    let session = |id: &str| {
        format!(
            r#"{{"event": "messages", "botId": "b", "version": "LIVE", "sessionId": "{id}", "messages": []}}"#
        )
    };
    for (body, status) in [
        (String::new(), 400),
        ("{".to_owned(), 400),
        (format!("{MESSAGES} true"), 400),
        (format!("\u{feff}{MESSAGES}"), 400),
        (deep(63), 200),
        (deep(64), 400),
        (deep(1_000_000), 400),
        ("[]".to_owned(), 422),
        ("null".to_owned(), 422),
        (r#"{"event": 1}"#.to_owned(), 422),
        (r#"{"event": "messages"}"#.to_owned(), 422),
        ("{}".to_owned(), 422),
        (session("s").replace(r#""event": "messages","#, ""), 422),
        (r#"["messages", null]"#.to_owned(), 422),
        (session("s").replace(r#""s""#, "17"), 422),
        (
            r#"{"event": "messages", "event": "offload"}"#.to_owned(),
            422,
        ),
        (session(""), 422),
        (session(".."), 422),
        (session(&"x".repeat(257)), 422),
        (session(&"x".repeat(256)), 200),
    ] {
        let bridge = Bridge::new(Script::default());
        let shown = body.chars().take(80).collect::<String>();
        let reply = bridge.send(Call::post(&url(), body)).await;
        assert_eq!(reply.status, status, "{shown}");
        match status {
            400 => assert_eq!(reply.problem(), "malformed"),
            422 => assert_eq!(reply.problem(), "invalid-contract"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_limits_hold_to_the_byte_announced_or_in_chunks() {
    let unknown = MESSAGES.replace("\"messages\",", "\"rating\",");
    let cases = [
        (messages_of(1 << 20), 200),
        (messages_of((1 << 20) + 1), 413),
        (sized(&unknown, 4 << 20), 200),
        (sized(&unknown, (4 << 20) + 1), 413),
    ];
    for (body, status) in cases {
        let length = body.len();
        for whole in [Body::from(body.clone()), chunked(body)] {
            let bridge = Bridge::new(Script::default());
            let reply = bridge.send(Call::post(&url(), whole)).await;
            assert_eq!(reply.status, status, "{length}");
            if status == 413 {
                assert_eq!(reply.problem(), "too-large");
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let bridge = Bridge::new(Script::default());
    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let reply = bridge.send(Call::post(&url(), never)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (408, "too-slow")
    );
    assert_eq!(reply.headers["connection"], "close");
}

#[tokio::test(start_paused = true)]
async fn messages_that_cannot_be_stored_are_to_come_again() {
    for apply in [
        Apply::Fails(|| Error::Busy),
        Apply::Fails(|| Error::Closed),
        Apply::Hangs,
    ] {
        let bridge = Bridge::new(Script {
            apply,
            ..Script::default()
        });
        let began = Instant::now();
        let reply = bridge.send(Call::post(&url(), MESSAGES)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (503, "unavailable")
        );
        assert!(reply.headers.contains_key("retry-after"));
        assert!(began.elapsed() <= Duration::from_secs(2));
    }
}

#[tokio::test]
async fn an_answer_waits_for_the_commit_and_a_client_that_hangs_up_does_not_stop_it() {
    let (apply, reached, go) = Apply::held();
    let bridge = Arc::new(Bridge::new(Script {
        apply,
        ..Script::default()
    }));

    let caller = Arc::clone(&bridge);
    let call = tokio::spawn(async move { caller.send(Call::post(&url(), MESSAGES)).await });
    reached.acquire().await.unwrap().forget();
    assert!(!call.is_finished());
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());

    assert_eq!(bridge.store.committed(), 0);
    go.add_permits(1);
    bridge.tasks.close();
    bridge.tasks.wait().await;
    assert_eq!(bridge.store.committed(), 1);
}

#[tokio::test]
async fn the_health_check_is_answered_in_every_spelling() {
    let bridge = Bridge::new(Script::default());
    for query in [
        format!("challenge.verifyToken={VERIFY}"),
        format!("challenge%5BverifyToken%5D={VERIFY}"),
        format!("challenge=%7B%22verifyToken%22:%22{VERIFY}%22%7D"),
        format!("verifyToken={VERIFY}"),
    ] {
        for path in [
            format!("/hooks/chatlayer/webshop/{KEY}"),
            "/hooks/chatlayer/plain".to_owned(),
        ] {
            let reply = bridge.send(Call::get(&format!("{path}?{query}"))).await;
            assert_eq!(
                (reply.status.as_u16(), reply.json()),
                (200, json!({"status": "ok"})),
                "{query}"
            );
            let posted = bridge
                .send(Call::post(&format!("{path}?{query}"), MESSAGES))
                .await;
            assert_eq!(
                posted.json(),
                Value::Object(serde_json::Map::new()),
                "{query}"
            );
        }
    }
    assert!(bridge.store.warned().is_empty());
}

#[tokio::test]
async fn a_health_check_without_the_key_that_there_is_leaves_a_warning() {
    let bridge = Bridge::new(Script::default());
    let reply = bridge
        .send(Call::get(&format!(
            "/hooks/chatlayer/webshop?verifyToken={VERIFY}"
        )))
        .await;
    assert_eq!(reply.json(), json!({"status": "ok"}));
    let warned = bridge.store.warned();
    assert!(
        matches!(&warned[..], [only] if only.kind == WarningKind::UnkeyedHook && only.subject == "webshop")
    );
}
