//! What is sent to a bridge that runs.

use axum::http::{Method, StatusCode};

use crate::{
    setup::{ADMIN_TOKEN, Setup, complaint, printed, unused},
    stub::Stub,
};

#[test]
fn a_bridge_that_is_not_there_ends_with_1() {
    let setup = Setup::new(unused());
    for arguments in [
        &["healthcheck"][..],
        &["deliveries", "list"],
        &["simulate", "--say", "hello"],
    ] {
        let output = setup.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!complaint(&output).contains("canary"), "{output:?}");
    }
}

#[test]
fn a_bridge_that_answers_is_healthy() {
    let stub = Stub::answering(StatusCode::OK, "{}");
    assert_eq!(
        Setup::new(stub.address).run(&["healthcheck"]).status.code(),
        Some(0)
    );
    assert_eq!(stub.calls()[0].uri, "/livez");
}

#[test]
fn deliveries_are_listed_with_the_filters_that_were_given() {
    let stub = Stub::answering(StatusCode::OK, r#"{"deliveries": [], "next": null}"#);
    let output = Setup::new(stub.address).run(&[
        "deliveries",
        "list",
        "--state",
        "dead",
        "--destination",
        "desk:custom",
    ]);
    assert_eq!(printed(&output), "no deliveries\n", "{output:?}");
    let call = &stub.calls()[0];
    assert_eq!(
        call.uri,
        "/api/admin/deliveries?state=dead&destination=desk%3Acustom&limit=100"
    );
    assert_eq!(
        call.bearer.as_deref(),
        Some(format!("Bearer {ADMIN_TOKEN}").as_str())
    );
}

#[test]
fn deliveries_are_retried_and_skipped_by_id() {
    let stub = Stub::answering(StatusCode::OK, "{}");
    let setup = Setup::new(stub.address);
    let ids = [
        "01a1f000-0000-7000-8000-000000000001",
        "01a1f000-0000-7000-8000-000000000002",
    ];
    assert!(
        setup
            .run(&["deliveries", "retry", ids[0], ids[1]])
            .status
            .success()
    );
    assert!(setup.run(&["deliveries", "skip", ids[0]]).status.success());
    let calls: Vec<_> = stub
        .calls()
        .into_iter()
        .map(|call| (call.method, call.uri))
        .collect();
    assert_eq!(
        calls,
        [
            (
                Method::POST,
                format!("/api/admin/deliveries/{}/retry", ids[0])
            ),
            (
                Method::POST,
                format!("/api/admin/deliveries/{}/retry", ids[1])
            ),
            (
                Method::POST,
                format!("/api/admin/deliveries/{}/skip", ids[0])
            ),
        ]
    );
}

#[test]
fn a_refusal_is_told_by_its_title_and_ends_with_1() {
    let stub = Stub::answering(
        StatusCode::CONFLICT,
        r#"{"type": "x", "title": "Not now", "status": 409}"#,
    );
    let output = Setup::new(stub.address).run(&[
        "deliveries",
        "skip",
        "01a1f000-0000-7000-8000-000000000001",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        complaint(&output).contains("status 409 (Not now)"),
        "{output:?}"
    );
}

#[test]
fn a_simulated_user_asks_and_speaks_as_chatlayer_would_tell_it() {
    let stub = Stub::answering(
        StatusCode::OK,
        r#"{"offloadSuccess": true, "pauseBot": true}"#,
    );
    let output = Setup::new(stub.address).run(&[
        "simulate",
        "--session",
        "s1",
        "--offload",
        "--say",
        "hello",
        "--say",
        "bye",
    ]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        printed(&output).contains("accepted: the bot is paused"),
        "{output:?}"
    );

    let hook = "/hooks/chatlayer/webshop/canary-hook-key-of-webshop";
    let calls = stub.calls();
    let [offload, hello, bye] = &calls[..] else {
        panic!("{calls:?}")
    };
    assert_eq!(
        offload.uri, hook,
        "the documents show no token with an offload"
    );
    assert_eq!(offload.body["event"], "offload");
    assert_eq!(
        hello.uri,
        format!("{hook}?challenge.verifyToken=canary-verify-token")
    );
    for (call, text) in [(hello, "hello"), (bye, "bye")] {
        assert_eq!(call.body["sessionId"], "s1");
        assert_eq!(call.body["messages"][0]["message"]["text"], text);
    }
    assert_ne!(
        hello.body["messages"][0]["message"]["id"],
        bye.body["messages"][0]["message"]["id"]
    );
}
