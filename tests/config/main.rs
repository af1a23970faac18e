//! What an operator sees of the configuration: what is taken, what is refused, and how it is said.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test may fail the test"
)]

mod accepted;
mod aivo_live;
mod answers;
mod certainly;
mod chatwoot;
mod console;
mod lists;
mod refused;
mod routing;
mod secrets;
mod store;
mod template;
mod values;

use std::{fs, time::Duration};

use handover_bridge::{
    config::{
        AdminListen, Chatlayer, Config, Fault, Faults, Kind, Place, Platform, Problem, Silence,
        Source, Step, StoreUrl, Untold, Warning,
    },
    domain::policy::{Notice, WhenUnsure},
};
use secrecy::ExposeSecret as _;

/// A configuration without a fault and without a warning.
const GOOD: &str = r#"platforms.chatlayer.resume = [{ request = { method = "POST", url = "{{ bot.api_url }}/v1/unpause" } }]
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

/// The first bot.
fn chatlayer(config: &Config) -> &Chatlayer {
    match &config.bots.first_key_value().unwrap().1.platform {
        Platform::Chatlayer(bot) => bot,
        other @ Platform::Certainly(_) => panic!("{other:?}"),
    }
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
