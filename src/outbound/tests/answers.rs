//! What comes back, however little of it is an answer.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::outbound::ANSWER_LIMIT;

const GZIP_OF_AN_EMPTY_OBJECT: [u8; 22] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
];

async fn ask(outbound: &Outbound, behaviour: Behaviour) -> Result<Answer, CallError> {
    let stub = Stub::new(behaviour).await;
    outbound
        .send(Call::post(stub.base().endpoint()).json(&json!({"a": 1})))
        .await
}

async fn ask_bytes(outbound: &Outbound, answer: &[u8]) -> Result<Answer, CallError> {
    ask(outbound, Behaviour::Answer(answer.to_vec())).await
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_no_credential_follows_it() {
    let elsewhere = Stub::answering("200 OK", "", "{}").await;
    let location = format!("location: {}\r\n", elsewhere.base().expose());
    let stub = Stub::answering("307 Temporary Redirect", &location, "").await;
    let call = Call::post(stub.base().endpoint())
        .bearer(&"canary".into())
        .json(&json!({}));
    assert_eq!(class(loopback().send(call).await), ErrorClass::Redirected);
    assert!(elsewhere.requests().await.is_empty());
}

#[tokio::test]
async fn a_2xx_that_cannot_be_read_was_probably_taken() {
    let outbound = loopback();
    // What would be `{}` if it were inflated.
    let mut zipped =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 22\r\n\r\n".to_vec();
    zipped.extend(GZIP_OF_AN_EMPTY_OBJECT);
    let cases: [(&str, &[u8]); 7] = [
        (
            "html",
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html></html>",
        ),
        ("nothing", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (
            "truncated json",
            b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n{\"a\":[",
        ),
        (
            "short of its length",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}",
        ),
        (
            "broken chunk",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ),
        (
            "not utf-8",
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\"\xff\xfe\"",
        ),
        ("gzip", &zipped),
    ];
    for (name, bytes) in cases {
        let answer = ask_bytes(&outbound, bytes)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let error = answer.json::<Value>().unwrap_err();
        assert_eq!(error.class(), ErrorClass::Unreadable, "{name}");
    }
}

#[tokio::test]
async fn an_answer_with_half_a_surrogate_pair_is_read() {
    let body = r#"{"text": "\ud83d"}"#;
    for status in ["200 OK", "422 Unprocessable Entity"] {
        let stub = Stub::answering(status, "", body).await;
        let sent = loopback().send(Call::get(stub.base().endpoint())).await;
        let read: Value = match sent {
            Ok(answer) => answer.json().unwrap(),
            Err(CallError::Refused(refusal)) => serde_json::from_slice(&refusal.body).unwrap(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(read, json!({"text": "\u{fffd}"}));
    }
}

#[tokio::test]
async fn an_answer_without_body_is_told_from_one_that_is_broken() {
    let outbound = loopback();
    let empty = ask_bytes(
        &outbound,
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n\r\n",
    )
    .await
    .unwrap();
    assert!(empty.optional_json::<Value>().unwrap().is_none());
    let cut = ask_bytes(
        &outbound,
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n",
    )
    .await
    .unwrap();
    assert_eq!(
        cut.optional_json::<Value>().unwrap_err().class(),
        ErrorClass::Unreadable
    );
}

#[tokio::test]
async fn of_a_body_without_end_64_kilobytes_are_kept() {
    let outbound = loopback();
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut chunk = b"1000\r\n".to_vec();
    chunk.extend([b'x'; 0x1000]);
    chunk.extend(b"\r\n");
    let endless = ask(&outbound, Behaviour::Endless(head, chunk))
        .await
        .unwrap();
    assert_eq!(
        endless.json::<Value>().unwrap_err().class(),
        ErrorClass::Unreadable
    );
    assert_eq!(endless.into_body().len(), ANSWER_LIMIT);

    let head = b"HTTP/1.1 500 Oh\r\ncontent-length: 104857600\r\n\r\n".to_vec();
    let big = ask(&outbound, Behaviour::Endless(head, vec![b'x'; 0x10000])).await;
    let Err(CallError::Refused(refusal)) = big else {
        panic!("refused")
    };
    assert_eq!(refusal.body.len(), ANSWER_LIMIT);
}

#[tokio::test]
async fn an_answer_that_is_not_http_leaves_it_open_whether_the_call_was_taken() {
    let outbound = loopback();
    let mut bomb = b"HTTP/1.1 200 OK\r\n".to_vec();
    (0..5_000).for_each(|n| bomb.extend(format!("x-{n}: y\r\n").bytes()));
    let mut long = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    long.extend(vec![b'y'; 1_000_000]);
    for behaviour in [
        Behaviour::Answer(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Behaviour::Answer(b"HTTP/1.1 20".to_vec()),
        Behaviour::Answer(bomb),
        Behaviour::Answer(long),
        Behaviour::HangUp,
    ] {
        assert_eq!(
            class(ask(&outbound, behaviour).await),
            ErrorClass::Ambiguous
        );
    }
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off_and_the_call_counts_as_probably_taken() {
    let stub = Stub::new(Behaviour::Answer(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec(),
    ))
    .await;
    let answer = waiting(Duration::from_secs(3), Duration::from_millis(1_500))
        .send(Call::get(stub.base().endpoint()))
        .await
        .unwrap();
    assert_eq!(
        answer.json::<Value>().unwrap_err().class(),
        ErrorClass::Unreadable
    );
}

#[tokio::test]
async fn the_answer_says_how_long_to_wait() {
    let stub = Stub::answering("429 Too Many", "retry-after: 17\r\n", "").await;
    let error = loopback()
        .send(Call::get(stub.base().endpoint()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.class(), error.retry_after()),
        (ErrorClass::RateLimited, Some(Duration::from_secs(17)))
    );
}
