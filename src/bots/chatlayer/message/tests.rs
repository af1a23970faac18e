use serde_json::{Value, json};

use super::*;

fn user_contents(message: &Value) -> Vec<Content> {
    super::user_contents(&serde_json::from_str(&message.to_string()).unwrap())
}

fn bot_contents(message: &Value) -> Vec<Content> {
    super::bot_contents(&serde_json::from_str(&message.to_string()).unwrap())
}

/// Of a message that has one.
fn bot_content(message: &Value) -> Content {
    let mut contents = bot_contents(message);
    assert_eq!(contents.len(), 1, "{contents:?}");
    contents.remove(0)
}

#[test]
fn the_transcripts_copy_of_a_postback_is_the_same_content() {
    let live = json!({"messageType": "postback", "title": "Yes", "parameters": [], "nextDialogstateId": "d1",
        "id": "61921b63cdee7f21ab6ee621", "channelType": "web", "sender": {"id": "s"}});
    let copy = json!({"parameters": [], "text": "Yes", "messageType": "postback", "title": "Yes",
        "nextDialogstateId": "d1", "channelType": "emulator", "sender": {"id": "s", "botId": "b"}});
    assert_eq!(user_contents(&live), user_contents(&copy));
}

#[test]
fn an_opaque_payload_is_kept_untouched() {
    for payload in [
        json!("opaque-7f"),
        json!("{\"a\": 1}"),
        json!({"a": [1]}),
        json!(7),
    ] {
        let said =
            user_contents(&json!({"messageType": "postback", "title": "Yes", "payload": payload}));
        assert_eq!(
            said,
            [Content::Postback {
                title: "Yes".into(),
                payload: payload.clone()
            }]
        );
        let shown = bot_content(
            &json!({"text": "?", "quick_replies": [{"title": "Yes", "payload": payload}]}),
        );
        let Content::Text { quick_replies, .. } = shown else {
            panic!("a text")
        };
        assert_eq!(quick_replies[0].payload, payload);
    }
}

#[test]
fn every_file_of_an_upload_is_a_content_of_its_own() {
    let message = json!({"messageType": "upload", "urls": ["https://f.example/a%20b.PNG?x=1", "https://f.example/v.mp4", "https://f.example/"]});
    let media = |kind, url: &str, name: Option<&str>| Content::Media {
        kind,
        url: url.into(),
        name: name.map(Into::into),
        caption: None,
    };
    assert_eq!(
        user_contents(&message),
        [
            media(
                MediaKind::Image,
                "https://f.example/a%20b.PNG?x=1",
                Some("a b.PNG")
            ),
            media(MediaKind::Video, "https://f.example/v.mp4", Some("v.mp4")),
            media(MediaKind::File, "https://f.example/", None),
        ]
    );
    let spaced = json!({"messageType": "upload", "urls": ["https://f.example/a b.png"]});
    let [found] = &user_contents(&spaced)[..] else {
        panic!("one file")
    };
    let address = "https://f.example/a%20b.png";
    assert_eq!(found, &media(MediaKind::Image, address, Some("a b.png")));
    let single = json!({"messageType": "fileUploadInputResult", "data": {"fileUrl": "https://f.example/x.pdf"}});
    assert_eq!(
        user_contents(&single),
        [media(
            MediaKind::File,
            "https://f.example/x.pdf",
            Some("x.pdf")
        )]
    );
}

#[test]
fn what_is_not_known_stays_whole() {
    let messages = [
        json!({"messageType": "sticker", "pack": [1, 2], "id": "i", "sender": {}, "channelType": "web", "timestamp": "t"}),
        json!({"messageType": "location", "coordinates": {"lat": "far"}}),
        json!({"messageType": "fileUploadInputResult", "data": {"uploadStatus": "FAILED"}}),
        json!({"messageType": "text", "text": null}),
        json!("just a string"),
        json!(null),
    ];
    for message in messages {
        assert!(
            matches!(user_contents(&message)[..], [Content::Unknown { .. }]),
            "{message}"
        );
        assert!(
            matches!(bot_content(&message), Content::Unknown { .. }),
            "{message}"
        );
    }
    let sticker = json!({"messageType": "sticker", "pack": [1, 2], "id": "i", "sender": {"id": "s"}, "channelType": "web"});
    let kept = user_contents(&sticker);
    assert_eq!(kept, [Content::Unknown { raw: sticker }]);
}

#[test]
fn a_bots_message_that_is_not_known_is_the_same_in_both_copies() {
    let live =
        json!({"sticker": 1, "id": "i", "sender": {}, "channelType": "web", "timestamp": "t"});
    let kept = Content::Unknown {
        raw: json!({"sticker": 1}),
    };
    assert_eq!(bot_content(&live), kept);
    assert_eq!(bot_content(&json!({"sticker": 1})), kept);
}

#[test]
fn an_attachment_that_is_null_is_none() {
    let message = json!({"text": "hello", "attachment": null});
    assert_eq!(bot_content(&message), Content::text("hello"));
}

#[test]
fn what_stands_beside_an_attachment_is_kept() {
    let image = json!({"type": "image", "payload": {"url": "https://a.example/i.png"}});
    let media = json!({"type": "media", "kind": "image", "url": "https://a.example/i.png"});
    let replies = json!([{"title": "Yes", "payload": "y"}]);
    let rows = [
        (
            json!({"text": "look", "attachment": image}),
            json!([{"type": "text", "text": "look"}, media]),
        ),
        (
            json!({"text": "look", "quick_replies": replies, "attachment": image}),
            json!([{"type": "text", "text": "look", "quick_replies": replies}, media]),
        ),
        (
            json!({"quick_replies": replies, "attachment": image}),
            json!([media, {"type": "text", "text": "", "quick_replies": replies}]),
        ),
        (json!({"text": " ", "attachment": image}), json!([media])),
        (
            json!({"text": "look", "attachment": {"type": "hologram"}}),
            json!([{"type": "text", "text": "look"},
                {"type": "unknown", "raw": {"text": "look", "attachment": {"type": "hologram"}}}]),
        ),
    ];
    for (message, contents) in rows {
        assert_eq!(json!(bot_contents(&message)), contents, "{message}");
    }
}

#[test]
fn a_postback_without_a_title_is_called_by_its_text() {
    for (message, title) in [
        (json!({"title": "", "text": "Yes"}), "Yes"),
        (json!({"title": "Yes", "text": "No"}), "Yes"),
        (json!({"title": "", "nextDialogstateId": "d"}), ""),
    ] {
        let mut message = message;
        message["messageType"] = json!("postback");
        let [Content::Postback { title: read, .. }] = &user_contents(&message)[..] else {
            panic!("a postback: {message}")
        };
        assert_eq!(read, title);
    }
}

#[test]
fn links_of_cards_and_quick_replies_that_no_browser_should_open_are_left_out() {
    let (bad, good) = ("javascript:alert(1)", "https://a.example/");
    let element = |action: &str, item: &str, image: &str| json!({"title": "One", "image_url": image, "item_url": item, "default_action": {"type": "web_url", "url": action}});
    let message = json!({"attachment": {"type": "template", "payload": {"template_type": "generic",
        "elements": [element(good, bad, good), element(bad, good, bad), element(bad, bad, "/i.png")]}}});
    assert_eq!(
        json!(bot_content(&message)),
        json!({"type": "cards", "cards": [
            {"title": "One", "image_url": good, "url": good},
            {"title": "One", "url": good},
            {"title": "One"},
        ]})
    );
    let message =
        json!({"text": "?", "quick_replies": [{"title": "Yes", "payload": "y", "image_url": bad}]});
    assert_eq!(
        json!(bot_content(&message)),
        json!({"type": "text", "text": "?", "quick_replies": [{"title": "Yes", "payload": "y"}]})
    );
}

#[test]
fn a_button_of_an_unknown_kind_keeps_what_it_was() {
    let message = json!({"attachment": {"type": "template", "payload": {"template_type": "button", "text": "?",
        "buttons": [{"type": "element_share", "title": "Share"}, {"type": "phone_number", "title": "Call", "payload": "+31"}]}}});
    let Content::Buttons { buttons, .. } = bot_content(&message) else {
        panic!("buttons")
    };
    let share = Button::Postback {
        title: "Share".into(),
        payload: json!({"type": "element_share", "title": "Share"}),
    };
    assert_eq!(
        buttons,
        [
            share,
            Button::Phone {
                title: "Call".into(),
                phone_number: "+31".into()
            }
        ]
    );
}

#[test]
fn further_buttons_of_a_list_stand_behind_it() {
    let go = |title: &str| json!({"type": "postback", "title": title, "payload": title});
    let message = json!({"attachment": {"type": "template", "payload": {"template_type": "list",
        "elements": [{"title": "One"}], "buttons": [go("a"), go("b"), go("c")]}}});
    assert_eq!(
        json!(bot_contents(&message)),
        json!([
            {"type": "list", "items": [{"title": "One"}], "button": go("a")},
            {"type": "buttons", "text": "", "buttons": [go("b"), go("c")]},
        ])
    );
}

#[test]
fn a_list_keeps_its_items_and_its_button() {
    let message = json!({"attachment": {"type": "template", "payload": {"template_type": "list",
        "elements": [{"title": "One", "subtitle": "first"}], "buttons": [{"type": "web_url", "title": "All", "url": "https://a.example"}]}}});
    let Content::List { items, button } = bot_content(&message) else {
        panic!("a list")
    };
    assert_eq!(
        (items[0].title.as_str(), items[0].subtitle.as_deref()),
        ("One", Some("first"))
    );
    assert_eq!(
        button,
        Some(Button::Url {
            title: "All".into(),
            url: "https://a.example".into()
        })
    );
}

/// The rows that the page of the Webhook channel prints for its history, and its other message objects.
#[test]
fn every_bot_message_of_the_webhook_channels_page_reads_as_what_it_is() {
    let go = json!("{\"title\":\"go\",\"nextDialogstateId\":\"e1\",\"parameters\":[]}");
    let template = |payload| json!({"attachment": {"type": "template", "payload": payload}});
    let rows = [
        (
            template(
                json!({"template_type": "button", "text": "button text", "buttons": [
                {"title": "go", "type": "postback", "payload": go}, {"title": "URL", "url": "https://www.google.com", "type": "web_url"},
                {"title": "tel", "type": "phone_number", "payload": "+32 477 99 00 22"}]}),
            ),
            json!({"type": "buttons", "text": "button text", "buttons": [
                {"type": "postback", "title": "go", "payload": go}, {"type": "url", "title": "URL", "url": "https://www.google.com"},
                {"type": "phone", "title": "tel", "phone_number": "+32 477 99 00 22"}]}),
        ),
        (
            template(
                json!({"template_type": "button", "buttons": [{"title": "go", "type": "postback", "payload": {"params": []}}]}),
            ),
            json!({"type": "buttons", "text": "", "buttons": [{"type": "postback", "title": "go", "payload": {"params": []}}]}),
        ),
        (
            json!({"text": "quick", "quick_replies": [{"title": "go", "payload": go, "content_type": "text", "image_url": "https://domain/logo.png"}]}),
            json!({"type": "text", "text": "quick", "quick_replies": [{"title": "go", "payload": go, "image_url": "https://domain/logo.png"}]}),
        ),
        (
            template(
                json!({"template_type": "generic", "elements": [{"title": "t", "subtitle": "s", "image_url": "https://a/i.jpg",
                "buttons": [], "default_action": {"url": "https://www.chatlayer.ai", "type": "web_url"}}]}),
            ),
            json!({"type": "cards", "cards": [{"title": "t", "subtitle": "s", "image_url": "https://a/i.jpg", "url": "https://www.chatlayer.ai"}]}),
        ),
        (
            template(
                json!({"template_type": "generic", "elements": [{"title": "t", "item_url": "https://domain/lang"}]}),
            ),
            json!({"type": "cards", "cards": [{"title": "t", "url": "https://domain/lang"}]}),
        ),
        (
            template(
                json!({"template_type": "list", "buttons": [], "elements": [{"title": "Language", "subtitle": "Select", "image_url": "https://domain/lang.png",
                "default_action": {"type": "web_url", "url": "https://domain/"}, "buttons": [{"type": "postback", "title": "Nederlands", "payload": go}]}]}),
            ),
            json!({"type": "list", "items": [{"title": "Language", "subtitle": "Select", "image_url": "https://domain/lang.png", "url": "https://domain/",
                "buttons": [{"type": "postback", "title": "Nederlands", "payload": go}]}]}),
        ),
        (
            json!({"attachment": {"type": "image", "payload": {"is_reusable": false, "url": "https://images.example/rose.jpeg?w=500"}}}),
            json!({"type": "media", "kind": "image", "url": "https://images.example/rose.jpeg?w=500"}),
        ),
        (
            json!({"attachment": {"type": "video", "payload": {"url": "https://images.example/film.mp4"}}}),
            json!({"type": "media", "kind": "video", "url": "https://images.example/film.mp4"}),
        ),
        (
            json!({"text": "ok test123"}),
            json!({"type": "text", "text": "ok test123"}),
        ),
    ];
    for (message, content) in rows {
        assert_eq!(json!(bot_content(&message)), content);
    }
}

#[test]
fn a_link_that_no_browser_should_open_is_shown_as_none() {
    let files = json!({"messageType": "upload", "urls": ["https://f.example/a.png", "javascript:alert(1)"]});
    assert_eq!(
        json!(user_contents(&files)),
        json!([
            {"type": "media", "kind": "image", "url": "https://f.example/a.png", "name": "a.png"},
            {"type": "unknown", "raw": {"url": "javascript:alert(1)"}},
        ]),
        "and hides no other"
    );
    let file = json!({"messageType": "upload", "urls": ["javascript:alert(1)"]});
    assert!(matches!(
        user_contents(&file)[..],
        [Content::Unknown { .. }]
    ));
    let image =
        json!({"attachment": {"type": "image", "payload": {"url": "data:image/png;base64,x"}}});
    assert!(matches!(bot_content(&image), Content::Unknown { .. }));
    let open = json!({"type": "web_url", "title": "Open", "url": "javascript:alert(1)"});
    let message = json!({"attachment": {"type": "template", "payload": {"template_type": "button", "text": "?", "buttons": [open]}}});
    let kept = Button::Postback {
        title: "Open".into(),
        payload: open,
    };
    assert_eq!(
        bot_content(&message),
        Content::Buttons {
            text: "?".into(),
            buttons: vec![kept]
        }
    );
}
