use serde_json::json;

use super::*;
use crate::{
    bots::chatlayer::hook::Call,
    domain::{
        event::Event,
        ids::{BotName, ExternalId},
    },
};

fn conversation() -> ConversationKey {
    ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: "ko3123ze/LIVE".into(),
        user: ExternalId::new("s1").unwrap(),
    }
}

fn read(items: &[Value]) -> Vec<TranscriptItem> {
    let listed: Vec<_> = items
        .iter()
        .map(|item| RawValue::from_string(item.to_string()).unwrap())
        .collect();
    transcript(&conversation(), &listed)
}

fn said(actor: &str, second: u32, text: &str) -> Value {
    let at = format!("2026-01-01T00:00:{second:02}.000Z");
    json!({"actor": actor, "timestamp": at, "message": {"text": text, "messageType": "text"}})
}

fn texts(items: &[TranscriptItem]) -> Vec<&str> {
    let text = |item: &'_ TranscriptItem| match &item.said.content {
        Content::Text { .. } => true,
        _ => panic!("{item:?}"),
    };
    assert!(items.iter().all(text));
    items
        .iter()
        .filter_map(|item| match &item.said.content {
            Content::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn what_the_hook_told_before_is_known_by_the_same_keys() {
    let user = json!({"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {
        "messageType": "text", "text": "help", "id": "61921a15cdee7f37a16ee5fc", "sender": {"id": "s1"}}});
    let bot = said("bot", 1, "Hello");
    let body = json!({"event": "messages", "botId": "ko3123ze", "version": "LIVE", "sessionId": "s1",
        "timestamp": "2026-01-01T00:00:02.000Z", "messages": [user, bot]});
    let body = body.to_string();
    let call = Call::read(body.as_bytes()).unwrap();
    let hook = call.parse(&BotName::new("webshop").unwrap());
    let events = hook.unwrap().step.unwrap().events;
    let told = read(&[user, bot]);
    for (event, item) in events.iter().zip(&told) {
        assert!(matches!(
            event.event,
            Event::UserSaid(_) | Event::BotSaid(_)
        ));
        assert_eq!(event.keys, item.keys);
    }
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].keys.len(), 2, "by its id and by its content");
}

#[test]
fn the_legacy_history_is_read_as_it_is_documented() {
    let told = read(&[
        json!({"isIntro": false, "id": "5ddfffd8888c7bf11ebsss14", "actor": "bot", "createdAt": "2019-11-21T16:48:20.465Z",
            "message": {"attachment": {"type": "template", "payload": {"template_type": "button", "text": "?", "buttons": []}}}}),
        json!({"isIntro": false, "id": "5dd6bfd89b23456111b21a18", "actor": "bot", "createdAt": "2019-11-21T16:48:20.469Z",
            "message": {"text": "ok test123"}}),
        json!({"isIntro": true, "id": "5dd6bfd89b23456111b21a19", "actor": "user", "createdAt": "2019-11-21T16:48:20.470Z",
            "message": {}}),
    ]);
    assert!(matches!(told[0].said.content, Content::Buttons { .. }));
    assert_eq!(told[1].said.content, Content::text("ok test123"));
    assert_eq!(
        (&told[2].actor, &told[2].said.content),
        (&Actor::User, &Content::Intro {})
    );
    let at = "2019-11-21T16:48:20.465Z".parse().ok();
    assert_eq!((told[0].said.at, told[0].keys.len()), (at, 2));
}

#[test]
fn the_oldest_comes_first_whichever_way_the_list_runs() {
    let forth = [
        said("user", 1, "a"),
        said("bot", 2, "b"),
        said("bot", 2, "c"),
        said("user", 3, "d"),
    ];
    let mut back = forth.clone();
    back.reverse();
    assert_eq!(texts(&read(&forth)), ["a", "b", "c", "d"]);
    assert_eq!(texts(&read(&back)), ["a", "b", "c", "d"]);
    let shuffled = [&forth[2], &forth[0], &forth[3], &forth[1]].map(Clone::clone);
    assert_eq!(texts(&read(&shuffled)), ["a", "c", "b", "d"]);
}

#[test]
fn only_the_newest_are_kept_and_none_fills_the_transcript_alone() {
    let many: Vec<_> = (0..NEWEST + 50)
        .map(|number| {
            json!({"actor": "user", "timestamp": number, "message": {"messageType": "text", "text": number.to_string()}})
        })
        .collect();
    let told = read(&many);
    assert_eq!((texts(&told)[0], told.len()), ("50", NEWEST));

    let told = read(&[
        said("bot", 1, &"x".repeat(LONGEST)),
        said("bot", 2, "short"),
    ]);
    assert_eq!(
        told[0].said.content,
        Content::Unknown {
            raw: "too long".into()
        }
    );
    assert!(told[0].said.raw.is_none());
    assert_eq!(told[1].said.content, Content::text("short"));
}

#[test]
fn what_is_not_understood_is_kept_and_nothing_fails() {
    let odd = [
        json!(null),
        json!(7),
        json!("text"),
        json!([1, 2]),
        json!({}),
        json!({"actor": "bot"}),
        json!({"actor": "user", "message": null, "timestamp": {"a": 1}}),
        json!({"actor": "supervisor", "message": {"text": "?"}, "timestamp": "yesterday"}),
    ];
    let told = read(&odd);
    assert_eq!(told.len(), odd.len());
    for (item, odd) in told.iter().zip(&odd) {
        assert!(
            matches!(item.said.content, Content::Unknown { .. }),
            "{item:?}"
        );
        assert_eq!(item.said.raw.as_deref(), Some(odd.to_string().as_str()));
    }
    let broken =
        RawValue::from_string(r#"{"actor": "user", "message": {"text": "\ud800"}}"#.into());
    assert_eq!(transcript(&conversation(), &[broken.unwrap()]).len(), 1);
}
