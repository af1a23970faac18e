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
fn a_bridge_is_as_healthy_with_a_file_that_it_would_not_start_with() {
    let stub = Stub::answering(StatusCode::OK, "{}");
    let setup = Setup::new(stub.address);
    setup.append("[bots.second]\nplatform = \"chatlayer\"\nverify_token_file = \"/nowhere/token\"");
    assert_eq!(setup.run(&["check"]).status.code(), Some(2));
    let output = setup.run(&["healthcheck"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn deliveries_are_listed_with_the_filters_that_were_given() {
    let stub = Stub::answering(StatusCode::OK, r#"{"deliveries": [], "next": null}"#);
    let setup = Setup::new(stub.address);
    let output = setup.run(&[
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
    let mistyped = setup.run(&["deliveries", "list", "--destination", "desk:custm"]);
    let told = "no deliveries\nthe configuration has no desk:custm\n";
    assert_eq!(printed(&mistyped), told, "{mistyped:?}");
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
fn a_refusal_is_told_in_the_words_of_its_problem_and_ends_with_1() {
    for (problem, told) in [
        (r#"{"title": "Not now", "status": 409}"#, "409 (Not now)\n"),
        (
            r#"{"title": "Not now", "detail": "it is on its way"}"#,
            "409 (Not now: it is on its way)\n",
        ),
        ("<html>", "409\n"),
    ] {
        let stub = Stub::answering(StatusCode::CONFLICT, problem);
        let output = Setup::new(stub.address).run(&["deliveries", "list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(complaint(&output).ends_with(told), "{output:?}");
    }
}

#[test]
fn what_is_refused_of_one_delivery_stops_none_of_the_others() {
    let stub = Stub::answering(StatusCode::CONFLICT, r#"{"title": "Not now"}"#);
    let ids = [
        "01a1f000-0000-7000-8000-000000000001",
        "01a1f000-0000-7000-8000-000000000002",
    ];
    for verb in ["retry", "skip"] {
        let output = Setup::new(stub.address).run(&["deliveries", verb, ids[0], ids[1]]);
        assert_eq!(output.status.code(), Some(1));
        let why = "the bridge refused with status 409 (Not now)";
        let lines = format!("{}: {why}\n{}: {why}\n", ids[0], ids[1]);
        assert_eq!(printed(&output), lines, "{output:?}");
        assert!(
            complaint(&output).contains("2 of 2 were refused"),
            "{output:?}"
        );
    }
    assert_eq!(stub.calls().len(), 4);
}

#[test]
fn a_destination_that_can_be_none_is_a_usage_error() {
    let setup = Setup::new(unused());
    for destination in ["custom", "table:custom", "desk:", "desk:No Name"] {
        let output = setup.run(&["deliveries", "list", "--destination", destination]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(
            complaint(&output).contains("not bot:NAME or desk:NAME"),
            "{output:?}"
        );
    }
}

#[test]
fn an_environment_is_written_in_either_case() {
    let stub = Stub::answering(StatusCode::OK, "{}");
    let setup = Setup::new(stub.address);
    for version in ["live", "LIVE", "Live"] {
        for command in [&["simulate", "--say", "hello"][..], &["route"]] {
            let arguments = [command, &["--version", version]].concat();
            let output = setup.run(&arguments);
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
    }
    assert!(
        stub.calls()
            .iter()
            .all(|call| call.body["version"] == "LIVE")
    );
    let output = setup.run(&["erase", "--user", "u", "--version", "live"]);
    assert_eq!(output.status.code(), Some(1), "the stub erases nobody");
    assert_eq!(stub.calls().last().unwrap().body["version"], "LIVE");
    assert_eq!(
        setup.run(&["route", "--version", "beta"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_bot_that_nobody_knows_is_a_slip_when_somebody_is_erased() {
    let refusal = r#"{"title": "refused", "detail": "no bot is called so"}"#;
    let stub = Stub::answering(StatusCode::NOT_FOUND, refusal);
    let setup = Setup::new(stub.address);
    let erase = |bot| setup.run(&["erase", "--session", "s1", "--bot", bot]);
    let slip = erase("typo");
    assert_eq!(slip.status.code(), Some(2));
    assert!(
        complaint(&slip).contains("no bot is called typo"),
        "{slip:?}"
    );
    assert_eq!(stub.calls()[0].body["bot"], "typo", "the bridge is asked");
    let refused = erase("webshop");
    assert_eq!(refused.status.code(), Some(1), "it is configured");
    assert_eq!(erase("No Bot").status.code(), Some(2));
    assert_eq!(stub.calls().len(), 2);
}

#[test]
fn who_is_with_a_bot_that_is_gone_can_still_be_erased() {
    let begun = r#"{"id": "01a1f000-0000-7000-8000-000000000001", "state": "finished",
        "requested_at": "1970-01-01T00:00:00.000Z", "finished_at": "1970-01-01T00:00:00.000Z",
        "conversations": 1, "left": 0, "platform_deleted": 0, "platform_kept": 0, "waits_for": []}"#;
    let stub = Stub::answering(StatusCode::OK, begun);
    let output = Setup::new(stub.address).run(&["erase", "--session", "s1", "--bot", "gone"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_simulated_request_that_is_declined_ends_with_1_and_what_was_to_be_said_is_said() {
    let declined = r#"{"offloadSuccess": false, "pauseBot": false}"#;
    let stub = Stub::answering(StatusCode::OK, declined);
    let output = Setup::new(stub.address).run(&["simulate", "--offload", "--say", "hello"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(printed(&output).contains("declined: the bot goes on"));
    assert!(printed(&output).contains("kept"), "{output:?}");
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
