use serde_json::json;

use super::*;
use crate::domain::message::MediaKind;

/// Of a message that has one.
fn bot_content(data: &Value) -> Content {
    let mut contents = bot_contents(data);
    assert_eq!(contents.len(), 1, "{contents:?}");
    contents.remove(0)
}

#[test]
fn a_choice_that_is_more_than_a_text_keeps_what_it_holds() {
    let options = json!([{"text": "Yes", "id": 1}, {"message": "No"}, {"title": "Later", "label": "x"}, {"title": "", "label": "Why?"}, {"id": 2}, 7]);
    let data = json!({"type": "choice", "text": "Well?", "options": options});
    let Content::Text { quick_replies, .. } = bot_content(&data) else {
        panic!("a text")
    };
    let titles: Vec<_> = quick_replies
        .iter()
        .map(|reply| reply.title.as_str())
        .collect();
    assert_eq!(titles, ["Yes", "No", "Later", "Why?", "", "7"]);
    let payloads: Vec<_> = quick_replies
        .into_iter()
        .map(|reply| reply.payload)
        .collect();
    assert_eq!(Value::from(payloads), options);
}

#[test]
fn a_text_beside_cards_is_said_before_them() {
    let data = json!({"type": "card", "text": "Have a look", "cards": [{"title": "Google"}]});
    assert_eq!(
        json!(bot_contents(&data)),
        json!([{"type": "text", "text": "Have a look"}, {"type": "cards", "cards": [{"title": "Google"}]}])
    );
}

#[test]
fn a_text_and_its_files_are_contents_of_their_own_in_order() {
    let message = json!({
        "message": "see these",
        "attachments": [
            "https://files.example/a%20b.png",
            {"type": "file", "url": "https://files.example/terms.pdf"},
            {"type": "video", "payload": {"url": "https://files.example/clip.mp4"}},
            {"id": 7},
            {"url": "javascript:alert(1)"},
        ],
    });
    let file = |kind, url: &str, name: &str| Content::Media {
        kind,
        url: url.to_owned(),
        name: Some(name.to_owned()),
        caption: None,
    };
    let unknown = |raw| Content::Unknown { raw };
    assert_eq!(
        user_contents(&message),
        [
            Content::text("see these"),
            file(
                MediaKind::Image,
                "https://files.example/a%20b.png",
                "a b.png"
            ),
            file(
                MediaKind::File,
                "https://files.example/terms.pdf",
                "terms.pdf"
            ),
            file(
                MediaKind::Video,
                "https://files.example/clip.mp4",
                "clip.mp4"
            ),
            unknown(json!({"id": 7})),
            unknown(json!({"url": "javascript:alert(1)"})),
        ]
    );
}

#[test]
fn a_message_in_which_nothing_is_known_is_kept_whole() {
    for message in [
        json!({}),
        json!({"message": "  ", "attachments": []}),
        json!({"message": 7}),
        json!({"actions": [{"type": "standby"}]}),
    ] {
        assert_eq!(
            user_contents(&message),
            [Content::Unknown {
                raw: message.clone()
            }],
            "{message}"
        );
    }
}

#[test]
fn what_the_bot_offers_is_shown_as_it_offered_it() {
    let choice = json!({
        "type": "choice", "text": "Example message!", "options_type": "suggested_replies", "options": ["yes", "no"],
    });
    let reply = |title: &str| QuickReply {
        title: title.to_owned(),
        payload: Value::Null,
        image_url: None,
    };
    assert_eq!(
        bot_content(&choice),
        Content::Text {
            text: "Example message!".to_owned(),
            quick_replies: vec![reply("yes"), reply("no")],
        }
    );
    let card = json!({"type": "card", "cards": [{
        "text": "google", "title": "Google", "image_source_url": "", "image_destination_url": "http://www.google.es",
        "buttons": [
            {"is_active": true, "title": "Button 1 label", "options": {"message": "Hello"}, "type": "postback"},
            {"title": "Open", "type": "url", "options": {"url": "https://example.com/"}},
            {"title": "Odd", "type": "later"},
        ],
    }]});
    assert_eq!(
        bot_content(&card),
        Content::Cards {
            cards: vec![Card {
                title: "Google".to_owned(),
                subtitle: Some("google".to_owned()),
                image_url: None,
                url: Some("http://www.google.es".to_owned()),
                buttons: vec![
                    Button::Postback {
                        title: "Button 1 label".to_owned(),
                        payload: json!({"message": "Hello"}),
                    },
                    Button::Url {
                        title: "Open".to_owned(),
                        url: "https://example.com/".to_owned(),
                    },
                    Button::Postback {
                        title: "Odd".to_owned(),
                        payload: json!({"title": "Odd", "type": "later"}),
                    },
                ],
            }],
        }
    );
}

#[test]
fn what_the_bot_said_in_an_unknown_form_is_kept_whole() {
    for data in [
        json!({"type": "later", "text": "x"}),
        json!({"type": "card", "cards": []}),
        json!({"type": "text"}),
        json!("text"),
    ] {
        assert_eq!(
            bot_content(&data),
            Content::Unknown { raw: data.clone() },
            "{data}"
        );
    }
}
