//! A desk made by configuration alone: what it starts from, what it must have, and where its secrets may stand.

use handover_bridge::{
    app,
    config::{Contents, TemplateDesk},
};

use super::*;

const DESK: &str = r#"
[desks.tickets]
kind = "template"
api_url = "https://tickets.example.com/api"
hook_key = "canary-hook-key-of-tickets"
[desks.tickets.secrets]
api = "canary-secret"
[desks.tickets.requests.open]
method = "POST"
url = "{{ desk.api_url }}/tickets"
take = { reference = "answer.id" }
[desks.tickets.requests.message]
method = "POST"
url = "{{ desk.api_url }}/notes"
[desks.tickets.hook]
reference = "body.id"
event = "none"
"#;

fn desk(text: &str) -> TemplateDesk {
    let mut desks = load(text).unwrap().desks.into_values();
    let made = desks.find_map(|desk| match desk.kind {
        Kind::Template(desk) => Some(*desk),
        _ => None,
    });
    made.unwrap()
}

/// What is said of the desk in which `before` stands as `after`.
fn told_with(before: &str, after: &str) -> Vec<String> {
    assert!(DESK.contains(before), "{before}");
    lines(&load(&DESK.replace(before, after)).unwrap_err())
}

#[test]
fn it_starts_from_the_defaults_of_its_kind() {
    let desk = desk(DESK);
    assert_eq!(desk.contents, Contents::Text);
    assert_eq!((desk.text_limit, desk.transcript_limit), (4000, 200));
    assert_eq!(desk.reopen_after, Duration::from_secs(10));
    assert!(desk.requests.close.is_none() && desk.token.is_none());
    let at = desk.requests.message.at.to_string();
    assert_eq!(at, "handover.toml:12: desks.tickets.requests.message");
}

#[test]
fn what_it_cannot_be_without_is_told() {
    let rows = [
        (
            "hook_key = \"canary-hook-key-of-tickets\"\n",
            "",
            "handover.toml:2: desks.tickets.hook_key is missing; \
             add the unguessable part of the hook's path, or hook_key_file",
        ),
        (
            "[desks.tickets.hook]\nreference = \"body.id\"\nevent = \"none\"\n",
            "",
            "handover.toml:2: desks.tickets makes a desk that cannot tell anything: \
             set token, for the desk API, or a table hook",
        ),
        (
            "[desks.tickets.requests.message]",
            "[desks.tickets.requests.failed]",
            "handover.toml:8: desks.tickets.requests has no message, without which there is no desk; \
             add the table",
        ),
        (
            "reference = \"body.id\"\n",
            "",
            "handover.toml:15: desks.tickets.hook needs handover or reference, or no event would be of any handover",
        ),
        (
            "event = \"none\"",
            "key = \"body.id\"",
            "handover.toml:15: desks.tickets.hook.event is missing; \
             add the expression that makes an event of the desk protocol",
        ),
        (
            "https://tickets.example.com/api",
            "https://tickets.example.com/api?key=canary",
            "handover.toml:4: desks.tickets.api_url must be a URL without a query",
        ),
        (
            "method = \"POST\"\nurl = \"{{ desk.api_url }}/notes\"",
            "method = \"SEND\"\nurl = \"{{ desk.api_url }}/notes\"",
            "handover.toml:13: desks.tickets.requests.message.method is not one of \
             \"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"",
        ),
        (
            "api = \"canary-secret\"",
            "api = [\"canary-secret\", \"canary-other\"]",
            "handover.toml:7: desks.tickets.secrets.api must be one secret, not a list",
        ),
        (
            "api = \"canary-secret\"",
            "a-b = \"canary-secret\"",
            "handover.toml:7: desks.tickets.secrets.a-b is no name: use a small letter, \
             then up to 31 of a-z, 0-9 and _, never two _ in a row",
        ),
    ];
    for (before, after, told) in rows {
        let all = told_with(before, after);
        assert!(all.contains(&told.to_owned()), "{all:#?}");
        assert!(!all.join("\n").contains("canary"), "{all:?}");
    }
    let no_hook = "[desks.tickets.hook]\nreference = \"body.id\"\nevent = \"none\"\n";
    let told = told_with(no_hook, "");
    let idle = "handover.toml:5: desks.tickets.hook_key opens a hook that is not there; add the table hook, or remove it";
    assert!(told.contains(&idle.to_owned()), "{told:?}");
    let long = format!("event = \"'{}'\"", "x".repeat(16 * 1024));
    let told = "handover.toml:17: desks.tickets.hook.event must not be longer than 16 KiB";
    assert_eq!(told_with("event = \"none\"", &long), [told]);
}

#[test]
fn its_secrets_are_known_by_their_names_come_from_files_and_are_never_printed() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("api");
    fs::write(&file, "canary-from-a-file\n").unwrap();
    let by_file = format!("api_file = \"{}\"", file.display());
    let text = DESK.replace("api = \"canary-secret\"", &by_file);
    let config = load(&text).unwrap();
    let secrets: Vec<_> = config.secrets().collect();
    let keys: Vec<_> = secrets.iter().map(|one| one.key().to_string()).collect();
    assert_eq!(
        keys,
        ["desks.tickets.secrets.api", "desks.tickets.hook_key"]
    );
    assert!(secrets[0].from_files());
    assert_eq!(secrets[0].first().expose_secret(), "canary-from-a-file");
    assert!(!format!("{config:?}").contains("canary"));
    let twice = format!("api = \"canary-secret\"\n{by_file}");
    let told = told_with("api = \"canary-secret\"", &twice);
    assert!(told[0].contains("keep one of the two"), "{told:?}");

    let variable = ("HANDOVER__DESKS__TICKETS__SECRETS__API", "canary-variable");
    let source = Source::text("handover.toml", text).with_environment([variable]);
    let config = Config::load(&source).unwrap();
    let secret = config.secrets().next().unwrap();
    assert_eq!(secret.first().expose_secret(), "canary-variable");
}

#[test]
fn no_two_desks_share_a_token_whatever_kind_they_are_of() {
    let token = "token = \"canary-token-of-the-desk\"\n";
    let text = DESK.replace(
        "[desks.tickets.secrets]",
        &format!("{token}[desks.tickets.secrets]"),
    );
    let told = lines(&load(&format!("{GOOD}{text}")).unwrap_err());
    assert!(told[0].contains("every desk needs its own"), "{told:?}");
}

#[test]
fn a_check_finds_the_headers_that_can_never_be_sent() {
    let url = "url = \"{{ desk.api_url }}/tickets\"\n";
    let step =
        "\n[[bots.webshop.resume]]\nrequest = { method = \"POST\", url = \"{{ bot.api_url }}\"";
    for (header, name, odd) in [
        ("\"Api Key\" = \"canary\"", "Api Key", "name"),
        ("\"Authorization:\" = \"canary\"", "Authorization:", "name"),
        ("Note = \"canary\\ncanary\"", "Note", "value"),
    ] {
        let headers = format!("headers = {{ Accept = \"text/plain\", {header} }}");
        let desk = DESK.replace(url, &format!("{url}{headers}\n"));
        let config = good_with(&format!("{desk}{step}, {headers} }}\n"));
        let Err(app::Error::Faults(faults)) = app::check(&config) else {
            panic!("{header}")
        };
        let told = lines(&faults);
        assert_eq!(told.len(), 2, "{told:#?}");
        for key in [
            "desks.tickets.requests.open",
            "bots.webshop.resume[0].request",
        ] {
            let says = format!(
                "{key} cannot be filled in: what it makes cannot be sent: \
                 the header {name} has characters in its {odd} that it must not have"
            );
            assert!(told.iter().any(|told| told.contains(&says)), "{told:#?}");
        }
        assert!(!told.join("\n").contains("canary"), "{told:#?}");
    }
}
