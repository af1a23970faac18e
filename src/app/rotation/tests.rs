//! Nothing is exchanged by halves, and nothing is left out.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    process::Command,
    thread,
};

use secrecy::ExposeSecret as _;

use super::*;
use crate::{
    app::{connections::Connections, console::Access},
    clock::SystemClock,
    config::User,
};

const KEY: &str = "desks.inbox.webhook_secret";
/// Every secret that a bot or desk can have.
const ALL: &str = r#"
    [bots.a]
    platform = "chatlayer"
    region = "eu"
    access_token = "access"
    verify_token = "verify"
    hook_key = "hook-key-of-the-first-bot"
    channel_verify_token = "channel"
    [bots.b]
    platform = "certainly"
    deployment_id = "1"
    access_token = "access"
    api_token = "api"
    hook_key = "hook-key-of-the-second-bot"
    hook_token = "token"
    [bots.c]
    platform = "certainly"
    deployment_id = "2"
    access_token = "access"
    hook_key = "hook-key-of-the-third-bot"
    hook_user = "certainly"
    hook_password = "password"
    [desks.aivo]
    kind = "aivo-live"
    bot_id = 1
    groups = [1]
    bot_token = "bot"
    hook_key = "hook-key-of-the-first-desk"
    [desks.inbox]
    kind = "chatwoot"
    api_url = "https://chat.example.com"
    account_id = 1
    inbox_id = 2
    api_access_token = "access"
    webhook_secret = "secret"
    hook_key = "hook-key-of-the-second-desk"
    [desks.custom]
    kind = "webhook"
    url = "https://desk.example.com"
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    token = "token-of-the-third-desk"
    [desks.tickets]
    kind = "template"
    api_url = "https://tickets.example.com"
    token = "token-of-the-fourth-desk"
    hook_key = "hook-key-of-the-fourth-desk"
    secrets = { api = "api" }
    hook = { reference = "body.id", event = "none" }
    [desks.tickets.requests]
    open = { method = "POST", url = "{{ desk.api_url }}/tickets", take = { reference = "answer.id" } }
    message = { method = "POST", url = "{{ desk.api_url }}/notes" }
"#;

fn config(opened_by: &str) -> Config {
    let text = format!(
        r#"
        [desks.inbox]
        kind = "chatwoot"
        api_url = "https://chat.example.com"
        account_id = 1
        inbox_id = 2
        api_access_token = "access"
        {opened_by}
        "#
    );
    Config::load(&Source::text("test.toml", text)).unwrap()
}

#[test]
fn what_others_sign_with_is_exchanged_as_a_whole_and_never_for_nothing() {
    let first = config("webhook_secret = \"old\"");
    let held = Rotating::new(vec![SecretString::from("old")]);
    let mut holders = Holders::default();
    let secret = first.secrets().find(|one| one.key().to_string() == KEY);
    holders.hold(secret.unwrap(), Holder::Verifying(held.clone()));
    let now = || {
        let secrets = held.get();
        let secrets = secrets
            .iter()
            .map(|secret| secret.expose_secret().to_owned());
        secrets.collect::<Vec<_>>()
    };
    let both = config("webhook_secret = [\"new\", \"old\"]");
    assert_eq!(holders.exchange(&both).unwrap(), [KEY]);
    assert_eq!(now(), ["new", "old"]);
    assert!(holders.exchange(&both).unwrap().is_empty());
    let none = config("hook_key = \"hook-key-of-the-inbox\"");
    let fault = holders.exchange(&none).unwrap_err();
    assert!(fault.to_string().starts_with(KEY), "{fault}");
    assert_eq!(now(), ["new", "old"]);
}

#[test]
fn whatever_secret_is_configured_is_held_by_those_who_use_it() {
    let hash = User::hash("correct horse battery").unwrap();
    let text = format!(
        r#"
        {ALL}
        [admin]
        token = "first-token-of-the-operators-0123456789"
        [admin.users.ann]
        role = "agent"
        password_hash = "{hash}"
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let clock = Arc::new(SystemClock);
    let made = Connections::build(&config.bots, &config.desks, Vec::new(), clock).unwrap();
    let mut holders = made.take_apart().secrets;
    Access::new(config.admin.clone(), Vec::new(), None, &mut holders);
    let configured: BTreeSet<_> = config.secrets().map(Secrets::key).collect();
    let held: BTreeSet<_> = holders.secrets().map(Secrets::key).collect();
    assert_eq!(held, configured);
    assert_eq!(held.len(), 23);
}

#[test]
fn a_disk_that_hangs_keeps_nobody_waiting_and_undoes_nothing_when_it_is_back() {
    const TOKENS: [&str; 3] = [
        "first-token-of-the-operators-0123456789",
        "second-token-of-the-operators-012345678",
        "third-token-of-the-operators-0123456789",
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, TOKENS[0]).unwrap();
    let text = format!("admin.token_file = \"{}\"", file.display());
    let source = Source::text("test.toml", text);
    let config = Config::load(&source).unwrap();
    let mut holders = Holders::default();
    let accepted = holders.accept(&config.admin.token);
    let rotation = Rotation::new(source, holders, Arc::new(SystemClock));
    fs::remove_file(&file).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    thread::scope(|scope| {
        let hangs = scope.spawn(|| rotation.read_again());
        // Opens when the other end is read.
        let mut disk = File::options().write(true).open(&file).unwrap();
        rotation.remind();
        fs::remove_file(&file).unwrap();
        fs::write(&file, TOKENS[2]).unwrap();
        rotation.read_again();
        assert!(accepted.matches(TOKENS[2]));
        disk.write_all(TOKENS[1].as_bytes()).unwrap();
        drop(disk);
        hangs.join().unwrap();
    });
    assert!(accepted.matches(TOKENS[2]) && !accepted.matches(TOKENS[1]));
}
