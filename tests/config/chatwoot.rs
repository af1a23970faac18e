//! A desk on Chatwoot: what it starts from, what it must have, and where Chatwoot is told to call.

use handover_bridge::config::{Chatwoot, hooks};
use secrecy::ExposeSecret as _;

use super::*;

const DESK: &str = r#"
[desks.inbox]
kind = "chatwoot"
api_url = "https://chat.example.com"
account_id = 1
inbox_id = 2
api_access_token = "canary-access-token"
webhook_secret = ["canary-new-secret", "canary-old-secret"]
"#;
const KEY: &str = "hook_key = \"canary-hook-key-of-the-inbox\"\n";
const SECRET: &str = "webhook_secret = [\"canary-new-secret\", \"canary-old-secret\"]\n";

fn desk(text: &str) -> Chatwoot {
    let mut desks = good_with(text).desks.into_values();
    let inbox = desks.find_map(|desk| match desk.kind {
        Kind::Chatwoot(desk) => Some(*desk),
        _ => None,
    });
    inbox.unwrap()
}

/// What is said of the desk in which `before` stands as `after`.
fn told_with(before: &str, after: &str) -> Vec<String> {
    assert!(DESK.contains(before), "{before}");
    told_of(&DESK.replace(before, after))
}

#[test]
fn it_has_what_is_written_and_starts_from_the_defaults() {
    let inbox = desk(DESK);
    assert_eq!(inbox.api_url.as_str(), "https://chat.example.com/");
    assert_eq!((inbox.account_id, inbox.inbox_id), (1, 2));
    assert_eq!(inbox.webhook_secret.map(|secrets| secrets.count()), Some(2));
    assert!(inbox.hook_key.is_none());
    assert_eq!(inbox.transcript_limit, 200);
    let fewer = desk(&format!("{DESK}transcript_limit = 0\n"));
    assert_eq!(fewer.transcript_limit, 0);
}

#[test]
fn a_signature_or_a_key_opens_its_hook_and_one_of_them_there_must_be() {
    let keyed = desk(&format!("{}{KEY}", DESK.replace(SECRET, "")));
    assert!(keyed.webhook_secret.is_none() && keyed.hook_key.is_some());
    let both = desk(&format!("{DESK}{KEY}"));
    assert!(both.webhook_secret.is_some() && both.hook_key.is_some());
    let told = told_with(SECRET, "");
    assert!(
        told.len() == 1
            && told[0].contains("desks.inbox.webhook_secret is missing, and so is hook_key"),
        "{told:?}"
    );
}

#[test]
fn what_it_cannot_do_without_is_said_at_once() {
    let told = told_of("\n[desks.inbox]\nkind = \"chatwoot\"\n");
    for key in [
        "api_url",
        "account_id",
        "inbox_id",
        "api_access_token",
        "webhook_secret",
    ] {
        let says = format!("desks.inbox.{key} is missing");
        assert!(told.iter().any(|told| told.contains(&says)), "{told:?}");
    }
    assert_eq!(told.len(), 5);
}

#[test]
fn what_is_written_wrongly_is_refused_and_not_repeated() {
    for (before, after) in [
        ("https://chat.example.com", "http://chat.example.com"),
        ("account_id = 1", "account_id = 0"),
        ("inbox_id = 2", "inbox_id = \"two\""),
        (
            "\"canary-access-token\"",
            "[\"canary-access-token\", \"canary\"]",
        ),
        (SECRET, "webhook_secret = \"\"\n"),
        (SECRET, "hook_key = \"canary\"\n"),
        (
            SECRET,
            "hook_key = \"canary-hook-key-of-the-inbox\"\nbot_id = 1\n",
        ),
    ] {
        let told = told_with(before, after);
        assert_eq!(told.len(), 1, "{after}: {told:?}");
        assert!(!told[0].contains("canary"), "{told:?}");
    }
}

#[test]
fn its_secrets_are_known_by_their_keys() {
    let config = good_with(&format!("{DESK}{KEY}"));
    let keys = config.secrets().map(|secrets| secrets.key().to_string());
    let keys: Vec<_> = keys.filter(|key| key.starts_with("desks.inbox.")).collect();
    for key in ["api_access_token", "webhook_secret", "hook_key"] {
        assert!(keys.contains(&format!("desks.inbox.{key}")), "{keys:?}");
    }
}

#[test]
fn chatwoot_is_told_the_key_where_there_is_one() {
    let name = "inbox".parse().unwrap();
    let url = |text: &str| {
        let url = hooks::chatwoot("https://bridge.example", &name, &desk(text));
        url.expose_secret().to_owned()
    };
    assert_eq!(url(DESK), "https://bridge.example/hooks/chatwoot/inbox");
    assert_eq!(
        url(&format!("{DESK}{KEY}")),
        "https://bridge.example/hooks/chatwoot/inbox/canary-hook-key-of-the-inbox"
    );
}

#[test]
fn a_signature_alone_is_a_warning_where_all_callers_count_as_one() {
    let keyless = Warning::Keyless("inbox".parse().unwrap());
    assert!(good_with(DESK).warnings().contains(&keyless));
    let keyed = good_with(&format!("{DESK}{KEY}"));
    assert!(!keyed.warnings().contains(&keyless));
}

#[test]
fn what_a_route_names_by_no_number_is_a_warning() {
    let warned = |options: &str| {
        let route =
            format!("[[routes]]\ndesk = \"custom\"\nfallback = \"inbox\"\noptions = {options}\n");
        good_with(&format!("{DESK}{KEY}{route}")).warnings()
    };
    for right in [
        "{ team_id = 3, assignee_id = 4 }",
        "{ team = 3, priority = \"high\", labels = [\"vip\"] }",
        "{ labels = \"vip\", anything = \"for the other desk\" }",
        "{}",
    ] {
        assert_eq!(warned(right), [], "{right}");
    }
    let idle = |option, wanted| Warning::IdleOption {
        desk: "inbox".parse().unwrap(),
        option,
        wanted,
    };
    let not_an_id = |option| idle(option, "whole number");
    assert_eq!(warned("{ team_id = \"3\" }"), [not_an_id("team_id")]);
    assert_eq!(warned("{ assignee_id = -1 }"), [not_an_id("assignee_id")]);
    assert_eq!(
        warned("{ team_id = [3], assignee_id = 4.5 }"),
        [not_an_id("team_id"), not_an_id("assignee_id")]
    );
    assert_eq!(
        warned("{ priority = \"highest\", labels = [] }"),
        [
            idle("priority", "priority (urgent, high, medium, low)"),
            idle("labels", "list of labels"),
        ]
    );
}

#[test]
fn what_no_desk_of_a_route_looks_at_is_a_warning() {
    let warned = |route: &str| {
        let route = format!("[[routes]]\ndesk = \"inbox\"\n{route}\n");
        good_with(&format!("{DESK}{KEY}{route}")).warnings()
    };
    let unknown = Warning::UnknownOption {
        desk: "inbox".parse().unwrap(),
        option: "teem".to_owned(),
    };
    assert_eq!(warned("options = { teem = 3, team = 3 }"), [unknown]);
    assert_eq!(warned("fallback = \"custom\"\noptions = { teem = 3 }"), []);
}
