use std::{fmt::Write, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::{
    Answer, BaseUrl, Call, CallError, Outbound, OutboundOptions, ProxySettings, Seams,
    address::{AddressRefused, Lookup},
    stub::{Behaviour, Stub, loopback},
};
use crate::{clock::SystemClock, domain::retry::ErrorClass};

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

fn class(result: Result<Answer, CallError>) -> ErrorClass {
    result.unwrap_err().class()
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
    assert_eq!(endless.into_body().len(), super::ANSWER_LIMIT);

    let head = b"HTTP/1.1 500 Oh\r\ncontent-length: 104857600\r\n\r\n".to_vec();
    let big = ask(&outbound, Behaviour::Endless(head, vec![b'x'; 0x10000])).await;
    let Err(CallError::Refused(refusal)) = big else {
        panic!("refused")
    };
    assert_eq!(refusal.body.len(), super::ANSWER_LIMIT);
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
async fn a_silent_destination_is_given_up_and_may_have_taken_the_call() {
    let stub = Stub::new(Behaviour::Silent).await;
    let error = waiting(Duration::from_secs(3), Duration::from_millis(300))
        .send(Call::get(stub.base().endpoint()))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Ambiguous);
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
async fn a_refused_connection_sent_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: BaseUrl = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(listener);
    let error = loopback()
        .send(Call::get(base.endpoint()))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::NotSent);
}

#[tokio::test]
async fn tls_that_is_cut_or_never_answered_sent_nothing() {
    let cutting = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = cutting.local_addr().unwrap();
    tokio::spawn(async move { while cutting.accept().await.is_ok() {} });
    let silent = Stub::new(Behaviour::Silent).await;
    for base in [
        format!("https://{address}"),
        silent.base().expose().replace("http:", "https:"),
    ] {
        let endpoint = base.parse::<BaseUrl>().unwrap().endpoint();
        assert_eq!(
            class(
                waiting(Duration::from_millis(200), Duration::from_secs(10))
                    .send(Call::get(endpoint))
                    .await
            ),
            ErrorClass::NotSent
        );
    }
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

#[derive(Debug)]
struct Names(&'static [(&'static str, &'static [&'static str])]);

#[async_trait]
impl Lookup for Names {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = self
            .0
            .iter()
            .find(|(name, _)| *name == host)
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(found
            .1
            .iter()
            .map(|address| address.parse().unwrap())
            .collect())
    }
}

/// Knows one name, and answers otherwise each time it is asked.
#[derive(Debug)]
struct Rebound(std::sync::Mutex<Vec<&'static str>>);

#[async_trait]
impl Lookup for Rebound {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let next = self.0.lock().unwrap().pop();
        Ok(vec![next.expect("it was asked once more").parse().unwrap()])
    }
}

#[tokio::test]
async fn a_name_that_is_answered_otherwise_the_next_time_gains_nothing() {
    // Both answer; the first is one that may be called, as a public one would be.
    let stub = Stub::answering("200 OK", "connection: close\r\n", "{}").await;
    let port = stub.base().endpoint().into_url().port().unwrap();
    let inside = tokio::net::TcpListener::bind(("127.0.0.2", port)).await;
    let seams = Seams {
        lookup: Arc::new(Rebound(vec!["127.0.0.2", "127.0.0.1"].into())),
        ..Seams::default()
    };
    let options = OutboundOptions {
        allow_networks: vec!["127.0.0.1/32".parse().unwrap()],
        proxy: None,
        needs_https: false,
    };
    let outbound = Outbound::with_seams(options, Arc::new(SystemClock), &seams).unwrap();
    let url: BaseUrl = format!("http://rebound.example:{port}").parse().unwrap();
    // What was looked up once is what was checked and what is connected to: a second answer would be of the next call.
    outbound.send(Call::get(url.endpoint())).await.unwrap();
    let error = outbound.send(Call::get(url.endpoint())).await.unwrap_err();
    assert!(
        matches!(error, CallError::AddressRefused { .. }),
        "{error:?}"
    );
    assert_eq!(stub.requests().await.len(), 1);
    let connected = inside.unwrap().accept().now_or_never();
    assert!(connected.is_none(), "it was connected to");
}

async fn call_as(url: &str, allow: &[&str]) -> CallError {
    let names = Names(&[
        // A name may also be another's alias: what counts is where it ends.
        ("inside.example", &["127.0.0.1"]),
        ("mixed.example", &["127.0.0.1", "8.8.8.8"]),
        ("rebound.example", &["169.254.169.254", "10.0.0.1", "::1"]),
    ]);
    let allow_networks = allow
        .iter()
        .map(|network| network.parse().unwrap())
        .collect();
    let options = OutboundOptions {
        allow_networks,
        proxy: None,
        needs_https: false,
    };
    let seams = Seams {
        lookup: Arc::new(names),
        ..Seams::default()
    };
    let outbound = Outbound::with_seams(options, Arc::new(SystemClock), &seams).unwrap();
    outbound
        .send(Call::get(url.parse::<BaseUrl>().unwrap().endpoint()))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn addresses_inside_are_refused_before_a_connection_is_made() {
    let refused = [
        "https://127.0.0.1:1",
        "https://2130706433",
        "https://[::ffff:10.0.0.1]",
        "https://169.254.169.254",
        "https://inside.example:1",
        "https://rebound.example",
        "https://[64:ff9b::a9fe:a9fe]",
    ];
    for url in refused {
        let error = call_as(url, &[]).await;
        assert!(
            matches!(
                error,
                CallError::AddressRefused {
                    source: AddressRefused::NotPublic,
                    ..
                }
            ),
            "{url}: {error:?}"
        );
        assert_eq!(error.class(), ErrorClass::NotSent);
    }
}

#[tokio::test]
async fn plain_http_goes_only_where_addresses_are_listed_and_none_is_public() {
    for url in [
        "http://8.8.8.8",
        "http://mixed.example:1",
        "http://10.0.0.1",
    ] {
        let error = call_as(url, &["127.0.0.0/8"]).await;
        assert!(
            matches!(
                error,
                CallError::AddressRefused {
                    source: AddressRefused::PlainHttp,
                    ..
                }
            ),
            "{url}: {error:?}"
        );
    }
    let listed = call_as("http://inside.example:1", &["127.0.0.0/8"]).await;
    assert!(matches!(listed, CallError::Connect { .. }), "{listed:?}");
}

#[tokio::test]
async fn a_name_that_nobody_knows_sent_nothing() {
    let error = call_as("https://unknown.example", &[]).await;
    assert!(matches!(error, CallError::Lookup { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::NotSent);
}

#[tokio::test]
async fn without_root_certificates_https_waits_for_repair_and_plain_http_is_called() {
    let stub = Stub::answering("200 OK", "", "{}").await;
    let outbound = Outbound {
        https: None,
        ..loopback()
    };
    let get = |url: BaseUrl| outbound.send(Call::get(url.endpoint()));
    let error = get("https://desk.example/".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::NoRoots { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Certificate);
    get(stub.base()).await.unwrap();
}

#[tokio::test]
async fn https_goes_through_the_proxy_and_plain_http_does_not() {
    let proxy = Stub::answering("403 Forbidden", "", "").await;
    let port = proxy.base().endpoint().into_url().port().unwrap();
    let address = format!("http://ann:secret@proxy.example:{port}");
    let variable = |name: &str| (name == "HTTPS_PROXY").then(|| address.clone());
    let options = OutboundOptions {
        allow_networks: vec!["127.0.0.9/32".parse().unwrap()],
        proxy: ProxySettings::from_variables(variable),
        needs_https: true,
    };
    // The proxy may stand where nothing else may be called.
    let names = Names(&[("proxy.example", &["127.0.0.1"])]);
    let seams = Seams {
        lookup: Arc::new(names),
        ..Seams::default()
    };
    let outbound = Outbound::with_seams(options, Arc::new(SystemClock), &seams).unwrap();
    let get =
        |url: &str| Call::get(url.parse::<BaseUrl>().unwrap().endpoint()).bearer(&"canary".into());

    assert_eq!(
        class(outbound.send(get("https://desk.example/a")).await),
        ErrorClass::NotSent
    );
    assert_eq!(
        class(outbound.send(get("http://127.0.0.9:1/a")).await),
        ErrorClass::NotSent
    );
    assert_eq!(
        class(outbound.send(get("https://10.0.0.1/a")).await),
        ErrorClass::NotSent
    );
    let [request] = <[String; 1]>::try_from(proxy.requests().await).unwrap();
    assert!(
        request.starts_with("CONNECT desk.example:443 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        !request.contains("canary") && !request.contains("/a "),
        "{request}"
    );
}
