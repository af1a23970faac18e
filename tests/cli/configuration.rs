//! Before anything runs: what is read, and what is told of it.

use serde_json::Value;

use crate::setup::{ADMIN_TOKEN, Setup, complaint, handover, printed, unused};

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
    for command in ["check", "serve", "urls"] {
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
fn faults_of_templates_are_told_all_at_once_with_their_lines() {
    let setup = Setup::new(unused());
    setup.append(
        r#"
[[bots.webshop.resume]]
text = "{{ reason"
[[bots.webshop.resume]]
text = "{{ raeson }}"
[bots.other]
platform = "chatlayer"
region = "eu"
access_token = "a"
verify_token = "verify-token-of-the-other"
resume = [{ request = { method = "POST", url = "nowhere" } }]
[desks.tickets]
kind = "template"
api_url = "https://tickets.example.com"
token = "token-of-the-desk-tickets"
requests.open = { method = "POST", url = "{{ nothing }}" }
requests.message = { method = "POST", url = "{{ desk.api_url }}", body = "nobody" }
"#,
    );
    for command in ["check", "serve"] {
        let output = setup.run(&[command]);
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
        let told = complaint(&output);
        for key in [
            "bots.webshop.resume[0] cannot be used: the text cannot be compiled",
            "bots.webshop.resume[1] cannot be used: the text speaks of raeson",
            "desks.tickets.requests.open cannot be used: the url speaks of nothing",
            "desks.tickets.requests.message cannot be used: the body speaks of nobody",
        ] {
            let mut lines = told.lines();
            let line = lines
                .find(|line| line.contains(key))
                .unwrap_or_else(|| panic!("{told}"));
            assert!(line.contains("handover.toml:"), "{line}");
        }
        assert_eq!(printed(&output), "");
    }
    let told = complaint(&setup.run(&["check"]));
    assert!(
        told.contains(
            "bots.other.resume[0].request cannot be filled in: the template makes no address"
        ),
        "{told}"
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
fn what_needs_a_configuration_says_what_to_do_where_there_is_none() {
    for command in ["serve", "check", "migrate"] {
        let output = handover(&[command]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(complaint(&output).contains("--config FILE"), "{output:?}");
        assert_eq!(
            handover(&[command])
                .env("HANDOVER_CONFIG", "")
                .output()
                .unwrap()
                .status
                .code(),
            Some(2),
            "{command}"
        );
    }
}

#[test]
fn the_demo_takes_no_file_and_is_named_as_it_is_called() {
    let output = Setup::new(unused()).run(&["demo"]);
    assert_eq!(output.status.code(), Some(2));
    let told = complaint(&output);
    assert!(told.contains("`handover demo` makes its own"), "{told}");
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
fn nothing_is_said_to_whoever_has_read_enough() {
    for arguments in [&["openapi"][..], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = handover(arguments).stdout(writer).output().unwrap();
        assert_eq!(complaint(&output), "", "{arguments:?}");
    }
}

#[test]
fn the_version_is_told() {
    let output = handover(&["--version"]).output().unwrap();
    let version = format!("handover {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed(&output), version);
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
fn commands_that_are_about_the_configuration_say_that_there_is_none() {
    for command in [
        &["serve"][..],
        &["check"],
        &["urls"],
        &["route"],
        &["simulate", "--say", "hello"],
        &["deliveries", "list"],
        &["erase", "--user", "u"],
        &["migrate"],
    ] {
        let output = handover(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {output:?}");
        assert!(
            complaint(&output).contains("nothing is configured: give --config FILE"),
            "{command:?}: {output:?}"
        );
    }
}
