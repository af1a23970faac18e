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

#[test]
fn every_content_type_is_taken_and_written_as_it_came() {
    let contents = [
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
    ];
    for content in contents {
        assert_eq!(
            serde_json::to_value(said(&content).unwrap()).unwrap(),
            content
        );
    }
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

#[test]
fn what_breaks_the_contract_is_named_and_never_quoted() {
    let rows = [
        (json!({}), "type"),
        (json!({"type": 1}), "type"),
        (json!({"type": "message"}), "content"),
        (
            json!({"type": "message", "content": {"type": "canary"}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "text", "text": " "}}),
            "content.text",
        ),
        (
            json!({"type": "message", "content": {"type": "text", "text": "\u{7}\u{2003}\u{feff}"}}),
            "content.text",
        ),
        (
            json!({"type": "message", "content": {"type": "media", "kind": "image", "url": "javascript:canary()"}}),
            "content.url",
        ),
        (
            json!({"type": "message", "content": {"type": "buttons", "text": "?", "buttons": []}}),
            "content.buttons",
        ),
        (
            json!({"type": "message", "content": {"type": "location", "latitude": 91, "longitude": 0}}),
            "content.latitude",
        ),
        (json!({"type": "attended", "agent": "canary"}), "agent"),
        (
            json!({"type": "attended", "agent": {"avatar_url": "data:canary"}}),
            "agent.avatar_url",
        ),
        (json!({"type": "transferred", "to": ["canary"]}), "to"),
        (json!(["canary"]), "the body"),
        (
            json!(["message", null, {"type": "text", "text": "canary"}, null, null]),
            "the body",
        ),
        (
            json!({"type": "message", "content": ["text", "canary", []]}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "text", "text": "?", "quick_replies": [["canary"]]}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "list", "items": [{"title": "?", "buttons": [["url", "canary", "https://a.example"]]}]}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": 0, "text": "canary"}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "media", "kind": {"image": null}, "url": "https://canary.example"}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "list", "items": [{"title": "?"}], "button": {"type": 1, "title": "canary", "url": "https://a.example"}}}),
            "content",
        ),
        (
            json!({"type": "message", "content": {"type": "list", "items": [{"title": "?"}], "button": ["url", "canary", "https://a.example"]}}),
            "content",
        ),
    ];
    for (body, expected) in rows {
        let error = event(&body).unwrap_err();
        assert!(
            matches!(error, EventError::Contract { field } if field == expected),
            "{body}: {error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    assert!(matches!(
        event(&json!({"type": "canary"})),
        Err(EventError::UnknownType)
    ));
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
