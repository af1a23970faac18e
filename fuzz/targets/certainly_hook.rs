//! What Certainly posts, to either of its two addresses.
//!
//! Laws: whatever names a user names one conversation of this deployment; a claim asks for an agent and nothing else; what
//! is kept of a message stands in the body byte for byte, and can be shown to an agent or has nothing in it; contents of one
//! message that are equal are told apart.
#![no_main]

use std::collections::HashSet;

use handover_bridge::{
    bots::certainly::hook::Reader,
    domain::{
        event::{Event, PlatformMessage, Step, Target},
        fallback::{Capabilities, Unshowable, show},
        ids::{BotName, ExternalId},
    },
    http::body::check_depth,
};
use handover_fuzz::target;

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    let reader = Reader {
        bot: BotName::new("fashion").unwrap(),
        deployment_id: ExternalId::new("d7").unwrap(),
        user_id_field: "to".to_owned(),
        user_id_prefix: "webbot:".to_owned(),
        drop_repeats: true,
    };
    if let Ok(step) = reader.claim(bytes) {
        here(&reader, &step);
        assert!(matches!(
            &step.events[..],
            [only] if matches!(only.event, Event::HandoverRequested(_)) && only.keys.is_empty()
        ));
    }
    let Ok(Some(step)) = reader.message(bytes) else {
        return;
    };
    here(&reader, &step);
    let body = str::from_utf8(bytes).unwrap();
    let mut known = HashSet::new();
    for incoming in &step.events {
        match &incoming.event {
            Event::UserSaid(said) | Event::BotSaid(said) => hold(said, body),
            Event::PlatformUnknown { raw } => assert_eq!(raw, body),
            other => panic!("a platform does not tell {other:?}"),
        }
        for key in &incoming.keys {
            assert!(known.insert(key.clone()), "two contents under one key");
        }
    }
});

fn here(reader: &Reader, step: &Step) {
    let Target::Conversation(key) = &step.target else {
        panic!("a platform names conversations")
    };
    assert_eq!(key.bot, reader.bot);
    assert_eq!(key.realm, reader.deployment_id.as_str());
    assert!(!step.events.is_empty());
}

fn hold(said: &PlatformMessage, body: &str) {
    assert!(body.contains(said.raw.as_deref().expect("kept")));
    let shown = show(&said.content, &Capabilities::EVERY_AGENT);
    assert!(matches!(
        shown,
        Ok(_) | Err(Unshowable::Nothing | Unshowable::TooLong)
    ));
}
