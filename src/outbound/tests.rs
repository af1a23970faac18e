mod addresses;
mod answers;
mod connections;

use std::{fmt::Write, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Answer, BaseUrl, Call, CallError, Outbound, OutboundOptions, Seams,
    stub::{Behaviour, Stub, loopback},
};
use crate::{clock::SystemClock, domain::retry::ErrorClass};

fn class(result: Result<Answer, CallError>) -> ErrorClass {
    result.unwrap_err().class()
}

/// A client with other patience than the real one's.
fn waiting(connect: Duration, call: Duration) -> Outbound {
    let options = OutboundOptions {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        proxy: None,
        needs_https: false,
    };
    let seams = Seams {
        connect,
        call,
        ..Seams::default()
    };
    Outbound::with_seams(options, Arc::new(SystemClock), &seams).unwrap()
}

#[tokio::test]
async fn a_call_carries_its_credentials_and_body_and_no_more_than_that() {
    let stub = Stub::answering("200 OK", "", r#"{"id":7}"#).await;
    let endpoint = stub
        .base()
        .join(&["v1", "a b"])
        .unwrap()
        .query("version", "LIVE");
    let call = Call::post(endpoint)
        .bearer(&"id:secret".into())
        .json(&json!({"text": "é"}));
    let answer = loopback().send(call).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap(), json!({"id": 7}));

    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let request = request.to_ascii_lowercase();
    assert!(request.starts_with("post /v1/a%20b?version=live http/1.1\r\n"));
    assert!(request.contains("\r\nauthorization: bearer id:secret\r\n"));
    assert!(request.ends_with("\r\n\r\n{\"text\":\"é\"}"));
    for name in ["cookie", "referer", "accept-encoding"] {
        assert!(!request.contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_an_error_and_not_another_request() {
    let outbound = loopback();
    let stub = Stub::answering("200 OK", "", "{}").await;
    for (name, value) in [("x", "a\r\nb: c"), ("a b", "c"), ("", "c")] {
        let call = Call::get(stub.base().endpoint()).header(name, value);
        assert_eq!(class(outbound.send(call).await), ErrorClass::Rejected);
    }
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn errors_name_the_host_and_nothing_behind_it() {
    let stub = Stub::new(Behaviour::HangUp).await;
    let endpoint = stub
        .base()
        .join(&["canary"])
        .unwrap()
        .query("token", "canary");
    let error = loopback()
        .send(Call::get(endpoint).bearer(&"canary".into()))
        .await
        .unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(fault) = source {
        write!(text, "{fault} {fault:?}").unwrap();
        source = fault.source();
    }
    assert!(
        text.contains("127.0.0.1") && !text.contains("canary"),
        "{text}"
    );
}
