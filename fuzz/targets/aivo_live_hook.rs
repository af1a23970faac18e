//! What Aivo Live posts.
//!
//! Laws: what is taken names the desk and a conversation that can stand in an address; what is kept of a message is what
//! came, byte for byte; the same bytes make the same key, and other times another; whatever a user can be shown, a message is
//! shown or the agent is told why not.
#![no_main]

use std::sync::LazyLock;

use handover_bridge::{
    config::{Config, Kind, Source},
    desks::{Told, aivo_live::Reader},
    domain::{
        event::{DeskEvent, Event, Step, Target},
        fallback::{Audience, Capabilities, show},
    },
    http::body::check_depth,
};
use handover_fuzz::{messenger, target};

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let text = r#"
        [desks.live]
        kind = "aivo-live"
        bot_id = 1000
        bot_token = "token"
        groups = [2179]
        hook_key = "hook-key-of-this-target"
        files_url = "https://files.example.com/live"
    "#;
    let config = Config::load(&Source::text("fuzz.toml", text)).expect("a good configuration");
    let (name, desk) = config.desks.first_key_value().expect("one desk");
    let Kind::AivoLive(desk) = &desk.kind else {
        panic!("of another kind")
    };
    Reader::new(name, desk)
});

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    let Some(step) = told(bytes) else { return };
    let Target::Leg(leg) = &step.target else {
        panic!("another target")
    };
    assert_eq!(leg.desk.as_str(), "live");
    assert!(leg.reference.is_some() || leg.leg.is_some());
    let room = leg.reference.as_deref().unwrap_or("room");
    assert!(!matches!(room, "" | "." | "..") && room.len() <= 256);
    let [incoming] = &step.events[..] else {
        panic!("one event a call")
    };
    assert_eq!(
        told(bytes).expect("taken again").events[0].keys,
        incoming.keys
    );
    let Event::FromLeg { event, leg: None } = &incoming.event else {
        panic!("a desk does not tell {:?}", incoming.event)
    };
    let DeskEvent::Said(said) = event else { return };
    assert_eq!(said.raw.as_deref().map(str::as_bytes), Some(bytes));
    for able in [messenger(640), Capabilities::text_only(Audience::User, 20)] {
        if let Ok(shown) = show(&said.content, &able) {
            assert!(!shown.parts.is_empty());
        }
    }
});

fn told(bytes: &[u8]) -> Option<Step> {
    match READER.read(bytes) {
        Ok(Told::Step(step)) => Some(*step),
        Ok(Told::PassedOver | Told::Unknown | Told::Elsewhere) | Err(_) => None,
    }
}
