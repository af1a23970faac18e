//! What is refused, and how it is said.

use super::*;

#[test]
fn all_faults_are_told_at_once_with_file_and_line() {
    let text = r#"[server]
lisen = "x"
max_connections = "many"
[handover]
idle_limit = "soon"
[bots.webshop]
platform = "chatlayer"
region = "mars"
access_token = "canary"
[colours]
"#;
    let faults = load(text).unwrap_err();
    assert_eq!(
        lines(&faults),
        [
            "handover.toml:2: server.lisen is unknown; did you mean listen?",
            "handover.toml:3: server.max_connections must be a whole number, not text",
            "handover.toml:5: handover.idle_limit must be a duration such as \"2s\", \"15m\", \"4h\" or \"90d\"",
            "handover.toml:6: bots.webshop.verify_token is missing; \
             add the verify token that is set in Chatlayer, or verify_token_file",
            "handover.toml:8: bots.webshop.region is not one of \"eu\", \"us\", \"asia\", \"staging\"",
            "handover.toml:10: colours is unknown; remove it",
        ]
    );
    assert!(!format!("{faults:?}{faults}").contains("canary"));
}

#[test]
fn a_file_that_is_not_toml_is_told_by_line_without_its_text() {
    let faults = load("[server]\nlisten = canary-not-quoted\n").unwrap_err();
    let told = lines(&faults).join("\n");
    assert!(told.starts_with("handover.toml:2: is not TOML: "), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let faults = Config::load(&Source::of_process(Some("no/such/file.toml".into()))).unwrap_err();
    let told = lines(&faults).join("\n");
    assert!(
        told.starts_with("no/such/file.toml:1: cannot be read: "),
        "{told}"
    );
}

#[test]
fn a_fault_of_the_environment_is_told_by_its_variable() {
    let source = Source::default().with_environment([
        ("HANDOVER__SERVER__MAX_CONNECTIONS", "canary"),
        ("HANDOVER__COLOURS__RED", "canary"),
        ("HANDOVER__SERVER__DRAYN", "canary"),
    ]);
    assert_eq!(
        lines(&Config::load(&source).unwrap_err()),
        [
            "HANDOVER__COLOURS__RED: colours.red is unknown; remove it",
            "HANDOVER__SERVER__DRAYN: server.drayn is unknown; did you mean drain?",
            "HANDOVER__SERVER__MAX_CONNECTIONS: server.max_connections must be between 1 and 1000000",
        ]
    );
}

/// Each map is made anew, and so has an order of its own.
#[test]
fn variables_that_contradict_each_other_are_always_told_the_same() {
    let told = || {
        let source = Source::text("handover.toml", GOOD).with_environment([
            ("HANDOVER__BOTS__WEBSHOP", "canary"),
            ("HANDOVER__BOTS__WEBSHOP__ACCESS_TOKEN", "12345"),
            ("HANDOVER__bots__webshop__region", "us"),
            ("HANDOVER__SERVER__MAX_CONNECTIONS", "7"),
            ("HANDOVER__SERVER__max_connections", "canary"),
        ]);
        lines(&Config::load(&source).unwrap_err())
    };
    for _ in 0..32 {
        assert_eq!(
            told(),
            ["HANDOVER__BOTS__WEBSHOP: bots.webshop must be a table, not text"]
        );
    }
}

#[test]
fn a_slip_is_told_by_what_was_meant_also_below_the_wrong_heading() {
    for (settings, says) in [
        (
            "[bot.other]\nplatform = \"chatlayer\"",
            "bot is unknown; did you mean bots?",
        ),
        (
            "[desk.other]\nkind = \"webhook\"",
            "desk is unknown; did you mean desks?",
        ),
        (
            "[texts.en]\nhandling_over = \"\"",
            "did you mean handing_over?",
        ),
        (
            "[store]\nwaiting_limit = \"5m\"",
            "store.waiting_limit is unknown; did you mean handover.waiting_limit?",
        ),
        (
            "[retention]\nallow_networks = []",
            "did you mean outbound.allow_networks?",
        ),
        ("[store]\nlisten = \"x\"", "store.listen is unknown; "),
        // Not the store's.
        (
            "[desks.team]\nkind = \"console\"\nurl = \"https://x.example\"",
            "desks.team.url is unknown; remove it",
        ),
        (
            "[store]\ncolour = \"x\"",
            "store.colour is unknown; remove it",
        ),
    ] {
        let told = told_of(settings);
        assert!(matches!(&told[..], [one] if one.contains(says)), "{told:?}");
    }
    let told = told("hook_key = ", "hook_keys = ");
    assert!(told[0].ends_with("did you mean hook_key?"), "{told:?}");
    let told = self::told("region = \"eu\"", "region = \"eu\"\nhistory = \"all\"");
    assert!(told[0].contains("is not one of \"messages\", \"legacy\", \"off\""));
}

#[test]
fn names_of_bots_and_desks_fit_a_path_and_a_variable() {
    for name in [
        "Shop",
        "web-shop",
        "web__shop",
        "1shop",
        "a23456789012345678901234567890123",
    ] {
        let bot = "platform = \"chatlayer\"\nregion = \"eu\"\naccess_token = \"a\"\n\
                   verify_token = \"v\"";
        let faults = load(&format!("[bots.{name}]\n{bot}")).unwrap_err();
        assert_only(&faults, &format!("bots.{name}"), |problem| {
            matches!(problem, Problem::NotAName)
        });
    }
}

#[test]
fn a_table_of_no_known_kind_or_with_a_bad_name_is_read_for_its_other_faults() {
    let text = r#"[bots.webshop]
platform = "chatlyer"
enabled = "yes"
[bots.Other]
platform = "chatlayer"
region = "mars"
access_token = "a"
verify_token = "v"
[desks.team]
enabled = 1
max_open = "many"
hours = "office"
[hours.Office]
time_zone = "Mars"
open = "mon 09:00-17:00"
"#;
    assert_eq!(
        lines(&load(text).unwrap_err()),
        [
            "handover.toml:2: bots.webshop.platform is not one of \"chatlayer\", \"certainly\"",
            "handover.toml:3: bots.webshop.enabled must be true or false, not text",
            "handover.toml:4: bots.Other is no name: use a small letter, then up to 31 of a-z, 0-9 and _, \
             never two _ in a row",
            "handover.toml:6: bots.Other.region is not one of \"eu\", \"us\", \"asia\", \"staging\"",
            "handover.toml:9: desks.team.kind is missing; \
             add kind = \"console\", \"webhook\", \"template\", \"aivo-live\" or \"chatwoot\"",
            "handover.toml:10: desks.team.enabled must be true or false, not a whole number",
            "handover.toml:11: desks.team.max_open must be a whole number, not text",
            "handover.toml:12: desks.team.hours names no configured hours",
            "handover.toml:13: hours.Office is no name: use a small letter, then up to 31 of a-z, 0-9 and _, \
             never two _ in a row",
            "handover.toml:14: hours.Office.time_zone is no time zone; use a name such as \"Europe/Amsterdam\"",
        ]
    );
}

#[test]
fn the_webhook_channel_needs_the_hook_key() {
    let keyless = told(
        "hook_key = \"canary-hook-key-of-webshop\"",
        "channel_verify_token = \"canary-of-a-channel\"",
    );
    assert!(
        matches!(&keyless[..], [only] if only.contains("channel_verify_token needs a hook_key")),
        "{keyless:?}"
    );
    let faulty = told(
        "hook_key = \"canary-hook-key-of-webshop\"",
        "hook_key = \"short\"\nchannel_verify_token = \"canary-of-a-channel\"",
    );
    assert!(
        matches!(&faulty[..], [only] if only.contains("hook_key must have")),
        "there is one: {faulty:?}"
    );
}

#[test]
fn routes_name_what_there_is_and_can_be_reached() {
    let config = good_with(
        "[[routes]]\nbot = \"webshop\"\ndesk = \"custom\"\noptions = { groups = [2180], deep = { x = true } }",
    );
    assert_eq!(
        config.routes[0].options["groups"],
        serde_json::json!([2180])
    );

    for (routes, key) in [
        ("[[routes]]\ndesk = \"nowhere\"", "routes[0].desk"),
        (
            "[[routes]]\ndesk = \"custom\"\nfallback = \"nowhere\"",
            "routes[0].fallback",
        ),
        (
            "[[routes]]\ndesk = \"custom\"\nfallback = \"custom\"",
            "routes[0].fallback",
        ),
        (
            "[[routes]]\nbot = \"nobody\"\ndesk = \"custom\"",
            "routes[0].bot",
        ),
        ("[[routes]]\nbot = []\ndesk = \"custom\"", "routes[0].bot"),
        ("[[routes]]\nbot = \"webshop\"", "routes[0].desk"),
        (
            "[[routes]]\ndesk = \"custom\"\n[[routes]]\nbot = \"webshop\"\ndesk = \"custom\"",
            "routes[1]",
        ),
        (
            "[[routes]]\nbot = [\"webshop\"]\ndesk = \"custom\"\n[[routes]]\ndesk = \"custom\"",
            "routes[1]",
        ),
    ] {
        let faults = load(&format!("{GOOD}{routes}")).unwrap_err();
        assert_only(&faults, key, |_| true);
    }
}

#[test]
fn a_route_to_a_faulty_desk_is_not_one_more_fault() {
    let text = GOOD.replace("https://desk.example.com/canary-path?canary=1", "nonsense");
    let faults = load(&format!("{text}[[routes]]\ndesk = \"custom\"")).unwrap_err();
    assert_only(&faults, "desks.custom.url", |_| true);
}

#[test]
fn a_chatlayer_bot_needs_its_tokens_and_its_address() {
    for (before, key) in [
        ("verify_token = \"canary-verify-token\"\n", "verify_token"),
        ("access_token = \"canary-access-token\"\n", "access_token"),
        ("region = \"eu\"\n", "api_url"),
    ] {
        let faults = load(&GOOD.replace(before, "")).unwrap_err();
        assert_only(&faults, &format!("bots.webshop.{key}"), |problem| {
            matches!(problem, Problem::Missing(_))
        });
    }
    let told = told(
        "region = \"eu\"",
        "region = \"eu\"\napi_url = \"https://api.example.com\"",
    );
    assert!(
        told[0].ends_with("bots.webshop.region is set together with api_url; keep one of the two"),
        "{told:?}"
    );
}

#[test]
fn steps_are_exactly_one_thing_and_pause_takes_requests() {
    for (steps, says) in [
        (
            "resume = [{ text = \"a\", dialog_state = \"b\" }]",
            "resume[0] must be exactly one of",
        ),
        ("resume = [{}]", "resume[0] must be exactly one of"),
        (
            "resume = [{ request = { url = \"u\" } }]",
            "resume[0].request.method is missing",
        ),
        (
            "resume = [{ request = { method = \"GET\", url = \"u\", retries = 3 } }]",
            "retries is unknown",
        ),
        (
            "resume = \"later\"",
            "resume must be a list of tables, not text",
        ),
        (
            "pause = [{ text = \"a\" }]",
            "pause takes request steps only",
        ),
    ] {
        let told = told("region = \"eu\"", &format!("region = \"eu\"\n{steps}"));
        assert!(matches!(&told[..], [one] if one.contains(says)), "{told:?}");
    }
}

#[test]
fn texts_fall_back_to_english_and_name_only_what_can_be_filled() {
    let config = good_with("[texts.fr]\njoined = \"Vous parlez avec {name}.\"");
    assert_eq!(
        config.texts.get("fr", Notice::Joined),
        Some("Vous parlez avec {name}.")
    );
    assert_eq!(
        config.texts.get("fr", Notice::Ended),
        config.texts.get("en", Notice::Ended)
    );
    assert_eq!(config.texts.get("en", Notice::HandingOver), None);
    for language in ["en", "nl"] {
        let silent = [
            Notice::Waiting,
            Notice::Joined,
            Notice::Transferred,
            Notice::Away,
            Notice::Reconnecting,
            Notice::Nobody,
            Notice::Ended,
            Notice::EndedRepeat,
        ]
        .into_iter()
        .filter(|notice| config.texts.0[language][notice].is_empty())
        .count();
        assert_eq!(silent, 0, "{language}");
    }
    for text in ["{nam}", "{", "{name", "{ name }"] {
        let told = told_of(&format!("[texts.en]\njoined = \"{text}\""));
        assert!(
            told[0].contains("has a placeholder that nothing fills"),
            "{told:?}"
        );
    }
    assert!(
        told_of("[texts.english]\njoined = \"x\"")[0]
            .contains("texts.english must be named by a language tag")
    );
    assert!(told_of("[texts.en]\njoind = \"x\"")[0].ends_with("did you mean joined?"));
}

#[test]
fn a_fault_knows_its_place() {
    let faults = load("[server]\n\ndrain = 5\n").unwrap_err();
    let place = &faults.iter().next().unwrap().place;
    assert_eq!(
        place,
        &Place::File {
            file: "handover.toml".into(),
            line: 3
        }
    );
}
