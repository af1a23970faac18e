//! What Certainly posts, to either of its two addresses.
//!
//! Laws: whatever names a user names one conversation of this deployment; a claim asks for an agent and nothing else; what
//! is kept of a message stands in the body byte for byte, and can be shown to an agent or has nothing in it; contents of one
//! message that are equal are told apart.
#![no_main]

use std::{collections::HashSet, sync::LazyLock};

use handover_bridge::{
    bots::certainly::Reader,
    config::{Config, Platform, Source},
    domain::{
        event::{Event, PlatformMessage, Step, Target},
        fallback::{Capabilities, Unshowable, show},
    },
    http::body::check_depth,
};
use handover_fuzz::target;

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let text = r#"
        [bots.fashion]
        platform = "certainly"
        deployment_id = "d7"
        access_token = "token"
        hook_key = "hook-key-of-this-target"
        drop_repeats = true
    "#;
    let config = Config::load(&Source::text("fuzz.toml", text)).expect("a good configuration");
    let (name, bot) = config.bots.first_key_value().expect("one bot");
    let Platform::Certainly(bot) = &bot.platform else {
        panic!("on another platform")
    };
    Reader::new(name, bot)
});

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    if let Ok(step) = READER.claim(bytes) {
        here(&step);
        assert!(matches!(
            &step.events[..],
            [only] if matches!(only.event, Event::HandoverRequested(_)) && only.keys.is_empty()
        ));
    }
    let Ok(Some(step)) = READER.message(bytes) else {
        return;
    };
    here(&step);
    let body = str::from_utf8(bytes).unwrap();
    let mut known = HashSet::new();
    for (place, incoming) in step.events.iter().enumerate() {
        match &incoming.event {
            Event::UserSaid(said) | Event::BotSaid(said) => hold(said, body, place),
            Event::PlatformUnknown { raw } => assert_eq!(raw, body),
            other => panic!("a platform does not tell {other:?}"),
        }
        for key in &incoming.keys {
            assert!(known.insert(key.clone()), "two contents under one key");
        }
    }
});

fn here(step: &Step) {
    let Target::Conversation(key) = &step.target else {
        panic!("a platform names conversations")
    };
    assert_eq!(key.bot.as_str(), "fashion");
    assert_eq!(key.realm, "d7");
    assert!(!step.events.is_empty());
}

/// What a message came as is kept with the first of its contents.
fn hold(said: &PlatformMessage, body: &str, place: usize) {
    match said.raw.as_deref() {
        Some(raw) => assert!(body.contains(raw)),
        None => assert_ne!(place, 0, "not kept"),
    }
    let shown = show(&said.content, &Capabilities::EVERY_AGENT);
    assert!(matches!(
        shown,
        Ok(_) | Err(Unshowable::Nothing | Unshowable::TooLong)
    ));
}
