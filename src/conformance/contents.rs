//! Something of everything that can be said, and of what breaks the rules of each.

use serde_json::{Value, json};

use super::canary::TEXT;
use crate::domain::message::{Button, Card, Content, MediaKind, QuickReply};

/// Every content, some of them too long, too many, empty or not to be shown at all.
pub(super) fn contents() -> Vec<Content> {
    let mut all = vec![
        Content::text(TEXT),
        Content::text(format!("{TEXT} {{{{ 7 * 7 }}}} <b>\"'\\ \u{202e}\u{0} 👩‍👩‍👧‍👦")),
        Content::text(format!("{TEXT} ").repeat(1_500)),
        Content::text("👩‍👩‍👧‍👦".repeat(3_000)),
        Content::text(""),
        Content::text(" \n "),
        Content::Text {
            text: TEXT.to_owned(),
            quick_replies: (0..30).map(reply).collect(),
        },
        Content::Buttons {
            text: TEXT.to_owned(),
            buttons: buttons(),
        },
        Content::Buttons {
            text: TEXT.to_owned(),
            buttons: buttons().into_iter().cycle().take(40).collect(),
        },
        Content::Cards {
            cards: vec![card()],
        },
        Content::Cards {
            cards: (0..30).map(|_| card()).collect(),
        },
        Content::Cards { cards: Vec::new() },
        Content::List {
            items: (0..3).map(|_| card()).collect(),
            button: buttons().into_iter().next(),
        },
        Content::Location {
            latitude: 52.4,
            longitude: 4.9,
            label: Some(TEXT.to_owned()),
        },
        Content::Location {
            latitude: 1e300,
            longitude: -1e300,
            label: None,
        },
        Content::Postback {
            title: TEXT.to_owned(),
            payload: json!({"any": [1, null, {"thing": true}]}),
        },
        Content::Intro {},
        Content::Unknown {
            raw: json!({"kind": "of the future"}),
        },
    ];
    let kinds = [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::File,
    ];
    all.extend(kinds.map(|kind| media(kind, "https://files.example/a.bin")));
    all.push(media(MediaKind::Image, "javascript:alert(1)"));
    all.push(media(MediaKind::File, "file:///etc/passwd"));
    all
}

fn media(kind: MediaKind, url: &str) -> Content {
    Content::Media {
        kind,
        url: url.to_owned(),
        name: Some("a.bin".to_owned()),
        caption: Some(TEXT.to_owned()),
    }
}

fn reply(number: u32) -> QuickReply {
    QuickReply {
        title: format!("{TEXT} {number}"),
        payload: json!({ "number": number }),
        image_url: None,
    }
}

fn buttons() -> Vec<Button> {
    vec![
        Button::Postback {
            title: TEXT.to_owned(),
            payload: Value::Null,
        },
        Button::Url {
            title: TEXT.to_owned(),
            url: "https://shop.example/a?b=c&d=e".to_owned(),
        },
        Button::Phone {
            title: TEXT.to_owned(),
            phone_number: "+31201234567".to_owned(),
        },
    ]
}

fn card() -> Card {
    Card {
        title: TEXT.to_owned(),
        subtitle: Some(format!("{TEXT} subtitle")),
        image_url: Some("https://files.example/a.png".to_owned()),
        url: Some("https://shop.example/a".to_owned()),
        buttons: buttons(),
    }
}
