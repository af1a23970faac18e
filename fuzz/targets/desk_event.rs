//! What a desk posts to the desk API.
//!
//! Laws: what is kept is what was sent; what was taken reads back from the store; whatever a user can be shown, a content
//! that was taken is shown or its desk is told why not.
#![no_main]

use handover_bridge::{
    desks::protocol::event,
    domain::{
        event::DeskEvent,
        fallback::{Audience, Capabilities, show},
        message::Content,
    },
    http::body::check_depth,
};
use handover_fuzz::{messenger, target};

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    let Ok(DeskEvent::Said(said)) = event::parse(bytes) else {
        return;
    };
    assert_eq!(said.raw.as_deref().map(str::as_bytes), Some(bytes));
    let kept = serde_json::to_string(&said.content).unwrap();
    let read: Content = serde_json::from_str(&kept).expect("what was written reads back");
    assert_eq!(
        std::mem::discriminant(&read),
        std::mem::discriminant(&said.content)
    );
    let users = [
        messenger(640),
        Capabilities::text_only(Audience::User, 20),
        Capabilities::EVERY_USER,
    ];
    for able in users {
        if let Ok(shown) = show(&said.content, &able) {
            assert!(!shown.parts.is_empty());
        }
    }
});
