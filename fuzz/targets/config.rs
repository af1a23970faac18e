//! A configuration: one file, and variables behind a NUL each (`NAME=value`).
//!
//! Laws: it is taken, or every fault is told with a key or a place; what is taken can be gone by at any time; reading it
//! again says the same.
#![no_main]

use handover_bridge::{
    app,
    config::{Config, Source},
    domain::{conversation::Profile, ids::BotName, routing::Facts, time::Timestamp},
};
use handover_fuzz::target;
use serde_json::json;

const MOMENTS: [i64; 5] = [0, 1_767_225_600_000, 1_774_746_000_000, i64::MIN, i64::MAX];

target!(|text: &str| {
    let mut parts = text.split('\0');
    let document = parts.next().unwrap_or_default();
    let variables = parts.filter_map(|part| part.split_once('='));
    let source = Source::text("bridge.toml", document).with_environment(variables);
    match Config::load(&source) {
        Ok(config) => hold(&config),
        Err(faults) => {
            assert!(!faults.is_empty());
            let again = Config::load(&source).expect_err("it was faulty before");
            assert_eq!(faults.to_string(), again.to_string());
        }
    }
});

fn hold(config: &Config) {
    let _ = (config.warnings(), config.secrets().count());
    // A template that cannot be compiled is the fault of a start, not of the reading.
    let Ok(policy) = app::policy_of(config) else {
        return;
    };
    let hours = policy.desks.values().filter_map(|desk| desk.hours.as_ref());
    for hours in hours {
        for moment in MOMENTS {
            let _ = hours.is_open(Timestamp::from_millis(moment));
        }
    }
    let payload = json!({"department": "sales", "items": [1, {"a": null}]});
    let profile = Profile::default();
    let bots = policy.bots.keys().cloned();
    for bot in bots.chain(BotName::new("nobody")) {
        let facts = Facts {
            bot: &bot,
            version: Some("LIVE"),
            channel: profile.channel.as_deref(),
            language: "nl-NL",
            payload: Some(&payload),
            user: &profile.user,
            session: None,
        };
        let _ = policy.choose(&facts);
    }
}
