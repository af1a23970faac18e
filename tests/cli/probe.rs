//! Checks that fill in templates and call vendors.

use axum::http::{Method, StatusCode};

use crate::{
    setup::{Setup, complaint, printed, unused},
    stub::Stub,
};

#[test]
fn a_probe_calls_everybody_once_and_opens_nothing() {
    let (platform, desk) = (
        Stub::answering(StatusCode::OK, "[]"),
        Stub::answering(StatusCode::OK, "{}"),
    );
    let setup = Setup::probing(platform.address, desk.address);
    let output = setup.run(&["check", "--probe"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = format!(
        "bot webshop: http://{} answers\ndesk custom: http://{} answers\nok: 1 bot, 1 desk, 0 routes\n",
        platform.address, desk.address
    );
    assert!(printed(&output).ends_with(&lines), "{output:?}");
    let [list] = &platform.calls()[..] else {
        panic!("one call")
    };
    assert_eq!(
        (&list.method, list.uri.as_str()),
        (&Method::GET, "/v1/bots")
    );
    assert_eq!(list.bearer.as_deref(), Some("Bearer canary-access-token"));
    let [ping] = &desk.calls()[..] else {
        panic!("one call")
    };
    assert_eq!(ping.body["type"], "ping");
    let left = std::fs::read_dir(setup.directory.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the configuration");
}

#[test]
fn a_probe_says_who_does_not_answer_and_what_to_look_at() {
    let desk = Stub::answering(StatusCode::OK, "{}");
    for (status, body, advice) in [
        (
            StatusCode::UNAUTHORIZED,
            "{}",
            "does not take bots.webshop.access_token",
        ),
        (StatusCode::NOT_FOUND, "{}", "look at bots.webshop.api_url"),
        (
            StatusCode::FOUND,
            "",
            "Write the final one into bots.webshop.api_url",
        ),
        (StatusCode::TOO_MANY_REQUESTS, "", "called too often"),
        (StatusCode::BAD_GATEWAY, "", "there and not well"),
        (StatusCode::OK, "<html>canary</html>", "not the API"),
    ] {
        let platform = Stub::answering(status, body);
        let setup = Setup::probing(platform.address, desk.address);
        let output = setup.run(&["check", "--probe"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = printed(&output);
        assert!(
            told.contains("bot webshop: ") && told.contains(advice),
            "{told}"
        );
        assert!(
            told.contains("desk custom: ") && told.contains(" answers\n"),
            "{told}"
        );
        let complaint = complaint(&output);
        assert!(complaint.contains("1 of 2 probed"), "{complaint}");
        assert!(!told.contains("canary") && !complaint.contains("canary"));
    }
    let nobody = Setup::probing(unused(), unused()).run(&["check", "--probe"]);
    assert_eq!(nobody.status.code(), Some(1));
    let told = printed(&nobody);
    assert_eq!(
        told.matches("Nobody takes connections there").count(),
        2,
        "{told}"
    );
    assert!(complaint(&nobody).contains("2 of 2 probed"));
}

#[test]
fn a_check_fills_in_the_templates_and_calls_nobody_before_they_are_right() {
    let stub = Stub::answering(StatusCode::OK, "[]");
    let setup = Setup::probing(stub.address, stub.address);
    let text = std::fs::read_to_string(setup.file()).unwrap();
    let step = "[[bots.webshop.resume]]\nrequest = { method = \"POST\", url = \"nowhere\" }\n";
    std::fs::write(setup.file(), text + step).unwrap();
    for options in [&["check"][..], &["check", "--probe"]] {
        let output = setup.run(options);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = complaint(&output);
        assert!(
            told.contains("bots.webshop.resume[0].request cannot be filled in: "),
            "{told}"
        );
        assert!(told.contains("(1 to put right)"), "{told}");
        assert_eq!(printed(&output), "");
    }
}
