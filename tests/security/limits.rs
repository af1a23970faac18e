//! Body limits on the wire, to the byte, announced and in chunks; compressed bodies; the limit on failed calls.

use crate::{
    bridge::{Bridge, DESK_TOKEN, HOOK_KEY, VERIFY_TOKEN, bearer, hook_path, text},
    raw,
};

const MEBIBYTE: usize = 1 << 20;

fn padded(json: &str, length: usize) -> String {
    let padding = " ".repeat(length - json.len());
    format!("{json}{padding}")
}

#[tokio::test]
async fn each_route_takes_its_limit_and_not_one_byte_more() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    let keyed = format!("/hooks/chatlayer/webshop/{HOOK_KEY}");
    let desk = bearer(DESK_TOKEN);
    let offload =
        r#"{"botId":"b1","version":"LIVE","sessionId":"s1","event":"offload","transcript":[]}"#;
    let cases = [
        (hook_path(), String::new(), text("s1", 1), MEBIBYTE, 200),
        (keyed, String::new(), offload.to_owned(), 4 * MEBIBYTE, 200),
        (
            events,
            desk,
            r#"{"type":"typing"}"#.to_owned(),
            MEBIBYTE,
            202,
        ),
    ];
    for (path, headers, json, limit, taken) in cases {
        for (length, status) in [(limit - 1, taken), (limit, taken), (limit + 1, 413)] {
            let body = padded(&json, length);
            for request in [
                raw::post(&path, &headers, &body),
                raw::post_chunked(&path, &headers, &body),
            ] {
                let answer = raw::exchange(bridge.public, request.as_bytes())
                    .await
                    .remove(0);
                assert_eq!(
                    answer.status, status,
                    "{length} of {limit}: {}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn no_body_is_inflated() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    for encoding in [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "x-gzip",
        "identity, gzip",
        "chunked",
    ] {
        let header = format!("content-encoding: {encoding}\r\n");
        for request in [
            raw::post(&hook_path(), &header, "\x1f"),
            raw::post(&events, &(bearer(DESK_TOKEN) + &header), "\x1f"),
        ] {
            let answer = raw::exchange(bridge.public, request.as_bytes())
                .await
                .remove(0);
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (415, "unsupported-media-type"),
                "{encoding}"
            );
        }
    }
    let request = raw::post(
        &hook_path(),
        "content-encoding: identity\r\n",
        &text("s1", 1),
    );
    let answer = raw::exchange(bridge.public, request.as_bytes())
        .await
        .remove(0);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_token_is_neither_repeated_nor_endless_nor_cut_off() {
    let bridge = Bridge::start().await;
    let long = "x".repeat(8000);
    let right = format!("verifyToken={VERIFY_TOKEN}");
    for query in [
        String::new(),
        "verifyToken=".to_owned(),
        format!("verifyToken={long}"),
        format!("{right}{long}"),
        format!("verifyToken={}", &VERIFY_TOKEN[1..]),
        format!("{right}%00"),
        format!("{right}%20"),
        format!("{right}&{right}"),
        format!("{right}&verifyToken="),
        format!("verifyToken=&{right}"),
        format!("{right}&challenge%2EverifyToken={VERIFY_TOKEN}"),
        format!(
            "challenge=%7B%22verifyToken%22:%22{VERIFY_TOKEN}%22,%22verifyToken%22:%22{VERIFY_TOKEN}%22%7D"
        ),
    ] {
        let path = format!("/hooks/chatlayer/webshop?{query}");
        let answer = raw::ask(bridge.public, ("GET", &path), "").await;
        assert_eq!(answer.status, 401, "{query:.80}");
    }
    let path = format!("/hooks/chatlayer/webshop?{right}");
    assert_eq!(
        raw::ask(bridge.public, ("GET", &path), "").await.status,
        200
    );
}
