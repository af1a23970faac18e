mod refused;
mod samples;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn bot() -> BotName {
    BotName::new("webshop").unwrap()
}

fn parse(bot: &BotName, body: &[u8]) -> Result<Hook, HookError> {
    Call::read(body)?.parse(bot)
}

fn hook(body: &Value) -> Result<Hook, HookError> {
    parse(&bot(), body.to_string().as_bytes())
}

fn step(body: &Value) -> Step {
    hook(body).unwrap().step.unwrap()
}

fn messages(items: &Value) -> Value {
    json!({"event": "messages", "botId": "b1", "version": "LIVE", "sessionId": "s1",
        "timestamp": "2026-01-01T00:00:00.000Z", "messages": items})
}

fn key_of(step: &Step) -> &ConversationKey {
    let Target::Conversation(key) = &step.target else {
        panic!("a conversation")
    };
    key
}

fn contents(step: &Step) -> Vec<&Content> {
    let said = step.events.iter().map(|incoming| match &incoming.event {
        Event::UserSaid(said) | Event::BotSaid(said) => &said.content,
        other => panic!("not a message: {other:?}"),
    });
    said.collect()
}

#[test]
fn the_names_of_before_2020_are_understood() {
    let old = json!({"type": "messages", "botId": "b1", "version": "LIVE", "sessionId": "s1",
        "messages": [{"type": "user", "message": {"messageType": "upload", "urls": ["https://f.example/a.png"]}}]});
    assert!(matches!(contents(&step(&old))[..], [Content::Media { .. }]));
    let both = json!({"event": "offload", "type": {"x": 1}, "botId": "b1", "version": "LIVE", "sessionId": "s1"});
    assert_eq!(hook(&both).unwrap().kind, Kind::Offload);
}

#[test]
fn a_message_that_is_not_known_has_its_content_key_in_the_transcript_as_well() {
    let sent_as = |message: Value| json!([{"actor": "user", "timestamp": "2026-01-01T00:00:01.000Z", "message": message}]);
    let live = sent_as(
        json!({"messageType": "sticker", "channelType": "web", "sender": {"id": "s1", "botId": "b1"}}),
    );
    let copy = sent_as(
        json!({"messageType": "sticker", "channelType": "emulator", "sender": {"id": "s1"}}),
    );
    let keys = |items: &Value| step(&messages(items)).events[0].keys.clone();
    assert_eq!(keys(&live), keys(&copy));
}

#[test]
fn a_message_in_the_transcript_has_the_content_key_that_it_had_when_it_was_sent() {
    let live = json!({"actor": "user", "timestamp": "2026-01-01T00:00:01.000Z",
        "message": {"messageType": "text", "text": "help", "id": "m1", "channelType": "web"}});
    let copy = json!({"actor": "user", "timestamp": "2026-01-01T00:00:01.000Z",
        "message": {"messageType": "text", "text": "help", "channelType": "emulator", "sender": {"id": "s1"}}});
    let sent = step(&messages(&json!([live])));
    let offload = json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1", "transcript": [copy]});
    let told = step(&offload);
    let Event::HandoverRequested(request) = &told.events[0].event else {
        panic!("a request")
    };
    assert_eq!(sent.events[0].keys.len(), 2, "by id and by content");
    assert!(sent.events[0].keys.contains(&request.transcript[0].keys[0]));
}

#[test]
fn equals_in_one_batch_are_told_apart_and_a_repeated_batch_is_known() {
    let twice =
        json!({"actor": "bot", "timestamp": "2026-01-01T00:00:01.000Z", "message": {"text": "ok"}});
    let body = messages(&json!([twice, twice]));
    let (first, second) = (step(&body), step(&body));
    assert_ne!(first.events[0].keys, first.events[1].keys);
    assert_eq!(first.events, second.events);
}

#[test]
fn the_files_of_one_upload_do_not_count_as_repeats_of_each_other() {
    let urls = json!(["https://f.example/a.png", "https://f.example/a.png"]);
    let message = json!({"messageType": "fileUploadInputResult", "id": "m1", "urls": urls});
    let step = step(&messages(&json!([{"actor": "user", "message": message}])));
    let [first, second] = &step.events[..] else {
        panic!("two files")
    };
    assert!(first.keys.iter().all(|key| !second.keys.contains(key)));
}

#[test]
fn a_call_becomes_a_bounded_number_of_contents_and_keeps_each_message_once() {
    let urls = vec!["https://f.example/a.png"; MOST_MORE + 1];
    let upload = json!({"actor": "user", "message": {"messageType": "upload", "urls": urls}});
    let step = step(&messages(&json!([upload, upload])));
    let contents = contents(&step);
    assert_eq!(contents.len(), MOST_MORE + 2);
    assert!(matches!(contents.last(), Some(Content::Unknown { .. })));
    let raw = step
        .events
        .iter()
        .filter_map(|incoming| match &incoming.event {
            Event::UserSaid(said) => said.raw.as_deref(),
            other => panic!("not a message: {other:?}"),
        });
    assert_eq!(
        raw.collect::<Vec<_>>(),
        [upload.to_string(), upload.to_string()]
    );
}

#[test]
fn many_messages_of_a_bot_that_have_as_many_contents_as_one_may_have_are_all_read() {
    let buttons = ["yes", "no"].map(|it| json!({"type": "postback", "title": it, "payload": it}));
    let list = json!({"type": "template", "payload": {
        "template_type": "list", "elements": [{"title": "one"}], "buttons": buttons,
    }});
    let message = json!({"actor": "bot", "message": {"text": "look", "attachment": list}});
    let step = step(&messages(&json!(vec![message; MOST_MORE + 1])));
    let contents = contents(&step);
    assert_eq!(contents.len(), EACH * (MOST_MORE + 1));
    let unread = |content: &&&Content| matches!(content, Content::Unknown { .. });
    assert_eq!(contents.iter().find(unread), None);
}

#[test]
fn of_a_transcript_the_newest_are_taken_and_of_messages_no_more_than_anybody_sends() {
    let said = |count: usize| -> Vec<_> {
        let one = |number| json!({"actor": "bot", "message": {"text": format!("{number}")}});
        (0..count).map(one).collect()
    };
    let offload = json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1",
        "transcript": said(NEWEST + 3)});
    let step = step(&offload);
    let Event::HandoverRequested(request) = &step.events[0].event else {
        panic!("a request")
    };
    assert_eq!(request.transcript.len(), NEWEST);
    assert_eq!(request.transcript[0].said.content, Content::text("3"));
    let refused = |body: &Value| match hook(body) {
        Err(HookError::TooMany { field, .. }) => Some(field),
        _ => None,
    };
    let messages = |count| messages(&json!(said(count)));
    assert_eq!(refused(&messages(MOST)), None);
    assert_eq!(refused(&messages(MOST + 1)), Some("messages"));
    let mut offload = offload;
    for (count, field) in [
        (json::MOST_VARIABLES, None),
        (json::MOST_VARIABLES + 1, Some("payload")),
    ] {
        offload["payload"] = vec![0; count].into();
        assert_eq!(refused(&offload), field);
    }
}

#[test]
fn the_raw_message_is_kept_byte_for_byte() {
    let item = r#"{"actor" : "bot", "message":{"text":"a\u0020b"},"z":1.10}"#;
    let body = format!(
        r#"{{"event":"messages","botId":"b","version":"LIVE","sessionId":"s","messages":[ {item} ]}}"#
    );
    let step = parse(&bot(), body.as_bytes()).unwrap().step.unwrap();
    let Event::BotSaid(said) = &step.events[0].event else {
        panic!("the bot")
    };
    assert_eq!(said.raw.as_deref(), Some(item));
    assert_eq!(said.at, None);
}

#[test]
fn what_is_not_known_is_kept_and_not_refused() {
    let odd = json!([{"actor": "ghost", "message": {"text": "boo"}}, 7, null, {"actor": "bot"}]);
    let step = step(&messages(&odd));
    let kinds: Vec<_> = step
        .events
        .iter()
        .map(|incoming| matches!(incoming.event, Event::PlatformUnknown { .. }))
        .collect();
    assert_eq!(kinds, [true, true, true, false]);

    let other = hook(
        &json!({"event": "rated", "botId": "b1", "version": "LIVE", "sessionId": "s1", "stars": 5}),
    )
    .unwrap();
    assert_eq!(other.kind, Kind::Other);
    assert!(matches!(
        other.step.unwrap().events[0].event,
        Event::PlatformUnknown { .. }
    ));
    for homeless in [
        json!({"event": "rated"}),
        json!({"event": "rated", "sessionId": ".."}),
    ] {
        assert!(hook(&homeless).unwrap().step.is_none(), "{homeless}");
    }
    assert!(hook(&messages(&json!([]))).unwrap().step.is_none());
}

#[test]
fn an_odd_optional_field_does_not_keep_a_user_from_an_agent() {
    let rows = [
        ("timestamp", json!("yesterday")),
        ("timestamp", json!({})),
        ("channel", json!(1)),
        ("channel", json!(null)),
        ("payload", json!(null)),
        ("payload", json!([1])),
        ("payload", json!("sales")),
        ("transcript", json!(null)),
        ("transcript", json!([1, null, "x", {"actor": "ghost"}])),
    ];
    for (field, odd) in rows {
        let mut offload =
            json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1"});
        offload[field] = odd.clone();
        let step = step(&offload);
        let Event::HandoverRequested(request) = &step.events[0].event else {
            panic!("a request")
        };
        let told = odd.as_array().filter(|_| field == "transcript");
        assert_eq!(request.transcript.len(), told.map_or(0, Vec::len));
        let payload = Some(odd.clone()).filter(|odd| field == "payload" && !odd.is_null());
        assert_eq!(request.payload, payload, "{field} {odd}");
    }
}

#[test]
fn an_offload_without_any_optional_field_is_taken() {
    let bare = json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1"});
    let step = step(&bare);
    let Event::HandoverRequested(request) = &step.events[0].event else {
        panic!("a request")
    };
    assert_eq!(
        (request.transcript.len(), step.events[0].keys.len()),
        (0, 0)
    );
}

#[test]
fn an_item_is_read_by_whichever_of_two_names_holds_something() {
    let items = json!([{"actor": null, "type": "user", "timestamp": null,
        "message": {"messageType": "text", "text": "hi", "timestamp": "2026-01-01T00:00:01.000Z"}}]);
    let step = step(&messages(&items));
    let Event::UserSaid(said) = &step.events[0].event else {
        panic!("the user")
    };
    assert_eq!(said.at, "2026-01-01T00:00:01.000Z".parse().ok());
}

#[test]
fn draft_and_live_are_separate_worlds() {
    let of = |version: &str| {
        let step = step(
            &json!({"event": "offload", "botId": "b1", "version": version, "sessionId": "s1"}),
        );
        key_of(&step).clone()
    };
    assert_ne!(of("DRAFT"), of("LIVE"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bot(), &body);
    }

    #[test]
    fn no_message_makes_it_panic_or_is_lost(item in json_value()) {
        let step = step(&messages(&json!([item])));
        prop_assert!(!step.events.is_empty());
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let names = [
        "actor",
        "type",
        "message",
        "text",
        "messageType",
        "urls",
        "attachment",
        "payload",
        "buttons",
        "title",
        "sender",
        "id",
    ];
    let words = [
        "user",
        "bot",
        "text",
        "postback",
        "fileUploadInputResult",
        "template",
        "generic",
        "button",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let fields = (
            proptest::sample::select(names.to_vec()).prop_map(str::to_owned),
            inner.clone(),
        );
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            proptest::collection::vec(fields, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
