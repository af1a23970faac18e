//! What proxies say of a caller is believed from the configured ranges alone.

use std::ffi::OsStr;

use handover_bridge::http::request_id::HEADER;
use tokio::net::TcpListener;

use crate::{
    bridge::{Bridge, VERIFY_TOKEN, hook_path, text},
    process::Process,
    raw::{self, Answer},
};

/// Failed calls that one source may make in a minute.
const FAILURES: usize = 60;

async fn wrong(bridge: &Bridge, forwarded: &str) -> Answer {
    let path = "/hooks/chatlayer/webshop?verifyToken=wrong";
    raw::ask(bridge.public, ("GET", path), forwarded).await
}

/// Calls until the source has no failures left; one may have grown back meanwhile.
async fn exhaust(bridge: &Bridge, forwarded: &str) {
    for _ in 0..2 * FAILURES {
        if wrong(bridge, forwarded).await.status == 429 {
            return;
        }
    }
    panic!("never told");
}

#[tokio::test]
async fn a_stranger_cannot_pass_for_another_source() {
    let bridge = Bridge::start().await;
    exhaust(&bridge, "x-forwarded-for: 203.0.113.5\r\n").await;
    let mut told = 0;
    for header in [
        "",
        "x-forwarded-for: 198.51.100.7\r\n",
        "forwarded: for=198.51.100.8\r\n",
        "x-real-ip: 198.51.100.9\r\nx-forwarded-host: a\r\nx-forwarded-proto: https\r\n",
    ] {
        let answer = wrong(&bridge, header).await;
        told += usize::from(answer.status == 429);
    }
    assert!(told >= 3, "a made-up address has given new failures");
    let right = format!("/hooks/chatlayer/webshop?verifyToken={VERIFY_TOKEN}");
    let answer = raw::ask(bridge.public, ("GET", &right), "").await;
    assert_eq!(answer.status, 200, "the right secret is never refused");
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_rightmost_stranger_counts() {
    let bridge = Bridge::start_with(r#"trusted_proxies = ["127.0.0.0/8", "10.0.0.0/8"]"#).await;
    exhaust(&bridge, "x-forwarded-for: 203.0.113.5, 10.0.0.1\r\n").await;
    // What stands left of the address is the caller's own invention.
    let same = "x-forwarded-for: 198.51.100.1\r\nx-forwarded-for: 198.51.100.2, 203.0.113.5\r\n";
    let statuses = [
        wrong(&bridge, same).await.status,
        wrong(&bridge, same).await.status,
    ];
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = "x-forwarded-for: 203.0.113.5, 198.51.100.1\r\n";
    assert_eq!(wrong(&bridge, other).await.status, 401);
}

#[tokio::test]
async fn a_request_keeps_the_name_that_a_trusted_proxy_gives_it_and_its_problem_repeats_it() {
    let trusting = Bridge::start_with(r#"trusted_proxies = ["127.0.0.0/8"]"#).await;
    let answer = wrong(
        &trusting,
        &format!("{HEADER}: 7F000001:8296_7F-proxy.1\r\n"),
    )
    .await;
    assert_eq!(answer.header(HEADER), Some("7F000001:8296_7F-proxy.1"));
    assert_eq!(answer.json()["request_id"], "7F000001:8296_7F-proxy.1");
    let long = "x".repeat(129);
    for odd in ["", "a b", "a\"b", "<a>", &long] {
        let answer = wrong(&trusting, &format!("{HEADER}: {odd}\r\n")).await;
        let id = answer.header(HEADER).unwrap();
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{odd}");
        assert_eq!(answer.json()["request_id"], id);
    }
    let distrusting = Bridge::start().await;
    let answer = wrong(&distrusting, &format!("{HEADER}: forged\r\n")).await;
    assert_ne!(answer.header(HEADER), Some("forged"));
}

/// Traces may carry a collector's token, and go in clear where the collector is near.
#[tokio::test]
async fn no_proxy_of_the_machine_gets_what_goes_in_clear() {
    let [collector, proxy] = [(); 2].map(|()| listen());
    let endpoint = collector.local_addr().unwrap();
    let telemetry = format!("[telemetry]\notlp_endpoint = \"http://{endpoint}\"\n");
    let traced = |config: String| format!("{config}\n{telemetry}");
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let address: &OsStr = address.as_ref();
    let environment = [
        ("HTTP_PROXY", address),
        ("ALL_PROXY", address),
        ("http_proxy", address),
    ];
    let process = Process::start_with(traced, &environment).await;
    let request = raw::post(&hook_path(), "", &text("s1", 1));
    raw::exchange(process.public, request.as_bytes()).await;
    tokio::select! {
        called = collector.accept() => drop(called.unwrap()),
        _ = proxy.accept() => panic!("the traces went to the proxy"),
    }
}

fn listen() -> TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    TcpListener::from_std(listener).unwrap()
}
