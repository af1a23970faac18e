use super::*;
use crate::config::{Config, Source};

/// Whether a bot of this platform goes where it is told, with these lines in its table.
fn goes_where_chosen(platform: &str, lines: &str) -> bool {
    let text = format!("[bots.shop]\n{platform}\n{lines}");
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    go_where_chosen(config.bots.values().next().unwrap().platform.resume())
}

const PLATFORMS: [&str; 2] = [
    r#"platform = "chatlayer"
    region = "eu"
    access_token = "access-token"
    verify_token = "verify-token"
    hook_key = "abcdefghijklmnopqrstuvwx""#,
    r#"platform = "certainly"
    deployment_id = "d7"
    access_token = "access-token"
    api_token = "api-token"
    hook_key = "abcdefghijklmnopqrstuvwx""#,
];

#[test]
fn the_default_resume_goes_nowhere_in_particular() {
    for platform in PLATFORMS {
        assert!(!goes_where_chosen(platform, ""), "{platform}");
    }
}

#[test]
fn a_resume_goes_where_chosen_if_a_step_asks_where() {
    let request = |more: &str| {
        format!(
            "resume = [{{ request = {{ method = \"POST\", url = \"https://a.example/b\", {more} }} }}]"
        )
    };
    for (lines, wanted) in [
        ("resume = []".to_owned(), false),
        ("resume = [{ text = \"back\" }, { dialog_state = \"home\" }]".to_owned(), true),
        ("resume = [{ text = \"on to {{ dialog_state }}\" }]".to_owned(), true),
        (
            "resume = [{ request = { method = \"GET\", url = \"https://a.example/{{ dialog_state or 'home' }}\" } }]"
                .to_owned(),
            true,
        ),
        (request("headers = { X-To = \"{{ dialog_state }}\" }"), true),
        (request("body = \"{ 'to': dialog_state }\""), true),
        (request("body = \"{ 'dialog_state': 'home', 'why': reason }\""), false),
    ] {
        for platform in PLATFORMS {
            assert_eq!(goes_where_chosen(platform, &lines), wanted, "{lines}");
        }
    }
}
