//! The command line as its caller sees it: exit codes, what is printed where, what is sent to the bridge.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

const ADMIN_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A configuration file whose listeners are where `address` says.
struct Setup {
    directory: TempDir,
    address: SocketAddr,
}

/// Stands in for a running bridge: takes down each call and answers all alike.
struct Stub {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    _runtime: Runtime,
}

#[derive(Clone, Debug)]
struct Call {
    method: Method,
    uri: String,
    bearer: Option<String>,
    body: Value,
}

#[derive(Clone)]
struct Answering {
    status: StatusCode,
    body: &'static str,
    calls: Arc<Mutex<Vec<Call>>>,
}

#[test]
fn a_good_configuration_checks_out() {
    let output = Setup::new(unused()).run(&["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        printed(&output).ends_with("ok: 1 bot, 1 desk, 0 routes\n"),
        "{output:?}"
    );
}

#[test]
fn faults_end_with_2_and_are_told_with_their_lines_before_anything_starts() {
    let setup = Setup::new(unused());
    setup.append("\n[colours]\nred = 1\n");
    for command in ["check", "serve", "urls", "migrate", "healthcheck"] {
        let output = setup.run(&[command]);
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
        assert!(
            complaint(&output).contains(": colours is unknown; remove it\n"),
            "{output:?}"
        );
        assert_eq!(printed(&output), "", "{command}");
    }
}

#[test]
fn a_step_that_cannot_be_compiled_is_found_without_a_start() {
    let setup = Setup::new(unused());
    setup.append("\n[[bots.webshop.resume]]\ntext = \"{{ reason\"\n");
    let output = setup.run(&["check"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        complaint(&output).contains("bots.webshop cannot be used"),
        "{output:?}"
    );
}

#[test]
fn the_configuration_is_named_before_or_behind_the_command_or_by_a_variable() {
    let setup = Setup::new(unused());
    let file = setup.file();
    for arguments in [["--config", "FILE", "check"], ["check", "--config", "FILE"]] {
        let arguments = arguments.map(|argument| {
            if argument == "FILE" {
                file.to_str().unwrap()
            } else {
                argument
            }
        });
        assert_eq!(
            handover(&arguments).output().unwrap().status.code(),
            Some(0)
        );
    }
    let by_variable = handover(&["check"])
        .env("HANDOVER_CONFIG", &file)
        .output()
        .unwrap();
    assert!(
        printed(&by_variable).ends_with("ok: 1 bot, 1 desk, 0 routes\n"),
        "{by_variable:?}"
    );
    let overlaid = handover(&["check"])
        .env("HANDOVER_CONFIG", &file)
        .env("HANDOVER__SERVER__DRAIN", "x")
        .output();
    assert_eq!(overlaid.unwrap().status.code(), Some(2));
}

#[test]
fn serving_without_any_configuration_is_an_error_that_says_what_to_do() {
    let output = handover(&["serve"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("--config FILE"), "{output:?}");
    assert_eq!(
        handover(&["serve"])
            .env("HANDOVER_CONFIG", "")
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn the_document_is_printed_without_any_configuration() {
    let output = handover(&["openapi"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for (part, name) in [
        ("paths", "/api/v1/handovers/{id}/events"),
        ("paths", "/api/admin/deliveries"),
        ("webhooks", "handover.opened"),
    ] {
        assert!(document[part].get(name).is_some(), "{name}");
    }
}

#[test]
fn the_version_is_told() {
    let output = handover(&["--version"]).output().unwrap();
    let version = format!("handover {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed(&output), version);
}

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
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = printed(&output);
        assert!(
            told.contains("bot webshop: resume, step 1 cannot be filled in"),
            "{output:?}"
        );
        assert!(!told.contains("answers"), "{output:?}");
        assert!(complaint(&output).contains("1 of the templates"));
    }
}

#[test]
fn a_secret_with_several_values_is_noted_with_its_age() {
    let setup = Setup::new(unused());
    let file = setup.directory.path().join("admin");
    std::fs::write(
        &file,
        "0123456789abcdef0123456789abcdef\nfedcba9876543210fedcba9876543210\n",
    )
    .unwrap();
    let text = std::fs::read_to_string(setup.file()).unwrap();
    let by_file = format!("token_file = \"{}\"", file.display());
    let text = text.replace(&format!("token = \"{ADMIN_TOKEN}\""), &by_file);
    std::fs::write(setup.file(), text).unwrap();
    let output = setup.run(&["check"]);
    assert!(
        printed(&output).contains("note: admin.token takes 2 values since 0 days; "),
        "{output:?}"
    );
}

#[test]
fn an_unknown_command_ends_with_2() {
    assert_eq!(
        handover(&["dance"]).output().unwrap().status.code(),
        Some(2)
    );
}

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

#[test]
fn a_dry_run_of_the_routes_says_which_one_takes_it_and_why_the_others_do_not() {
    let setup = Setup::new(unused());
    setup.append(
        r#"hours = "office"
[desks.night]
kind = "webhook"
url = "https://night.example.com"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-night"
max_open = 5
[hours.office]
time_zone = "Europe/Amsterdam"
open = ["mon-fri 09:00-17:30"]
[[routes]]
when = { language = "nl", "user.tier" = ["gold", "silver"] }
desk = "night"
[[routes]]
when = { "payload.department" = "sales" }
desk = "custom"
fallback = "night"
options = { group = 7 }
"#,
    );
    let asked = |more: &[&str]| {
        let payload = r#"{"department": "sales"}"#;
        let mut arguments = vec!["route", "--payload", payload, "--at"];
        arguments.extend(more);
        setup.run(&arguments)
    };
    let evening = asked(&["2026-01-05T18:00:00+01:00", "--language", "nl"]);
    assert_eq!(evening.status.code(), Some(0), "{evening:?}");
    assert_eq!(
        printed(&evening),
        "webshop asks for an agent at 2026-01-05T17:00:00.000Z\n  \
         routes[0] does not match: user.tier is not given, gold or silver is wanted\n  \
         routes[1] matches\n  \
         desk custom: closed by hours.office, Mon 18:00 in Europe/Amsterdam\n  \
         desk night: always open, unless it has 5 handovers by then\n  \
         options: {\"group\":7}\n\
         night is asked\n"
    );
    let gold = asked(&[
        "2026-01-05T10:00:00Z",
        "--language",
        "nl-BE",
        "--user",
        "tier=gold",
        "--json",
    ]);
    let told: Value = serde_json::from_str(&printed(&gold)).unwrap();
    assert_eq!(told["desk"], "night");
    assert_eq!(told["route"], 0);
    let english = asked(&["2026-01-05T10:00:00Z", "--json"]);
    let told: Value = serde_json::from_str(&printed(&english)).unwrap();
    assert_eq!(told["routes"][0]["unmet"], "language");
    assert_eq!(told["routes"][0]["found"], serde_json::json!(["en"]));
    assert_eq!(told["desk"], "custom");
    assert_eq!(told["options"]["group"], 7);
}

#[test]
fn a_dry_run_that_ends_in_a_decline_ends_with_1_and_a_mistyped_one_with_2() {
    let setup = Setup::new(unused());
    setup.append("enabled = false\n");
    let output = setup.run(&["route"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        printed(&output).ends_with("desk custom: not enabled\ndeclined: desk_disabled\n"),
        "{output:?}"
    );
    for (arguments, says) in [
        (
            &["route", "--bot", "nobody"][..],
            "no bot is called nobody; configured are: webshop",
        ),
        (
            &["route", "--payload", "sales"],
            "a text is written with quotes",
        ),
        (&["route", "--user", "tier"], "such as tier=gold"),
        (
            &["route", "--at", "noon"],
            "such as 2026-12-25T10:00:00+01:00",
        ),
    ] {
        let output = setup.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(complaint(&output).contains(says), "{output:?}");
    }
}

impl Setup {
    fn new(address: SocketAddr) -> Self {
        let setup = Self {
            directory: tempfile::tempdir().unwrap(),
            address,
        };
        setup.append("");
        setup
    }

    /// Everybody that a probe calls is on loopback.
    fn probing(platform: SocketAddr, desk: SocketAddr) -> Self {
        let setup = Self::new(unused());
        let text = std::fs::read_to_string(setup.file()).unwrap();
        let text = text
            .replace(
                "region = \"eu\"",
                &format!("api_url = \"http://{platform}\""),
            )
            .replace("https://desk.example.com", &format!("http://{desk}/hooks"));
        let networks = "\n[outbound]\nallow_networks = [\"127.0.0.0/8\"]\n";
        std::fs::write(setup.file(), text + networks).unwrap();
        setup
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("handover.toml")
    }

    /// Writes the file, with `more` at its end.
    fn append(&self, more: &str) {
        let address = self.address;
        let text = format!(
            r#"
[server]
listen = "{address}"
[admin]
listen = "{address}"
token = "{ADMIN_TOKEN}"
[bots.webshop]
platform = "chatlayer"
region = "eu"
access_token = "canary-access-token"
verify_token = "canary-verify-token"
hook_key = "canary-hook-key-of-webshop"
[desks.custom]
kind = "webhook"
url = "https://desk.example.com"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-desk"
{more}"#
        );
        std::fs::write(self.file(), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        handover(arguments)
            .arg("--config")
            .arg(self.file())
            .output()
            .unwrap()
    }
}

impl Stub {
    fn answering(status: StatusCode, body: &'static str) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::default();
        let router = Router::new().fallback(answer).with_state(Answering {
            status,
            body,
            calls: Arc::clone(&calls),
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            calls,
            _runtime: runtime,
        }
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(
    State(answering): State<Answering>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> (StatusCode, &'static str) {
    let bearer = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    answering.calls.lock().unwrap().push(Call {
        method,
        uri: uri.to_string(),
        bearer,
        body,
    });
    (answering.status, answering.body)
}

/// The binary, without what this process has been configured with.
fn handover(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HANDOVER"))
    {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// An address where nobody listens.
fn unused() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
