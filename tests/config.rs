//! What an operator sees of the configuration: what is taken, what is refused, and how it is said.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::{fs, time::Duration};

use handover_bridge::{
    config::{
        AdminListen, Config, Fault, Faults, Kind, Place, Platform, Problem, Source, Step, StoreUrl,
        Warning,
    },
    domain::policy::{Notice, WhenUnsure},
};
use secrecy::ExposeSecret as _;

/// A configuration without a fault and without a warning.
const GOOD: &str = r#"
[server]
public_url = "https://bridge.example.com"

[admin]
token = "0123456789abcdef0123456789abcdef"

[bots.webshop]
platform = "chatlayer"
region = "eu"
access_token = "canary-access-token"
verify_token = "canary-verify-token"
hook_key = "canary-hook-key-of-webshop"

[desks.custom]
kind = "webhook"
url = "https://desk.example.com/canary-path?canary=1"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-desk"
"#;

fn load(text: &str) -> Result<Config, Faults> {
    Config::load(&Source::text("handover.toml", text))
}

fn good_with(more: &str) -> Config {
    load(&format!("{GOOD}{more}")).unwrap()
}

/// The lines that an operator reads when `before` stands as `after` in a good configuration.
fn told(before: &str, after: &str) -> Vec<String> {
    assert!(GOOD.contains(before), "{before}");
    lines(&load(&GOOD.replace(before, after)).unwrap_err())
}

fn told_of(more: &str) -> Vec<String> {
    lines(&load(&format!("{GOOD}{more}")).unwrap_err())
}

fn lines(faults: &Faults) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// One fault, at this key, of this kind.
fn assert_only(faults: &Faults, key: &str, is: impl Fn(&Problem) -> bool) {
    let faults: Vec<&Fault> = faults.iter().collect();
    assert!(
        matches!(&faults[..], [fault] if fault.key.to_string() == key && is(&fault.problem)),
        "{faults:#?}"
    );
}

#[test]
fn the_defaults_alone_are_a_whole_configuration() {
    let config = load("").unwrap();
    assert!(config.bots.is_empty() && config.desks.is_empty() && config.routes.is_empty());
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.server.max_connections, 8192);
    assert_eq!(config.server.keep_alive, Duration::from_secs(75));
    assert_eq!(config.server.drain, Duration::from_secs(5));
    assert_eq!(
        config.admin.listen,
        AdminListen::Own("127.0.0.1:8081".parse().unwrap())
    );
    assert_eq!(
        config.store.url,
        StoreUrl::Sqlite("data/handover.db".into())
    );
    assert_eq!(config.handover.when_unsure, WhenUnsure::Decline);
    assert_eq!(config.handover.max_duration, Duration::from_hours(4));
    assert_eq!(config.retention.transcripts, Duration::from_hours(90 * 24));
    assert_eq!(config.retention.audit, Duration::from_hours(365 * 24));
}

#[test]
fn a_good_configuration_has_no_warnings() {
    assert_eq!(good_with("").warnings(), []);
}

#[test]
fn bots_and_desks_start_from_what_the_defaults_say() {
    let config = good_with("");
    let (_, bot) = config.bots.first_key_value().unwrap();
    let Platform::Chatlayer(chatlayer) = &bot.platform;
    assert!(bot.enabled);
    assert_eq!(chatlayer.api_url.as_str(), "https://api.chatlayer.ai/");
    assert!(chatlayer.pause.is_empty());
    assert!(
        matches!(&chatlayer.resume[..], [Step::Request(step)] if step.url.starts_with("{{ bot.api_url }}/v1/bots/"))
    );
    let (_, desk) = config.desks.first_key_value().unwrap();
    let Kind::Webhook(webhook) = &desk.kind;
    assert_eq!(webhook.transcript_limit, 200);
}

#[test]
fn an_explicitly_empty_resume_means_no_step() {
    let text = GOOD.replace("region = \"eu\"", "region = \"eu\"\nresume = []");
    let config = load(&text).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    assert!(chatlayer.resume.is_empty());
}

#[test]
fn steps_are_read_in_their_order_and_kind() {
    let steps = r#"region = "us"
        resume = [
            { text = "welcome back" },
            { dialog_state = "after", session_data = { reason = "reason" } },
            { request = { method = "PUT", url = "{{ bot.api_url }}/x", headers = { "X-Trace.Id" = "{{ session_id }}" }, take = { id = "answer.id" } } },
        ]
        pause = [{ request = { method = "POST", url = "https://x.example.com" } }]"#;
    let config = load(&GOOD.replace("region = \"eu\"", steps)).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    let [
        Step::Text(text),
        Step::DialogState(dialog),
        Step::Request(request),
    ] = &chatlayer.resume[..]
    else {
        panic!("{:?}", chatlayer.resume);
    };
    assert_eq!(text, "welcome back");
    assert_eq!(
        (dialog.dialog_state.as_str(), &dialog.session_data[0].1),
        ("after", &"reason".to_owned())
    );
    assert_eq!(
        request.headers,
        [("X-Trace.Id".to_owned(), "{{ session_id }}".to_owned())]
    );
    assert_eq!(request.method.as_str(), "PUT");
    assert_eq!(chatlayer.pause.len(), 1);
}

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
fn the_environment_goes_over_the_file_and_may_write_numbers_switches_and_lists() {
    let source = Source::text("handover.toml", GOOD).with_environment([
        ("HANDOVER__BOTS__WEBSHOP__ACCESS_TOKEN", "12345"),
        ("HANDOVER__SERVER__MAX_CONNECTIONS", "7"),
        ("HANDOVER__STORE__MIGRATE", "false"),
        (
            "HANDOVER__OUTBOUND__ALLOW_NETWORKS",
            "10.0.0.0/8, 192.168.1.1",
        ),
        ("HANDOVER__TEXTS__EN__NOBODY", ""),
        ("HANDOVER_SERVER__LISTEN", "not ours"),
        ("PATH", "/bin"),
    ]);
    let config = Config::load(&source).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    assert_eq!(chatlayer.access_token.expose_secret(), "12345");
    assert_eq!(config.server.max_connections, 7);
    assert!(!config.store.migrate);
    let networks: Vec<_> = config
        .outbound
        .allow_networks
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.168.1.1/32"]);
    assert_eq!(config.texts.get("en", Notice::Nobody), None);
}

#[test]
fn a_whole_bot_can_come_from_the_environment() {
    let source = Source::default().with_environment([
        ("HANDOVER__BOTS__SHOP__PLATFORM", "chatlayer"),
        ("HANDOVER__BOTS__SHOP__REGION", "asia"),
        ("HANDOVER__BOTS__SHOP__ACCESS_TOKEN", "a"),
        ("HANDOVER__BOTS__SHOP__VERIFY_TOKEN", "one,with,commas"),
    ]);
    assert!(!source.is_empty());
    let config = Config::load(&source).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    assert_eq!(
        chatlayer.verify_token.first().expose_secret(),
        "one,with,commas"
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

#[test]
fn nobody_has_configured_anything_if_there_is_neither_file_nor_variable() {
    assert!(Source::default().is_empty());
    assert!(
        Source::default()
            .with_environment([("HANDOVER_CONFIG", ""), ("HOME", "/")])
            .is_empty()
    );
    assert!(!Source::text("handover.toml", "").is_empty());
}

#[test]
fn secrets_come_from_files_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secrets");
    fs::write(
        &file,
        "first-secret-of-this-file\n\nsecond-secret-of-this-file\r\n",
    )
    .unwrap();
    let text = GOOD.replace(
        "token = \"canary-token-of-the-desk\"",
        &format!("token_file = \"{}\"", file.display()),
    );
    let config = load(&text).unwrap();
    let Kind::Webhook(webhook) = &config.desks.first_key_value().unwrap().1.kind;
    let tokens: Vec<_> = webhook
        .token
        .iter()
        .map(|token| token.expose_secret().to_owned())
        .collect();
    assert_eq!(
        tokens,
        ["first-secret-of-this-file", "second-secret-of-this-file"]
    );
}

#[test]
fn a_secret_is_given_once_and_its_file_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty");
    fs::write(&empty, " \n").unwrap();
    let access_token = "access_token = \"canary-access-token\"";
    let key = "bots.webshop.access_token_file";
    for (settings, is) in [
        (
            "access_token = \"a\"\naccess_token_file = \"x\"".to_owned(),
            "is set together",
        ),
        (
            "access_token_file = \"no/such/file\"".to_owned(),
            "names a file that cannot be read",
        ),
        (
            format!("access_token_file = \"{}\"", empty.display()),
            "names a file that holds no secret",
        ),
    ] {
        let told = told(access_token, &settings);
        assert!(
            matches!(&told[..], [one] if one.contains(key) && one.contains(is)),
            "{told:?}"
        );
    }
}

#[test]
fn inbound_secrets_take_a_list_and_what_the_bridge_presents_does_not() {
    let text = GOOD.replace(
        "\"canary-hook-key-of-webshop\"",
        "[\"new-key-of-the-webshop\", \"old-key-of-the-webshop\"]",
    );
    let config = load(&text).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    let keys = chatlayer.hook_key.as_ref().unwrap();
    assert_eq!(keys.first().expose_secret(), "new-key-of-the-webshop");
    assert_eq!(keys.iter().count(), 2);

    let told = told("\"canary-access-token\"", "[\"a\", \"b\"]");
    assert!(
        told[0].ends_with("bots.webshop.access_token must be one secret, not a list"),
        "{told:?}"
    );
}

#[test]
fn secrets_that_could_be_guessed_are_refused() {
    for (before, after, key) in [
        (
            "canary-hook-key-of-webshop",
            "nineteen-characters",
            "bots.webshop.hook_key",
        ),
        (
            "canary-hook-key-of-webshop",
            "twenty characters or more",
            "bots.webshop.hook_key",
        ),
        (
            "canary-token-of-the-desk",
            "nineteen-characters",
            "desks.custom.token",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcde",
            "admin.token",
        ),
    ] {
        let faults = load(&GOOD.replace(before, after)).unwrap_err();
        assert_only(&faults, key, |problem| {
            matches!(problem, Problem::WeakSecret { .. })
        });
    }
    for before in ["canary-access-token", "canary-verify-token"] {
        let faults = load(&GOOD.replace(before, "")).unwrap_err();
        assert_eq!(
            faults.len(),
            1,
            "an empty secret would match everything: {faults}"
        );
    }
    for secret in ["whsec_", "whsec_not base64", "whsec_AAAA"] {
        let faults =
            load(&GOOD.replace("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", secret)).unwrap_err();
        assert_only(&faults, "desks.custom.secret", |problem| {
            matches!(problem, Problem::NotASigningSecret)
        });
    }
}

#[test]
fn two_desks_never_share_a_token() {
    let other = r#"
        [desks.other]
        kind = "webhook"
        url = "https://other.example.com"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        token = ["another-token-of-a-desk", "canary-token-of-the-desk"]
    "#;
    let faults = load(&format!("{GOOD}{other}")).unwrap_err();
    assert_only(
        &faults,
        "desks.other.token",
        |problem| matches!(problem, Problem::SharedToken { other } if other.as_str() == "custom"),
    );
}

#[test]
fn urls_are_https_unless_their_addresses_are_allowed() {
    let url = "https://desk.example.com/canary-path?canary=1";
    let refused = [
        ("http://desk.example.com/x", "[]"),
        ("http://10.1.2.3/x", "[]"),
        ("http://10.1.2.3/x", "[\"192.168.0.0/16\"]"),
        ("http://localhost:3000/x", "[]"),
        ("https://127.0.0.1/x", "[]"),
        ("https://[::1]/x", "[]"),
        ("https://[::ffff:10.0.0.1]/x", "[]"),
        ("https://user:canary@desk.example.com", "[]"),
        ("https://desk.example.com/#x", "[]"),
        ("ftp://desk.example.com", "[]"),
        ("desk.example.com", "[]"),
    ];
    let taken = [
        ("https://desk.example.com:8443/x?y=z", "[]"),
        ("https://1.1.1.1/x", "[]"),
        ("http://10.1.2.3:9000/x", "[\"10.0.0.0/8\"]"),
        ("http://localhost:3000/x", "[\"127.0.0.0/8\"]"),
        ("http://[::ffff:10.0.0.1]/x", "[\"10.0.0.0/8\"]"),
        // A name is judged when it is resolved.
        ("http://desk:3000/x", "[\"172.16.0.0/12\"]"),
    ];
    let with = |(written, networks): (&str, &str)| {
        load(&format!(
            "{}\n[outbound]\nallow_networks = {networks}",
            GOOD.replace(url, written)
        ))
    };
    for case in refused {
        let faults = with(case).expect_err(case.0);
        assert_only(&faults, "desks.custom.url", |_| true);
    }
    for case in taken {
        assert!(with(case).is_ok(), "{case:?}");
    }
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
        let faults = load(&format!("[bots.{name}]\nplatform = \"chatlayer\"")).unwrap_err();
        assert_only(&faults, &format!("bots.{name}"), |problem| {
            matches!(problem, Problem::NotAName)
        });
    }
}

#[test]
fn what_a_later_version_will_know_is_refused_by_name() {
    for (settings, key) in [
        ("[hours.office]\ntime_zone = \"Europe/Amsterdam\"", "hours"),
        ("[admin.users.ann]\nrole = \"agent\"", "admin.users"),
        (
            "[telemetry]\notlp_endpoint = \"\"",
            "telemetry.otlp_endpoint",
        ),
        ("[store]\npool = 16", "store.pool"),
        ("[store]\nlisten_url = \"off\"", "store.listen_url"),
        ("[store]\nurl = \"postgres://user@host/db\"", "store.url"),
        (
            "[bots.f]\nplatform = \"certainly\"\ndeployment_id = \"x\"",
            "bots.f.platform",
        ),
        ("[desks.t]\nkind = \"console\"", "desks.t.kind"),
        (
            "[desks.t]\nkind = \"aivo-live\"\ngroups = [1]",
            "desks.t.kind",
        ),
        ("[desks.t]\nkind = \"chatwoot\"", "desks.t.kind"),
        (
            "[[routes]]\ndesk = \"custom\"\nwhen = { language = \"nl\" }",
            "routes[0].when",
        ),
    ] {
        let text = GOOD
            .replace("[admin]\n", "")
            .replace("token = \"0123456789abcdef0123456789abcdef\"\n", "");
        let faults = load(&format!("{text}{settings}")).unwrap_err();
        assert_only(&faults, key, |problem| {
            matches!(problem, Problem::NotYet | Problem::ValueNotYet { .. })
        });
        assert!(
            faults.to_string().contains("not available in this version"),
            "{faults}"
        );
    }
    for key in ["require_agent = true", "max_open = 0", "hours = \"office\""] {
        let told = told("kind = \"webhook\"", &format!("kind = \"webhook\"\n{key}"));
        assert!(
            told[0].ends_with("is not available in this version; remove it"),
            "{told:?}"
        );
    }
    let told = told(
        "region = \"eu\"",
        "region = \"eu\"\nchannel_verify_token = \"canary\"",
    );
    assert!(
        told[0].ends_with("channel_verify_token is not available in this version; remove it"),
        "{told:?}"
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
fn durations_numbers_and_stores_that_make_no_sense_are_refused() {
    for settings in [
        "[handover]\ndecide_within = \"2001ms\"",
        "[handover]\nwaiting_limit = \"0s\"",
        "[handover]\nwaiting_limit = 15",
        "[handover]\nwaiting_limit = \"-5m\"",
        "[handover]\nwaiting_limit = \"1 month\"",
        "[handover]\nwhen_unsure = \"maybe\"",
        "[retention]\nkeys = \"0s\"",
        "[store]\nurl = \"sqlite::memory:\"",
        "[store]\nurl = \"sqlite:\"",
        "[store]\nurl = \"mysql://x\"",
        "[telemetry]\nlog = \"handover=loud=er\"",
        "[telemetry]\nformat = \"xml\"",
        "[outbound]\nallow_networks = [\"10.0.0.0/33\"]",
    ] {
        assert_eq!(told_of(settings).len(), 1, "{settings}");
    }
    assert_eq!(
        good_with("[retention]\nobserved = \"0s\"")
            .retention
            .observed,
        Duration::ZERO
    );
    assert_eq!(
        good_with("[handover]\nidle_limit = \"1h 30m\"")
            .handover
            .idle,
        Duration::from_mins(90)
    );
}

#[test]
fn settings_that_fight_each_other_are_warned_of() {
    let warned = |before: &str, after: &str| load(&GOOD.replace(before, after)).unwrap().warnings();
    let webshop = || "webshop".parse().unwrap();
    assert_eq!(
        warned("https://bridge", "http://bridge"),
        [Warning::PlainPublicUrl]
    );
    assert_eq!(
        warned("canary-verify-token", "15-characters--"),
        [Warning::ShortVerifyToken(webshop())]
    );
    assert_eq!(
        warned("hook_key = \"canary-hook-key-of-webshop\"", ""),
        [Warning::NoHookKey(webshop())]
    );
    assert_eq!(
        warned("token = \"0123456789abcdef0123456789abcdef\"", ""),
        [Warning::NoAdminToken]
    );
    assert_eq!(
        warned(
            "region = \"eu\"",
            "region = \"eu\"\ndefault_language = \"tlh\""
        ),
        [Warning::NoTexts {
            bot: webshop(),
            language: "tlh".parse().unwrap()
        }]
    );
    assert_eq!(
        good_with("[handover]\nidle_limit = \"5m\"").warnings(),
        [Warning::IdleBeforeUnanswered]
    );
    assert_eq!(
        good_with("[handover]\nwaiting_limit = \"5h\"").warnings(),
        [Warning::NeverReached {
            limit: "waiting_limit"
        }]
    );
    assert_eq!(
        good_with("[retention]\nkeys = \"1d\"").warnings(),
        [Warning::ShortKeys]
    );
    let silent = GOOD.replace("region = \"eu\"", "region = \"eu\"\nresume = []");
    assert_eq!(
        load(&silent).unwrap().warnings(),
        [Warning::NeverResumed(webshop())]
    );
    for warning in load("").unwrap().warnings() {
        assert!(!warning.to_string().is_empty());
    }
}

#[test]
fn nothing_secret_is_printed_for_debugging() {
    let config = good_with("");
    let source = Source::text("handover.toml", GOOD)
        .with_environment([("HANDOVER__ADMIN__TOKEN", "canary")]);
    let printed = format!("{config:?}{config:#?}{source:?}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(
        !printed.contains("0123456789abcdef") && !printed.contains("MfKQ9r8"),
        "{printed}"
    );
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
