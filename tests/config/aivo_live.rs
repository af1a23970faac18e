//! A desk on Aivo Live: what it starts from, what it must have, and what is said of its guesses.

use handover_bridge::config::{AgentName, AivoLive, Extra, Files};

use super::*;

const DESK: &str = r#"
[desks.live]
kind = "aivo-live"
bot_id = 1000
bot_token = "canary-bot-token"
groups = [2179]
hook_key = "canary-hook-key-of-the-desk"
"#;
/// Both calls, written by the operator.
const REQUESTS: &str = r#"
[desks.live.requests.message]
method = "PUT"
url = "{{ desk.api_url }}/say"
[desks.live.requests.close]
method = "DELETE"
url = "{{ desk.api_url }}/end"
"#;

fn desk(text: &str) -> AivoLive {
    let mut desks = good_with(text).desks.into_values();
    let live = desks.find_map(|desk| match desk.kind {
        Kind::AivoLive(desk) => Some(*desk),
        _ => None,
    });
    live.unwrap()
}

/// What is said of the desk in which `before` stands as `after`.
fn told_with(before: &str, after: &str) -> Vec<String> {
    assert!(DESK.contains(before), "{before}");
    told_of(&DESK.replace(before, after))
}

#[test]
fn it_starts_from_what_the_defaults_say() {
    let desk = desk(DESK);
    assert_eq!(desk.api_url.as_str(), "https://gateway.aivo.co/");
    assert_eq!(
        desk.groups_url.as_str(),
        "https://live-public-api.agentbot.net/"
    );
    assert_eq!((desk.bot_id, desk.groups), (1000, vec![2179]));
    assert_eq!(
        (desk.extra, desk.files, desk.agent_name),
        (Extra::Object, Files::Link, AgentName::Nickname)
    );
    assert_eq!(
        (
            desk.transcript_limit,
            desk.transcript_chars,
            desk.text_limit
        ),
        (200, 8000, 4000)
    );
    assert!(desk.files_url.is_none() && desk.headers.is_empty());
    assert!(
        desk.message
            .url
            .starts_with("{{ desk.api_url }}/api/v1/live-handler/")
    );
    assert_eq!(desk.guessed, ["requests.message", "requests.close"]);
}

#[test]
fn what_it_says_itself_goes_over_the_defaults_and_a_request_goes_over_as_a_whole() {
    let settings = "extra = \"list\"\nfiles = \"native\"\nagent_name = \"name\"\ntranscript_chars = 0\n\
                    headers = { X-Token = \"canary\" }\nfiles_url = \"https://files.example.com/\"\n";
    let desk = desk(&format!("{DESK}{settings}{REQUESTS}"));
    assert_eq!(
        (desk.extra, desk.files, desk.agent_name),
        (Extra::List, Files::Native, AgentName::Name)
    );
    assert_eq!(desk.transcript_chars, 0);
    assert_eq!(
        (desk.message.url.as_str(), &desk.message.body),
        ("{{ desk.api_url }}/say", &None)
    );
    assert!(desk.guessed.is_empty());
    assert_eq!(
        desk.headers.first().map(|(name, _)| name.as_str()),
        Some("X-Token")
    );
    assert!(!format!("{desk:?}").contains("canary"), "{desk:?}");
}

#[test]
fn its_groups_may_come_from_a_variable() {
    let source = Source::text("handover.toml", DESK.replace("groups = [2179]", ""))
        .with_environment([("HANDOVER__DESKS__LIVE__GROUPS", "2179, 5")]);
    let config = Config::load(&source).unwrap();
    let Kind::AivoLive(desk) = &config.desks.first_key_value().unwrap().1.kind else {
        panic!("another kind")
    };
    assert_eq!(desk.groups, [2179, 5]);
}

#[test]
fn everything_that_it_must_have_is_asked_for_at_once() {
    let told = told_of("[desks.live]\nkind = \"aivo-live\"\n");
    for missing in ["bot_id", "bot_token", "groups", "hook_key"] {
        let line = format!("desks.live.{missing} is missing; ");
        assert!(
            told.iter().any(|told| told.contains(&line)),
            "{missing}: {told:?}"
        );
    }
    assert_eq!(told.len(), 4, "{told:?}");
}

#[test]
fn what_is_written_wrongly_is_told_with_what_would_be_right() {
    for (before, after, says) in [
        (
            "bot_id = 1000",
            "bot_id = \"1000\"",
            "desks.live.bot_id must be a whole number, not text",
        ),
        (
            "bot_id = 1000",
            "bot_id = 0",
            "desks.live.bot_id must be between 1 and",
        ),
        (
            "groups = [2179]",
            "groups = []",
            "desks.live.groups must not be empty",
        ),
        (
            "groups = [2179]",
            "groups = [\"sales\"]",
            "desks.live.groups[0] must be a whole number, not text",
        ),
        (
            "bot_token = \"canary-bot-token\"",
            "bot_token = [\"canary-a\", \"canary-b\"]",
            "desks.live.bot_token must be one secret",
        ),
        (
            "hook_key = \"canary-hook-key-of-the-desk\"",
            "hook_key = \"canary\"",
            "desks.live.hook_key must have at least 20 characters",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\nextra = \"array\"",
            "desks.live.extra is not one of \"object\", \"list\"",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\nfiles = \"yes\"",
            "desks.live.files is not one of \"link\", \"native\"",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\nagent_name = \"both\"",
            "desks.live.agent_name is not one of",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\napi_url = \"http://gateway.example.com\"",
            "desks.live.api_url must be https",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\ntext_limit = 1",
            "desks.live.text_limit must be between 100 and",
        ),
        (
            "bot_id = 1000",
            "bot_id = 1000\nbot_tokens = \"x\"",
            "desks.live.bot_tokens is unknown; did you mean bot_token?",
        ),
    ] {
        let told = told_with(before, after);
        assert!(
            matches!(&told[..], [one] if one.contains(says)),
            "{says}: {told:?}"
        );
        assert!(!told.concat().contains("canary"), "{told:?}");
    }
    let told = told_of(&format!(
        "{DESK}[desks.live.requests.message]\nurl = \"x\"\nbdy = \"1\"\n"
    ));
    assert!(
        told.iter()
            .any(|line| line.contains("desks.live.requests.message.method is missing")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|line| line.contains("bdy is unknown; did you mean body?")),
        "{told:?}"
    );
    let told = told_of(&format!(
        "{DESK}[desks.live.requests.typing]\nmethod = \"POST\"\n"
    ));
    assert!(
        matches!(&told[..], [one] if one.contains("requests.typing is unknown")),
        "{told:?}"
    );
}

#[test]
fn a_guess_is_named_until_the_operator_has_written_both_calls_down() {
    let routed = "[[routes]]\ndesk = \"live\"\nfallback = \"custom\"\n";
    let warned = |more: &str| {
        let warnings = good_with(&format!("{DESK}{more}{routed}")).warnings();
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let both = warned("");
    assert!(
        matches!(&both[..], [one] if one.contains("desks.live: requests.message and requests.close are not documented by Aivo") && one.contains("UNVERIFIED")),
        "{both:?}"
    );
    let close = REQUESTS
        .split("[desks.live.requests.close]")
        .next()
        .unwrap();
    let close = warned(close);
    assert!(
        matches!(&close[..], [one] if one.contains("desks.live: requests.close is not")),
        "{close:?}"
    );
    assert_eq!(warned(REQUESTS), Vec::<String>::new());
}

#[test]
fn groups_of_a_route_that_are_none_are_a_warning() {
    let warned = |options: &str| {
        let route =
            format!("[[routes]]\ndesk = \"custom\"\nfallback = \"live\"\noptions = {options}\n");
        good_with(&format!("{DESK}{REQUESTS}{route}"))
            .warnings()
            .len()
    };
    for right in [
        "{ groups = [2180] }",
        "{ groups = 5 }",
        "{ priority = 1 }",
        "{}",
    ] {
        assert_eq!(warned(right), 0, "{right}");
    }
    for wrong in [
        "{ groups = [] }",
        "{ groups = [\"sales\"] }",
        "{ groups = \"5\" }",
        "{ groups = [-1] }",
    ] {
        assert_eq!(warned(wrong), 1, "{wrong}");
    }
}
