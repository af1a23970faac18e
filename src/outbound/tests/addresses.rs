//! Where a call may go, and what it goes through.

use std::{io, net::IpAddr};

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::*;
use crate::outbound::{
    ProxySettings,
    address::{AddressRefused, Lookup},
};

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
