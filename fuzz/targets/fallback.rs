//! What is shown in the place of what cannot be shown.
//!
//! Laws: at least one part and at most 64, each within the limit; a text in parts is the text; deliveries are the whole
//! message and no more; an agent is refused nothing but what is empty or too long.
#![no_main]

use std::borrow::Cow;

use arbitrary::Arbitrary;
use handover_bridge::domain::{
    dedupe::Fingerprint,
    fallback::{Audience, Capabilities, Choices, Rendered, Unshowable, said, show},
    message::Content,
};
use handover_fuzz::{Spoken, Words, messenger, target};
use unicode_segmentation::UnicodeSegmentation as _;

#[derive(Arbitrary, Debug)]
struct Input {
    content: Spoken,
    limit: u8,
    typed: Words,
}

const MOST_PARTS: usize = 64;

target!(|input: Input| {
    let content = &input.content.0;
    let limit = usize::from(input.limit) + 1;
    let readers = [
        messenger(limit),
        Capabilities::text_only(Audience::User, limit),
        Capabilities::text_only(Audience::Agent, limit),
        Capabilities {
            text_limit: limit,
            title_limit: 3,
            one_call: false,
            ..Capabilities::EVERY_AGENT
        },
    ];
    let _ = Fingerprint::of(content);
    for able in readers {
        match show(content, &able) {
            Ok(shown) => hold(&input, &able, &shown),
            Err(Unshowable::Nothing | Unshowable::TooLong) => {}
            Err(refused) => assert_eq!(able.audience, Audience::User, "{refused:?}"),
        }
    }
});

fn hold(input: &Input, able: &Capabilities, shown: &Rendered<'_>) {
    assert!((1..=MOST_PARTS).contains(&shown.parts.len()));
    for part in &shown.parts {
        if let Content::Text { text, .. } = part.as_ref() {
            assert!(text.graphemes(true).count() <= able.text_limit);
            assert!(!text.trim().is_empty());
        }
    }
    if let Content::Text {
        text,
        quick_replies,
    } = &input.content.0
        && quick_replies.is_empty()
    {
        let whole: String = shown.parts.iter().map(|part| bare(part)).collect();
        assert_eq!(whole, text.split_whitespace().collect::<String>());
    }
    let deliveries = shown.deliveries(able);
    // Each is cut from the whole anew: the ends stand for those between.
    for delivery in deliveries.first().into_iter().chain(deliveries.last()) {
        let delivered = said(&input.content.0, *delivery, able).expect("as it was shown");
        let delivered: Vec<&Content> = delivered.iter().map(Cow::as_ref).collect();
        let part: Vec<&Content> = shown.part(*delivery).collect();
        // Not a number is equal to nothing, also in a place.
        assert_eq!(format!("{delivered:?}"), format!("{part:?}"));
    }
    assert!(able.one_call || deliveries.len() == shown.parts.len());
    let choices = Choices::remember(shown.choices.clone());
    if let Some(choice) = choices.meant_by(&input.typed.0) {
        assert!(shown.choices.contains(choice));
    }
}

fn bare(content: &Content) -> String {
    match content {
        Content::Text { text, .. } => text.split_whitespace().collect(),
        other => panic!("a text became {other:?}"),
    }
}
