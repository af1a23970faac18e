//! What Chatlayer posts.
//!
//! Laws: a body read in passing names the event that reading it whole does, in pieces of any size; what is kept of a
//! message stands in the body byte for byte; equal messages of one call are told apart; every message can be shown to an
//! agent, or has nothing in it.
#![no_main]

use std::collections::HashSet;

use handover_bridge::{
    bots::chatlayer::hook::{self, Call, Hook, Kind, Skimmer},
    domain::{
        dedupe::DedupeKey,
        event::{Event, PlatformMessage, Target},
        fallback::{Capabilities, Unshowable, show},
        ids::BotName,
    },
    http::body::check_depth,
};
use handover_fuzz::target;
use serde_json::Value;

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    let named = hook::kind(bytes).ok();
    let whole = skimmed(bytes, bytes.len());
    assert_eq!(skimmed(bytes, 1), whole);
    assert_eq!(skimmed(bytes, 7), whole);
    if serde_json::from_slice::<Value>(bytes).is_ok() {
        assert_eq!(whole, named);
    }
    let bot = BotName::new("webshop").unwrap();
    let Ok(call) = Call::read(bytes) else { return };
    assert_eq!(named, Some(call.kind()));
    let Ok(Hook { kind, step }) = call.parse(&bot) else {
        return;
    };
    assert_eq!(named, Some(kind));
    let Some(step) = step else { return };
    assert!(matches!(step.target, Target::Conversation(key) if key.bot == bot));
    let body = str::from_utf8(bytes).unwrap();
    let mut known = HashSet::new();
    for (place, incoming) in step.events.iter().enumerate() {
        match &incoming.event {
            Event::UserSaid(said) | Event::BotSaid(said) => {
                hold(said, body, place);
                tell_apart(&incoming.keys, &mut known);
            }
            Event::HandoverRequested(request) => {
                for (place, item) in request.transcript.iter().enumerate() {
                    hold(&item.said, body, place);
                    tell_apart(&item.keys, &mut known);
                }
            }
            Event::PlatformUnknown { raw } => assert!(body.contains(raw.as_str())),
            other => panic!("a platform does not tell {other:?}"),
        }
    }
});

fn skimmed(body: &[u8], piece: usize) -> Option<Kind> {
    let mut skimmer = Skimmer::default();
    let pieces = body.chunks(piece.max(1));
    pieces.for_each(|piece| skimmer.read(piece));
    skimmer.kind().ok()
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

/// The platform's own ids may repeat, and then they mean a repeat; what we make up must not.
fn tell_apart(keys: &[DedupeKey], known: &mut HashSet<DedupeKey>) {
    const OF_CONTENT: &[u8] = b"\0\0\0\0\0\0\0\x07content";
    let made_up = keys
        .iter()
        .filter(|key| key.bytes().starts_with(OF_CONTENT));
    for key in made_up {
        assert!(known.insert(key.clone()), "two messages under one key");
    }
}
