//! What Chatwoot posts, once its signature has been believed.
//!
//! Laws: what is taken names the desk and a conversation that can stand in an address; what is kept of a message is what
//! came, byte for byte, and once; the same bytes make the same keys, no two of them equal; whatever a user can be shown, a
//! message is shown or the agent is told why not.
#![no_main]

use std::sync::LazyLock;

use handover_bridge::{
    config::{Config, Kind, Source},
    desks::{Told, chatwoot::Reader},
    domain::{
        event::{DeskEvent, Event, Step, Target},
        fallback::{Audience, Capabilities, show},
    },
    http::body::check_depth,
};
use handover_fuzz::{messenger, target};

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let text = r#"
        [desks.inbox]
        kind = "chatwoot"
        api_url = "https://chat.example.com"
        account_id = 1
        inbox_id = 2
        api_access_token = "token"
        webhook_secret = "secret"
    "#;
    let config = Config::load(&Source::text("fuzz.toml", text)).expect("a good configuration");
    let (name, desk) = config.desks.first_key_value().expect("one desk");
    let Kind::Chatwoot(desk) = &desk.kind else {
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
    assert_eq!(leg.desk.as_str(), "inbox");
    let conversation = leg.reference.as_deref().expect("a conversation");
    assert!(!matches!(conversation, "" | "." | "..") && conversation.len() <= 256);
    assert!(!step.events.is_empty());
    let again = told(bytes).expect("taken again");
    for (index, incoming) in step.events.iter().enumerate() {
        assert_eq!(again.events[index].keys, incoming.keys);
        let mut others = step.events.iter().skip(index + 1);
        assert!(others.all(|other| other.keys != incoming.keys));
        let Event::FromLeg { event, leg: None } = &incoming.event else {
            panic!("a desk does not tell {:?}", incoming.event)
        };
        let DeskEvent::Said(said) = event else { return };
        let raw = said.raw.as_deref().map(str::as_bytes);
        assert_eq!(raw, (index == 0).then_some(bytes));
        for able in [messenger(640), Capabilities::text_only(Audience::User, 20)] {
            if let Ok(shown) = show(&said.content, &able) {
                assert!(!shown.parts.is_empty());
            }
        }
    }
});

fn told(bytes: &[u8]) -> Option<Step> {
    match READER.read(bytes) {
        Ok(Told::Step(step)) => Some(*step),
        Ok(Told::PassedOver | Told::Unknown | Told::Elsewhere) | Err(_) => None,
    }
}
