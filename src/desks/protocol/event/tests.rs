use proptest::prelude::*;
use serde_json::json;

use super::*;

fn event(body: &Value) -> Result<DeskEvent, EventError> {
    parse(body.to_string().as_bytes())
}

fn said(content: &Value) -> Result<Content, EventError> {
    match event(&json!({"type": "message", "content": content}))? {
        DeskEvent::Said(AgentSaid { content, .. }) => Ok(content),
        other => panic!("not a message: {other:?}"),
    }
}

#[test]
fn the_five_events_of_the_protocol() {
    let ann = Agent {
        name: Some("Ann".into()),
        avatar_url: Some("https://desk.example/ann.png".into()),
    };
    let attended = json!({"type": "attended", "agent": {"name": "Ann", "avatar_url": "https://desk.example/ann.png"}});
    assert_eq!(event(&attended).unwrap(), DeskEvent::Joined(ann));
    assert_eq!(
        event(&json!({"type": "attended", "agent": null})).unwrap(),
        DeskEvent::Joined(Agent::default())
    );
    assert_eq!(
        event(&json!({"type": "typing"})).unwrap(),
        DeskEvent::Typing
    );
    let transferred = DeskEvent::Transferred {
        to: Some("billing".into()),
    };
    assert_eq!(
        event(&json!({"type": "transferred", "to": "billing"})).unwrap(),
        transferred
    );
    assert_eq!(
        event(&json!({"type": "closed", "reason": "solved"})).unwrap(),
        DeskEvent::Closed {
            reason: Some("solved".into()),
            by: None,
        }
    );
    for silent in [
        json!({"type": "closed"}),
        json!({"type": "closed", "reason": null}),
        json!({"type": "closed", "reason": " "}),
    ] {
        let closed = DeskEvent::Closed {
            reason: None,
            by: None,
        };
        assert_eq!(event(&silent).unwrap(), closed);
    }
    let nameless = json!({"type": "attended", "agent": {"name": ""}});
    assert_eq!(
        event(&nameless).unwrap(),
        DeskEvent::Joined(Agent::default())
    );

    let body = br#"{"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}}"#;
    let DeskEvent::Said(said) = parse(body).unwrap() else {
        panic!("a message")
    };
    assert_eq!(said.content, Content::text("Hello, I am Ann"));
    assert_eq!(said.raw.as_deref().map(str::as_bytes), Some(&body[..]));
    assert!(!said.automatic && !said.keep_if_late);
}

/// One of each type, with all that it can hold.
fn contents() -> Vec<Value> {
    vec![
        json!({"type": "text", "text": "?", "quick_replies": [{"title": "Yes", "payload": {"a": 1}, "image_url": "https://i.example/y.png"}]}),
        json!({"type": "buttons", "text": "?", "buttons": [
            {"type": "postback", "title": "A", "payload": "p"},
            {"type": "url", "title": "B", "url": "https://b.example"},
            {"type": "phone", "title": "C", "phone_number": "+31"}]}),
        json!({"type": "cards", "cards": [{"title": "A", "subtitle": "b", "image_url": "https://i.example/1.png", "url": "https://a.example"}]}),
        json!({"type": "list", "items": [{"title": "A"}], "button": {"type": "url", "title": "B", "url": "https://b.example"}}),
        json!({"type": "media", "kind": "file", "url": "https://f.example/a.pdf", "name": "a.pdf", "caption": "c"}),
        json!({"type": "location", "latitude": 52.5, "longitude": 4.5, "label": "here"}),
        json!({"type": "postback", "title": "A", "payload": {"a": 1}}),
        json!({"type": "intro"}),
        json!({"type": "unknown", "raw": {"a": 1}}),
    ]
}

#[test]
fn every_content_type_is_taken_and_written_as_it_came() {
    for content in contents() {
        assert_eq!(
            serde_json::to_value(said(&content).unwrap()).unwrap(),
            content
        );
    }
}

/// Where there is a value within this one, itself included.
fn places(value: &Value) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, one)| (name.clone(), one))
            .collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, one)| (index.to_string(), one)).collect()
        }
        _ => Vec::new(),
    };
    let inside = inside.into_iter().flat_map(|(name, value)| {
        let places = places(value).into_iter();
        places.map(move |place| format!("/{name}{place}"))
    });
    std::iter::once(String::new()).chain(inside).collect()
}

#[test]
fn what_keeps_the_rules_is_understood_and_nothing_of_it_is_another_than_was_sent() {
    let strange = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("text"),
        json!("https://a.example"),
        json!([]),
        json!(["text"]),
        json!({}),
        json!({"type": "url", "title": "A", "url": "https://a.example"}),
    ];
    let mut taken = 0;
    for content in contents() {
        for place in places(&content) {
            for value in &strange {
                let mut content = content.clone();
                *content.pointer_mut(&place).unwrap() = value.clone();
                if CONTENT.holds(&content).is_err() {
                    continue;
                }
                let understood = serde_json::to_value(said(&content).unwrap()).unwrap();
                for (name, value) in understood.as_object().unwrap() {
                    let sent = &content[name];
                    let same = value == sent || value.as_f64() == sent.as_f64();
                    assert!(same || value.is_array(), "{content}: {understood}");
                }
                taken += 1;
            }
        }
    }
    assert!(taken > 50, "{taken}");
}

#[test]
fn a_link_names_a_host_on_the_web_and_nothing_in_it_is_blank() {
    let link = |url: &str| said(&json!({"type": "media", "kind": "image", "url": url}));
    for good in [
        "https://i.example/1.png",
        "HTTP://10.0.0.5:8080",
        "https://b\u{fc}cher.example/a#b",
    ] {
        assert!(link(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "https:",
        "https://",
        "https:///a",
        "https://?a",
        "http:i.example",
        "//i.example",
        " https://i.example",
        "https://i.example/a b",
        "https://i.example\n",
        "https://i.example/\u{feff}",
        "xhttps://i.example",
        "javascript://i.example",
    ] {
        assert!(link(bad).is_err(), "{bad:?}");
    }
}

/// Contents that break the contract, and what is said of each.
fn broken_contents() -> Vec<(Value, &'static str)> {
    let types = "content.type must be one of text, buttons, cards, list, media, location, postback, intro, unknown";
    let link =
        "must be a link: https:// or http:// with a host, no white space, 2048 characters at most";
    let named = |field: &str| -> &'static str { format!("{field} {link}").leak() };
    vec![
        (json!("canary"), "content must be an object"),
        (json!(["text", "canary", []]), "content must be an object"),
        (json!({}), "content.type is missing"),
        (json!({"type": "canary"}), types),
        (json!({"type": 0, "text": "canary"}), types),
        (json!({"type": "text"}), "content.text is missing"),
        (
            json!({"type": "text", "text": null}),
            "content.text must be text",
        ),
        (
            json!({"type": "text", "text": ["canary"]}),
            "content.text must be text",
        ),
        (
            json!({"type": "text", "text": " "}),
            "content.text must be text that shows something",
        ),
        (
            json!({"type": "text", "text": "\u{7}\u{2003}\u{feff}"}),
            "content.text must be text that shows something",
        ),
        (
            json!({"type": "text", "text": "?", "quick_replies": {"title": "canary"}}),
            "content.quick_replies must be a list",
        ),
        (
            json!({"type": "text", "text": "?", "quick_replies": [{"title": "Yes"}, ["canary"]]}),
            "content.quick_replies[1] must be an object",
        ),
        (
            json!({"type": "text", "text": "?", "quick_replies": [{"payload": "canary"}]}),
            "content.quick_replies[0].title is missing",
        ),
        (
            json!({"type": "text", "text": "?", "quick_replies": [{"title": "Yes", "image_url": "data:canary"}]}),
            named("content.quick_replies[0].image_url"),
        ),
        (
            json!({"type": "media", "kind": "canary", "url": "https://a.example"}),
            "content.kind must be one of image, video, audio, file",
        ),
        (
            json!({"type": "media", "kind": {"image": null}, "url": "https://canary.example"}),
            "content.kind must be one of image, video, audio, file",
        ),
        (
            json!({"type": "media", "kind": "image", "url": "javascript:canary()"}),
            named("content.url"),
        ),
        (
            json!({"type": "media", "kind": "image", "url": "https://a.example", "caption": 7}),
            "content.caption must be text",
        ),
        (
            json!({"type": "buttons", "text": "?", "buttons": []}),
            "content.buttons must be a list with something in it",
        ),
        (
            json!({"type": "buttons", "text": "?", "buttons": [{"type": "phone", "title": "canary"}]}),
            "content.buttons[0].phone_number is missing",
        ),
        (
            json!({"type": "location", "latitude": 91, "longitude": 0}),
            "content.latitude must be a number from -90 to 90",
        ),
        (
            json!({"type": "location", "latitude": 0, "longitude": "canary"}),
            "content.longitude must be a number from -180 to 180",
        ),
        (
            json!({"type": "list", "items": [{"title": "?", "buttons": [["url", "canary", "https://a.example"]]}]}),
            "content.items[0].buttons[0] must be an object",
        ),
        (
            json!({"type": "list", "items": [{"title": "?"}], "button": {"type": 1, "title": "canary"}}),
            "content.button.type must be one of postback, url, phone",
        ),
        (
            json!({"type": "list", "items": [{"title": "?"}], "button": ["url", "canary", "https://a.example"]}),
            "content.button must be an object",
        ),
        (json!({"type": "unknown"}), "content.raw is missing"),
    ]
}

#[test]
fn what_breaks_the_contract_is_named_and_never_quoted() {
    let events = [
        (json!({}), "type is missing"),
        (
            json!({"type": 1}),
            "type must be one of attended, message, typing, transferred, closed",
        ),
        (
            json!({"type": "canary"}),
            "type must be one of attended, message, typing, transferred, closed",
        ),
        (json!({"type": "message"}), "content is missing"),
        (
            json!({"type": "message", "content": null}),
            "content is missing",
        ),
        (
            json!({"type": "attended", "agent": "canary"}),
            "agent must be an object",
        ),
        (
            json!({"type": "attended", "agent": {"name": ["canary"]}}),
            "agent.name must be text",
        ),
        (
            json!({"type": "attended", "agent": {"avatar_url": "data:canary"}}),
            "agent.avatar_url must be a link: https:// or http:// with a host, no white space, 2048 characters at most",
        ),
        (
            json!({"type": "transferred", "to": ["canary"]}),
            "to must be text",
        ),
        (json!(["canary"]), "the body must be an object"),
        (
            json!(["message", null, {"type": "text", "text": "canary"}, null, null]),
            "the body must be an object",
        ),
    ];
    let contents = broken_contents().into_iter();
    let contents =
        contents.map(|(content, says)| (json!({"type": "message", "content": content}), says));
    for (body, says) in events.into_iter().chain(contents) {
        let error = event(&body).unwrap_err();
        assert!(
            matches!(error, EventError::Contract(_)),
            "{body}: {error:?}"
        );
        assert_eq!(error.to_string(), says, "{body}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    for malformed in [&b"{\"type\": "[..], b"", b"[] []", b"\xef\xbb\xbf{}"] {
        assert!(matches!(parse(malformed), Err(EventError::NotJson(_))));
    }
    assert!(matches!(
        parse(b"{\"type\": \"typing\", \"x\": \"\xff\"}"),
        Err(EventError::NotText(_))
    ));
}

#[test]
fn a_list_that_may_be_left_out_may_be_null() {
    let rows = [
        json!({"type": "text", "text": "hi", "quick_replies": null}),
        json!({"type": "cards", "cards": [{"title": "One", "buttons": null}]}),
        json!({"type": "list", "items": [{"title": "One", "buttons": null}], "button": null}),
    ];
    for content in rows {
        assert!(said(&content).is_ok(), "{content}");
    }
    for content in [
        json!({"type": "buttons", "text": "hi", "buttons": null}),
        json!({"type": "cards", "cards": null}),
        json!({"type": "list", "items": null}),
    ] {
        assert!(said(&content).is_err(), "{content}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&body);
    }
}
