//! Every sample that the vendor's documents print.

use serde_json::json;

use super::*;
use crate::domain::message::{MediaKind, QuickReply};

const SAMPLES: [(&str, &[u8]); 9] = [
    (
        "bot carousel",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.bot.carousel.json"),
    ),
    (
        "bot quick replies",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.bot.quick-replies.json"),
    ),
    (
        "bot text",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.bot.text.json"),
    ),
    (
        "user intro",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.user.intro.json"),
    ),
    (
        "user location",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.user.location.json"),
    ),
    (
        "user postback",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.user.postback.json"),
    ),
    (
        "user text",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.user.text.json"),
    ),
    (
        "user upload",
        include_bytes!("../../../../../tests/samples/chatlayer/messages.user.upload.json"),
    ),
    (
        "offload",
        include_bytes!("../../../../../tests/samples/chatlayer/offload.json"),
    ),
];

fn sample(name: &str) -> Step {
    let (_, body) = SAMPLES.iter().find(|(sample, _)| *sample == name).unwrap();
    parse(&bot(), body).unwrap().step.unwrap()
}

#[test]
fn the_samples_as_printed_are_not_json() {
    let printed: [&[u8]; 2] = [
        include_bytes!(
            "../../../../../tests/samples/chatlayer/messages.user.location.as-printed.txt"
        ),
        include_bytes!(
            "../../../../../tests/samples/chatlayer/messages.user.upload.as-printed.txt"
        ),
    ];
    for body in printed {
        assert!(matches!(parse(&bot(), body), Err(HookError::NotJson(_))));
    }
}

#[test]
fn every_sample_is_understood() {
    for (name, _) in SAMPLES {
        let step = sample(name);
        assert_eq!(key_of(&step).realm, "ko3123ze/DRAFT", "{name}");
        let said = step
            .events
            .iter()
            .flat_map(|incoming| match &incoming.event {
                Event::UserSaid(said) | Event::BotSaid(said) => vec![said],
                Event::HandoverRequested(request) => {
                    request.transcript.iter().map(|item| &item.said).collect()
                }
                other => panic!("{name}: {other:?}"),
            });
        for said in said {
            assert!(!matches!(said.content, Content::Unknown { .. }), "{name}");
            assert!(said.at.is_some(), "{name}");
        }
    }
}

#[test]
fn the_user_messages_of_the_samples_read_as_what_they_are() {
    assert_eq!(contents(&sample("user text")), [&Content::text("hi there")]);
    assert_eq!(contents(&sample("user intro")), [&Content::Intro {}]);
    let here = Content::Location {
        latitude: 0.0,
        longitude: 0.0,
        label: None,
    };
    assert_eq!(contents(&sample("user location")), [&here]);
    let payload =
        json!({"nextDialogstateId": "071abbc7-1d6e-4689-adef-1ea825178a72", "parameters": []});
    let pressed = Content::Postback {
        title: "Set Variables".into(),
        payload,
    };
    assert_eq!(contents(&sample("user postback")), [&pressed]);
    let upload = sample("user upload");
    assert!(matches!(
        contents(&upload)[..],
        [Content::Media {
            kind: MediaKind::Image,
            name: Some(_),
            ..
        }]
    ));
}

#[test]
fn the_bot_messages_of_the_samples_read_as_what_they_are() {
    let quick = sample("bot quick replies");
    let [
        Content::Text { text: hello, .. },
        Content::Text { quick_replies, .. },
    ] = contents(&quick)[..]
    else {
        panic!("two texts")
    };
    assert_eq!(hello, "Hi Welcome");
    let titles: Vec<_> = quick_replies
        .iter()
        .map(|QuickReply { title, .. }| title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["Do API FROM CODE", "Api Plugin", "SendMessageFromCode"]
    );
    let carousel = sample("bot carousel");
    let [Content::Cards { cards }] = contents(&carousel)[..] else {
        panic!("cards")
    };
    assert_eq!(cards[1].url.as_deref(), Some("https://docs.chatlayer.ai"));
}

#[test]
fn an_offload_brings_its_transcript_in_order_and_the_user_with_it() {
    let step = sample("offload");
    let [
        Incoming {
            event: Event::HandoverRequested(request),
            keys,
        },
    ] = &step.events[..]
    else {
        panic!("a request")
    };
    let actors: Vec<_> = request.transcript.iter().map(|item| item.actor).collect();
    assert_eq!(actors, [Actor::Bot, Actor::Bot, Actor::User, Actor::Bot]);
    assert_eq!((request.payload.as_ref(), keys.len()), (None, 1));
    let profile = step.profile.unwrap();
    assert_eq!(profile.channel.as_deref(), Some("emulator"));
    assert_eq!(
        profile.user.id.as_deref(),
        Some("emulator-714a7b79-d674-4a62-a9a9-49581d7451e5")
    );
}

#[test]
fn the_user_is_learnt_from_the_sender() {
    let profile = sample("user intro").profile.unwrap();
    assert_eq!(profile.language.as_deref(), Some("en"));
    assert_eq!(profile.user.first_name.as_deref(), Some("Guest"));
    assert_eq!(profile.channel.as_deref(), Some("web"));
    assert_eq!(json!(profile.user.fields), json!({"isEmulator": "true"}));
}
