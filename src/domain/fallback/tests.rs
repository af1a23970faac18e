//! The whole table, every content for every kind of reader, as a snapshot; and what holds for any of them.

mod cutting;
mod laws;

use serde_json::{Value, json};

use super::*;
use crate::domain::message::MediaKind;

/// Pictures, films, three buttons, and cards that need a picture: a messenger's usual platform.
fn messenger() -> Capabilities {
    let card = Cards {
        picture_needed: true,
        links: false,
        buttons: 3,
    };
    Capabilities {
        text_limit: 60,
        title_limit: 20,
        quick_replies: 3,
        buttons: Buttons {
            kinds: &[ButtonKind::Postback, ButtonKind::Url],
            at_most: 2,
        },
        cards: Some(card),
        list: Some(List {
            items: 2..=4,
            button_needed: true,
            item: Cards { buttons: 1, ..card },
            item_buttons_needed: true,
        }),
        media: Media {
            kinds: &[MediaKind::Image, MediaKind::Video],
            captions: false,
        },
        standalone: &[],
        ..Capabilities::everything(Audience::User)
    }
}

fn readers() -> [(&'static str, Capabilities); 5] {
    let only_links = Capabilities {
        title_limit: 20,
        buttons: Buttons {
            kinds: &[ButtonKind::Url],
            at_most: 10,
        },
        standalone: &[Standalone::Location],
        ..Capabilities::text_only(Audience::User, 1000)
    };
    [
        (
            "a reader who is shown everything",
            Capabilities::everything(Audience::Agent),
        ),
        ("a user of a messenger", messenger()),
        ("a user with links and places", only_links),
        (
            "a user with texts alone",
            Capabilities::text_only(Audience::User, 1000),
        ),
        (
            "an agent with texts alone",
            Capabilities::text_only(Audience::Agent, 1000),
        ),
    ]
}

fn contents() -> Vec<(&'static str, Value)> {
    let link = json!({"type": "url", "title": "Docs", "url": "https://docs.example"});
    let call = json!({"type": "phone", "title": "Call us", "phone_number": "+31 20 123"});
    let press =
        json!({"type": "postback", "title": "Go on", "payload": {"nextDialogstateId": "d1"}});
    let stop = json!({"type": "postback", "title": "Stop", "payload": "opaque-7f"});
    let pictured = json!({"title": "One", "subtitle": "the first", "image_url": "https://i.example/1.png",
        "url": "https://one.example", "buttons": [press]});
    let plain = json!({"title": "Two", "buttons": [link, stop]});
    let item = |title: &str| json!({"title": title, "image_url": "https://i.example/i.png", "buttons": [link]});
    vec![
        ("a text", json!({"type": "text", "text": "Hello"})),
        (
            "a long text",
            json!({"type": "text", "text": "First we look. Then we talk about it, at length.\n\nIn the end somebody has to decide what is done."}),
        ),
        (
            "quick replies",
            json!({"type": "text", "text": "Choose", "quick_replies": [
            {"title": "Yes", "payload": {"nextDialogstateId": "d2"}, "image_url": "https://i.example/y.png"}, {"title": "No"}]}),
        ),
        (
            "quick replies without a text, one with a long title",
            json!({"type": "text", "text": "", "quick_replies": [
            {"title": "Yes"}, {"title": "No, thanks, I would rather wait a little"}]}),
        ),
        (
            "buttons",
            json!({"type": "buttons", "text": "What next?", "buttons": [press, link, call, stop]}),
        ),
        (
            "a title that pretends",
            json!({"type": "buttons", "text": "Open", "buttons": [{"type": "url", "title": "bill\u{202e}gpj.\nexe", "url": "https://x.example"}]}),
        ),
        (
            "a link that no browser should open",
            json!({"type": "buttons", "text": "Open", "buttons": [{"type": "url", "title": "Here", "url": "javascript:alert(1)"}]}),
        ),
        (
            "cards",
            json!({"type": "cards", "cards": [pictured, plain]}),
        ),
        (
            "a list",
            json!({"type": "list", "items": [item("One"), item("Two")], "button": press}),
        ),
        (
            "a list without a button",
            json!({"type": "list", "items": [{"title": "One", "subtitle": "first"}, {"title": "Two"}]}),
        ),
        (
            "a picture",
            json!({"type": "media", "kind": "image", "url": "https://i.example/1.png", "caption": "The door"}),
        ),
        (
            "a file",
            json!({"type": "media", "kind": "file", "url": "https://f.example/a.pdf", "name": "a.pdf"}),
        ),
        (
            "a file in the page itself",
            json!({"type": "media", "kind": "file", "url": "data:text/html,x", "name": "a.html"}),
        ),
        (
            "a place",
            json!({"type": "location", "latitude": 52.37, "longitude": 4.9, "label": "Our shop"}),
        ),
        (
            "a place on no map",
            json!({"type": "location", "latitude": 1e300, "longitude": 4.9}),
        ),
        (
            "a postback",
            json!({"type": "postback", "title": "Go on", "payload": "opaque-7f"}),
        ),
        ("an intro", json!({"type": "intro"})),
        (
            "something unknown",
            json!({"type": "unknown", "raw": {"messageType": "sticker"}}),
        ),
        ("nothing", json!({"type": "text", "text": " \n"})),
        ("no cards", json!({"type": "cards", "cards": []})),
    ]
}

fn content(value: Value) -> Content {
    serde_json::from_value(value).unwrap()
}

#[test]
fn the_table() {
    let mut table = Vec::new();
    for (reader, able) in readers() {
        table.push(format!("## {reader}"));
        for (name, value) in contents() {
            table.push(format!("\n{name}"));
            table.extend(row(&content(value), &able));
        }
        table.push(String::new());
    }
    insta::assert_snapshot!(table.join("\n"));
}

fn row(content: &Content, able: &Capabilities) -> Vec<String> {
    match show(content, able) {
        Ok(Rendered { parts, .. }) if *parts == [Cow::Borrowed(content)] => {
            vec!["    as it is".to_owned()]
        }
        Ok(Rendered { parts, choices }) => {
            let parts = parts.iter().map(|part| format!("    {}", json!(part)));
            let numbers = choices.iter().zip(1..);
            let choices = numbers.map(|(choice, at)| format!("    typed {at} → {}", json!(choice)));
            parts.chain(choices).collect()
        }
        Err(why) => vec![format!("    told: {}", why.label())],
    }
}

#[test]
fn a_message_in_too_many_parts_is_told_and_not_sent() {
    let able = Capabilities::text_only(Audience::Agent, 10);
    let words = |count| Content::text("123456789 ".repeat(count));
    assert_eq!(
        show(&words(MOST_PARTS), &able).unwrap().parts.len(),
        MOST_PARTS
    );
    assert_eq!(
        show(&words(MOST_PARTS + 1), &able),
        Err(Unshowable::TooLong)
    );
}

#[test]
fn a_part_is_cut_by_the_limit_that_it_was_counted_with() {
    let text = Content::text("one two three four");
    let able = Capabilities::text_only(Audience::User, 1000);
    let part = |index| {
        said(
            &text,
            Some(Part {
                index,
                text_limit: 9,
            }),
            &able,
        )
    };
    assert_eq!(*part(1).unwrap()[0], Content::text("three"));
    assert_eq!(*part(2).unwrap()[0], Content::text("four"));
    assert_eq!(part(3), Err(Unshowable::Nothing));
    assert_eq!(said(&text, None, &able).unwrap().len(), 1);
}
