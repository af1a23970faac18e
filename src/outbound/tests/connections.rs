//! Destinations with which no call comes about.

use std::time::Duration;

use super::*;

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
