use serde_json::json;

use super::*;
use crate::{bots::chatlayer::capabilities::capabilities, domain::fallback};

fn actions(content: Value) -> Result<Value, Unshowable> {
    let content: Content = serde_json::from_value(content).unwrap();
    let parts = fallback::said(&content, None, &capabilities(2000))?;
    Ok(json!(Actions::say(parts.iter().map(AsRef::as_ref))?))
}

fn said(content: Value) -> Value {
    actions(content).unwrap()
}

#[test]
fn the_six_templates() {
    let link = json!({"type": "url", "title": "Docs", "url": "https://docs.example"});
    let call = json!({"type": "phone", "title": "Call", "phone_number": "+3120"});
    let press = json!({"type": "postback", "title": "Go on", "payload": {"nextDialogstateId": "d1", "sessionDataToSet": []}});
    let card = json!({"title": "One", "subtitle": "first", "image_url": "https://i.example/1.png", "buttons": [link]});
    let contents = [
        json!({"type": "text", "text": "Hello, I am Ann"}),
        json!({"type": "buttons", "text": "Choose", "buttons": [link, call, press]}),
        json!({"type": "text", "text": "Choose", "quick_replies": [
            {"title": "Yes", "payload": {"nextDialogstateId": "d2"}, "image_url": "https://i.example/y.png"},
            {"title": "No", "payload": "{\"title\":\"No\",\"nextDialogstateId\":\"d3\"}"}, {"title": "Perhaps", "payload": "opaque"}, {"title": "Neither"}]}),
        json!({"type": "cards", "cards": [card]}),
        json!({"type": "list", "items": [card, card], "button": press}),
        json!({"type": "media", "kind": "image", "url": "https://i.example/1.png", "caption": "The door"}),
    ];
    insta::assert_json_snapshot!(contents.map(said));
}

#[test]
fn a_payload_goes_back_untouched_whatever_it_is() {
    let payloads = [
        json!({"nextDialogstateId": "d1", "zeta": 1, "alpha": [null]}),
        json!("opaque-7f"),
        json!("{\"nextDialogstateId\": \"d1\", \"parameters\": []}"),
        json!(7),
    ];
    for payload in payloads {
        let replies = said(
            json!({"type": "text", "text": "?", "quick_replies": [{"title": "Yes", "payload": payload}]}),
        );
        let reply = &replies["sendMessages"][0]["quickReplyTemplate"]["quickReplies"][0];
        assert_eq!(reply["payload"].to_string(), payload.to_string());
        let buttons = said(
            json!({"type": "buttons", "text": "?", "buttons": [{"type": "postback", "title": "Yes", "payload": payload}]}),
        );
        let button = &buttons["sendMessages"][0]["buttonTemplate"]["buttons"][0];
        assert_eq!(
            button["postBackButton"]["payload"].to_string(),
            payload.to_string()
        );
    }
}

#[test]
fn a_card_without_picture_is_said_in_words_and_the_order_is_kept() {
    let card = |title: &str, image: Option<&str>| json!({"title": title, "image_url": image, "url": "https://a.example"});
    let picture = Some("https://i.example/1.png");
    let shown = said(
        json!({"type": "cards", "cards": [card("1", picture), card("2", picture), card("3", None), card("4", picture)]}),
    );
    let kinds: Vec<_> = shown["sendMessages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|template| {
            template
                .as_object()
                .unwrap()
                .keys()
                .next()
                .unwrap()
                .as_str()
        })
        .collect();
    assert_eq!(
        kinds,
        ["carouselTemplate", "buttonTemplate", "carouselTemplate"]
    );
    assert_eq!(
        shown["sendMessages"][1]["buttonTemplate"]["buttons"][0]["urlButton"]["url"],
        "https://a.example"
    );
}

#[test]
fn a_list_that_its_template_cannot_show_becomes_cards_and_keeps_its_button() {
    let shown = said(
        json!({"type": "list", "items": [{"title": "One"}], "button": {"type": "url", "title": "All", "url": "https://a.example"}}),
    );
    let expected = json!({"sendMessages": [
        {"textMessageTemplate": {"textMessages": [{"text": "One"}]}},
        {"buttonTemplate": {"textMessages": [{"text": "All"}], "buttons": [{"urlButton": {"title": "All", "url": "https://a.example"}}]}},
    ]});
    assert_eq!(shown, expected);
}

#[test]
fn files_and_places_are_said_as_links() {
    let text = |content| {
        said(content)["sendMessages"][0]["textMessageTemplate"]["textMessages"][0]["text"].clone()
    };
    let file = json!({"type": "media", "kind": "file", "url": "https://f.example/a.pdf", "name": "a.pdf", "caption": "The form"});
    assert_eq!(text(file), "The form\na.pdf: https://f.example/a.pdf");
    let place =
        json!({"type": "location", "latitude": 52.37, "longitude": 4.9, "label": "Our shop"});
    assert_eq!(
        text(place),
        "Our shop\nhttps://www.openstreetmap.org/?mlat=52.37&mlon=4.9"
    );
}

#[test]
fn what_has_nothing_to_show_is_an_error_and_not_an_empty_call() {
    let nothing = [
        json!({"type": "text", "text": " \n"}),
        json!({"type": "cards", "cards": []}),
        json!({"type": "list", "items": []}),
        json!({"type": "intro"}),
        json!({"type": "unknown", "raw": {"x": 1}}),
    ];
    for content in nothing {
        assert!(actions(content.clone()).is_err(), "{content}");
    }
}

#[test]
fn a_long_text_is_said_in_parts_and_its_quick_replies_stand_under_the_last() {
    let long = format!("{}\n\n{}", "a".repeat(1500), "b".repeat(1000));
    let shown = said(json!({"type": "text", "text": long, "quick_replies": [{"title": "Yes"}]}));
    let expected = json!({"sendMessages": [
        {"textMessageTemplate": {"textMessages": [{"text": "a".repeat(1500)}]}},
        {"quickReplyTemplate": {"textMessages": [{"text": "b".repeat(1000)}], "quickReplies": [{"title": "Yes", "payload": {}}]}},
    ]});
    assert_eq!(shown, expected);
}

#[test]
fn a_card_with_more_than_three_buttons_is_a_picture_and_buttons() {
    let press = |title: &str| json!({"type": "postback", "title": title});
    let shown = said(
        json!({"type": "cards", "cards": [{"title": "One", "image_url": "https://i.example/1.png",
        "buttons": [press("a"), press("b"), press("c"), press("d")]}]}),
    );
    assert_eq!(
        shown["sendMessages"][0],
        json!({"attachmentTemplate": {"media": {"url": "https://i.example/1.png", "type": "image"}}})
    );
    let buttons = &shown["sendMessages"][1]["buttonTemplate"];
    assert_eq!(buttons["textMessages"], json!([{"text": "One"}]));
    assert_eq!(buttons["buttons"].as_array().unwrap().len(), 4);
}
