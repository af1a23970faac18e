use super::*;
use crate::domain::message::{Button, Content, MediaKind};

/// Each message object that the page of the Webhook channel prints, mended where it is no JSON as printed.
const SAMPLES: [(&str, &str); 7] = [
    (
        "text",
        include_str!("../../../../../tests/samples/chatlayer/channel/text.json"),
    ),
    (
        "button",
        include_str!("../../../../../tests/samples/chatlayer/channel/button.json"),
    ),
    (
        "quick replies",
        include_str!("../../../../../tests/samples/chatlayer/channel/quick-replies.json"),
    ),
    (
        "generic",
        include_str!("../../../../../tests/samples/chatlayer/channel/generic.json"),
    ),
    (
        "list",
        include_str!("../../../../../tests/samples/chatlayer/channel/list.json"),
    ),
    (
        "image",
        include_str!("../../../../../tests/samples/chatlayer/channel/image.json"),
    ),
    (
        "video",
        include_str!("../../../../../tests/samples/chatlayer/channel/video.json"),
    ),
];
const AS_PRINTED: [&str; 5] = [
    include_str!("../../../../../tests/samples/chatlayer/channel/button.as-printed.txt"),
    include_str!("../../../../../tests/samples/chatlayer/channel/quick-replies.as-printed.txt"),
    include_str!("../../../../../tests/samples/chatlayer/channel/generic.as-printed.txt"),
    include_str!("../../../../../tests/samples/chatlayer/channel/list.as-printed.txt"),
    include_str!("../../../../../tests/samples/chatlayer/channel/image.as-printed.txt"),
];

fn bot() -> BotName {
    "webshop".parse().unwrap()
}

fn said(sample: &str) -> PlatformMessage {
    let (_, body) = SAMPLES.iter().find(|(name, _)| *name == sample).unwrap();
    let call = Call::read(body.as_bytes()).unwrap();
    assert_eq!(call.token.as_deref(), Some("8wMsLZkdDPT64nqh"));
    let message = call.parse(&bot()).unwrap();
    assert_eq!(
        message.mark.user.as_str(),
        "a7355930-fa92-11e7-8308-2f056e75d1ee"
    );
    assert_eq!(message.mark.counter, Some(1));
    let Event::BotSaid(said) = message.step.events[0].event.clone() else {
        panic!("the bot speaks")
    };
    assert_eq!((said.at, said.feed), (None, Feed::Second));
    said
}

#[test]
fn the_samples_as_printed_are_not_json() {
    for printed in AS_PRINTED {
        assert!(
            matches!(Call::read(printed.as_bytes()), Err(HookError::NotJson(_))),
            "{printed}"
        );
    }
}

#[test]
fn every_message_object_is_a_content_of_its_own_and_none_is_unknown() {
    assert_eq!(said("text").content, Content::text("Hi, I'm a chatbot"));
    assert!(
        matches!(said("button").content, Content::Buttons { buttons, .. } if buttons.len() == 2)
    );
    assert!(
        matches!(said("quick replies").content, Content::Text { quick_replies, .. } if quick_replies.len() == 2)
    );
    assert!(
        matches!(said("generic").content, Content::Cards { cards } if cards[0].buttons.len() == 2)
    );
    assert!(
        matches!(said("list").content, Content::List { items, button: None } if items.len() == 1)
    );
    for (sample, wanted) in [("image", MediaKind::Image), ("video", MediaKind::Video)] {
        assert!(matches!(said(sample).content, Content::Media { kind, .. } if kind == wanted));
    }
}

#[test]
fn a_payload_is_passed_on_as_it_came() {
    let Content::Buttons { buttons, .. } = said("button").content else {
        panic!("buttons")
    };
    let Button::Postback { payload, .. } = &buttons[0] else {
        panic!("a postback")
    };
    let sent: serde_json::Value = serde_json::from_str(SAMPLES[1].1).unwrap();
    assert_eq!(
        *payload,
        sent["message"]["attachment"]["payload"]["buttons"][0]["payload"]
    );
}

#[test]
fn the_token_is_nowhere_in_what_is_kept() {
    for (sample, _) in SAMPLES {
        assert!(
            !format!("{:?}", said(sample)).contains("8wMsLZkdDPT64nqh"),
            "{sample}"
        );
    }
}

#[test]
fn what_names_nobody_or_says_nothing_is_refused() {
    for (body, field) in [
        (r#"{"message": {"text": "x"}}"#, "senderId"),
        (r#"{"senderId": 7, "message": {"text": "x"}}"#, "senderId"),
        (r#"{"senderId": "u"}"#, "message"),
    ] {
        let fault = Call::read(body.as_bytes())
            .unwrap()
            .parse(&bot())
            .unwrap_err();
        assert!(
            matches!(fault, HookError::Contract { field: found } if found == field),
            "{body}"
        );
    }
    let climbing = Call::read(br#"{"senderId": "..", "message": {}}"#).unwrap();
    assert!(matches!(
        climbing.parse(&bot()),
        Err(HookError::Id {
            field: "senderId",
            ..
        })
    ));
    let twice = r#"{"senderId": "u", "message": {}, "verifyToken": "a", "verifyToken": "b"}"#;
    assert!(Call::read(twice.as_bytes()).is_err());
}
