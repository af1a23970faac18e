//! Bots on Certainly.

use handover_bridge::config::{Auth, Certainly, HookAuth, Sender};

use super::*;

const BOT: &str = r#"
[bots.fashion]
platform = "certainly"
deployment_id = "d7"
access_token = "canary-access-token"
hook_key = "canary-hook-key-of-fashion"
"#;

fn certainly(config: &Config) -> &Certainly {
    match &config.bots.first_key_value().unwrap().1.platform {
        Platform::Certainly(bot) => bot,
        other @ Platform::Chatlayer(_) => panic!("{other:?}"),
    }
}

fn bot_with(more: &str) -> Config {
    load(&format!("{BOT}{more}")).unwrap()
}

fn faults_of(more: &str) -> Vec<String> {
    lines(&load(&format!("{BOT}{more}")).unwrap_err())
}

#[test]
fn a_bot_starts_from_the_documented_calls() {
    let config = bot_with("");
    let bot = certainly(&config);
    assert_eq!(bot.api_url.as_str(), "https://app.certainly.io/");
    assert_eq!((bot.auth, bot.sender), (Auth::Bearer, Sender::Handover));
    assert_eq!(
        (bot.user_id_field.as_str(), bot.user_id_prefix.as_str()),
        ("to", "webbot:")
    );
    assert!(bot.claim_end.is_none() && !bot.drop_repeats);
    assert!(matches!(bot.hook_auth, HookAuth::None));
    assert!(matches!(&bot.pause[..], [listen] if listen.url.ends_with("/handover/{{ user_id }}/")));
    assert!(
        matches!(&bot.resume[..], [Step::Request(step)] if step.url.contains("/takeover/{{ user_id }}/"))
    );
    assert_eq!(good_with(BOT).warnings(), []);
}

#[test]
fn every_secret_is_known_by_its_key() {
    let keys = |more: &str| {
        let bot = bot_with(more);
        let keys = bot.secrets().map(|secrets| secrets.key().to_string());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(
        keys("api_token = \"p\"\nhook_token = \"t\""),
        [
            "bots.fashion.access_token",
            "bots.fashion.api_token",
            "bots.fashion.hook_key",
            "bots.fashion.hook_token",
        ]
    );
    assert_eq!(
        keys("hook_user = \"u\"\nhook_password = \"p\""),
        [
            "bots.fashion.access_token",
            "bots.fashion.hook_key",
            "bots.fashion.hook_password",
        ]
    );
    assert!(!format!("{:?}", bot_with("")).contains("canary"));
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let faults = lines(&load("[bots.fashion]\nplatform = \"certainly\"").unwrap_err());
    for key in ["deployment_id", "access_token", "hook_key"] {
        let fault = format!("bots.fashion.{key} is missing; ");
        assert!(
            faults.iter().any(|line| line.contains(&fault)),
            "{key}: {faults:?}"
        );
    }
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn a_token_is_asked_for_only_where_it_is_shown() {
    let open = BOT.replace("access_token = \"canary-access-token\"", "auth = \"none\"");
    let config = load(&open).unwrap();
    assert!(certainly(&config).access_token.is_none());
    for acts in [
        "sender = \"trigger-message\"",
        "resume = [{ dialog_state = \"7\" }]",
    ] {
        let missing = load(&format!("{open}{acts}")).unwrap_err();
        let [line] = &lines(&missing)[..] else {
            panic!("{missing}")
        };
        assert!(
            line.contains("bots.fashion.api_token is missing; "),
            "{line}"
        );
        load(&format!("{open}{acts}\napi_token = \"p\"")).unwrap();
        load(&format!("{open}{acts}\naccess_token = \"a\"")).unwrap();
    }
}

#[test]
fn credentials_of_the_hooks_are_whole_and_of_one_kind() {
    let both = "hook_token = \"t\"\nhook_user = \"u\"\nhook_password = \"p\"";
    let rows = [
        ("hook_user = \"u\"", "hook_password is missing; "),
        ("hook_password = \"p\"", "hook_user is missing; "),
        (
            "hook_user = \"u:v\"\nhook_password = \"p\"",
            "hook_user must be a name without a colon",
        ),
        (both, "hook_token is set together with hook_user; "),
    ];
    for (more, told) in rows {
        let faults = faults_of(more);
        let [line] = &faults[..] else {
            panic!("{more}: {faults:?}")
        };
        assert!(line.contains(told), "{line}");
    }
}

#[test]
fn what_is_none_of_the_choices_is_refused() {
    for (more, key) in [
        ("auth = \"digest\"", "auth"),
        ("sender = \"email\"", "sender"),
        ("user_id_field = \" \"", "user_id_field"),
        ("text_limit = 3", "text_limit"),
        ("region = \"eu\"", "region"),
        ("verify_token = \"v\"", "verify_token"),
        ("pause = [{ text = \"hush\" }]", "pause"),
        ("api_url = \"http://app.example.com\"", "api_url"),
    ] {
        let faults = faults_of(more);
        assert!(
            matches!(&faults[..], [line] if line.contains(&format!("bots.fashion.{key} "))),
            "{more}: {faults:?}"
        );
    }
    let dots = BOT.replace("d7", "..");
    assert_eq!(lines(&load(&dots).unwrap_err()).len(), 1);
}

#[test]
fn a_bot_that_talks_on_or_stays_silent_is_warned_of() {
    let warnings = |more: &str| {
        let all = load(&format!("{GOOD}{BOT}{more}")).unwrap().warnings();
        all.into_iter()
            .map(|warning| warning.to_string())
            .collect::<Vec<_>>()
    };
    for (more, told) in [
        ("pause = []", "bots.fashion.pause is empty"),
        ("resume = []", "bots.fashion.resume is empty"),
        (
            "resume = [{ dialog_state = \"7\" }]",
            "bots.fashion.resume has no request step",
        ),
    ] {
        let warnings = warnings(more);
        assert!(
            matches!(&warnings[..], [line] if line.starts_with(told)),
            "{more}: {warnings:?}"
        );
    }
}
