use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::message::QuickReply;

const CLAIM: &[u8] = include_bytes!("../../../../tests/samples/certainly/handover-webhook.json");
const USER_TEXT: &[u8] =
    include_bytes!("../../../../tests/samples/certainly/messages.user.text.json");
const BOT: [&[u8]; 3] = [
    include_bytes!("../../../../tests/samples/certainly/messages.bot.text.json"),
    include_bytes!("../../../../tests/samples/certainly/messages.bot.choice.json"),
    include_bytes!("../../../../tests/samples/certainly/messages.bot.card.json"),
];

fn reader() -> Reader {
    Reader {
        bot: BotName::new("fashion").unwrap(),
        deployment_id: ExternalId::new("d7").unwrap(),
        user_id_field: "to".to_owned(),
        user_id_prefix: "webbot:".to_owned(),
        drop_repeats: false,
    }
}

fn conversation(step: &Step) -> &ConversationKey {
    match &step.target {
        Target::Conversation(key) => key,
        other => panic!("{other:?}"),
    }
}

fn claim(body: &Value) -> Result<Step, HookError> {
    reader().claim(body.to_string().as_bytes())
}

fn heard(reader: &Reader, body: &Value) -> Step {
    match reader.message(body.to_string().as_bytes()).unwrap() {
        Some(step) => step,
        None => panic!("{body} is of somebody"),
    }
}

fn from_user(message: &Value) -> Value {
    json!({"interlocutor": "user", "data": {"error": null, "message": message}})
}

#[test]
fn the_sample_of_a_claim_asks_for_an_agent() {
    let step = reader().claim(CLAIM).unwrap();
    let key = conversation(&step);
    assert_eq!(
        (key.realm.as_str(), key.user.as_str()),
        ("d7", "user_id"),
        "the deployment and the user; a claim says neither of which bot it is nor when it was"
    );
    let [Incoming { event, keys }] = &step.events[..] else {
        panic!("{:?}", step.events)
    };
    let request = Request {
        payload: Some(json!({})),
        transcript: Vec::new(),
    };
    assert_eq!(*event, Event::HandoverRequested(request));
    assert!(keys.is_empty());
    let user = step.profile.unwrap().user;
    assert_eq!(user.id.as_deref(), Some("user_id"));
    assert_eq!(
        user.first_name.as_deref(),
        Some("first_name taken from facebook if available")
    );
    assert_eq!(
        Value::from(user.fields),
        json!({"attachedMedia": "url_to_the_file"})
    );
}

#[test]
fn a_file_that_comes_with_a_claim_stands_in_its_transcript_once() {
    let body = json!({"to": "u1", "attachedMedia": "https://files.example/receipt.pdf"});
    let asked = |body| {
        let step = claim(body).unwrap();
        let fields = step.profile.unwrap().user.fields;
        match step.events.into_iter().next().unwrap().event {
            Event::HandoverRequested(request) => (request.transcript, fields),
            other => panic!("{other:?}"),
        }
    };
    let (transcript, fields) = asked(&body);
    let [item] = &transcript[..] else {
        panic!("{transcript:?}")
    };
    assert_eq!(item.actor, Actor::User);
    assert_eq!(
        json!(item.said.content),
        json!({"type": "media", "kind": "file", "url": "https://files.example/receipt.pdf", "name": "receipt.pdf"})
    );
    assert!(fields.is_empty());
    let (again, _) = asked(&body);
    assert_eq!(again[0].keys, item.keys, "a claim that is repeated");
    assert_eq!(item.keys.len(), 1);
}

#[test]
fn what_the_bots_builder_puts_into_a_claim_arrives() {
    let body = json!({
        "user": 4711, "customVariables": {"department": "sales"}, "language": "nl", "channel": "web", "botId": "9",
        "tier": "gold", "empty": "", "from": "a token",
    });
    let reader = Reader {
        user_id_field: "user".to_owned(),
        ..reader()
    };
    let step = reader.claim(body.to_string().as_bytes()).unwrap();
    assert_eq!(conversation(&step).user.as_str(), "4711");
    let profile = step.profile.unwrap();
    assert_eq!(profile.language.as_deref(), Some("nl"));
    assert_eq!(profile.channel.as_deref(), Some("web"));
    assert_eq!(profile.platform_bot_id.as_deref(), Some("9"));
    assert_eq!(Value::from(profile.user.fields), json!({"tier": "gold"}));
}

#[test]
fn a_claim_and_a_message_of_one_user_are_one_conversation_in_either_form_of_the_id() {
    let bare = claim(&json!({"to": "d0f23640"})).unwrap();
    let whole = claim(&json!({"to": "webbot:d0f23640"})).unwrap();
    let said = heard(
        &reader(),
        &from_user(&json!({"user_id": "webbot:d0f23640", "message": "hi"})),
    );
    assert_eq!(conversation(&bare), conversation(&said));
    assert_eq!(conversation(&whole), conversation(&said));
    for shown in ["d0f23640", "webbot:d0f23640"] {
        let kept = conversation(&said).user.as_str();
        assert_eq!(reader().key(shown), kept, "as an operator asks for it");
    }
    let id = |step: &Step| step.profile.as_ref().unwrap().user.id.clone();
    assert_eq!(
        id(&bare).as_deref(),
        Some("d0f23640"),
        "as it is called back"
    );
    assert_eq!(id(&whole).as_deref(), Some("webbot:d0f23640"));
}

#[test]
fn the_message_of_many_files_is_kept_once_and_one_of_too_many_as_a_whole() {
    let files = |count| {
        from_user(&json!({"user_id": "u1", "attachments": vec!["https://f.example/a.png"; count]}))
    };
    let said = |count| {
        let events = heard(&reader(), &files(count)).events.into_iter();
        let said = events.map(|incoming| match incoming.event {
            Event::UserSaid(said) => said,
            other => panic!("{other:?}"),
        });
        said.collect::<Vec<_>>()
    };
    let raw: Vec<_> = said(3).into_iter().map(|said| said.raw.is_some()).collect();
    assert_eq!(raw, [true, false, false]);
    let [whole] = &said(257)[..] else {
        panic!("one content")
    };
    assert!(matches!(whole.content, Content::Unknown { .. }));
}

#[test]
fn the_sample_of_a_users_message_is_read_with_its_time_in_seconds() {
    let step = reader().message(USER_TEXT).unwrap().unwrap();
    assert_eq!(
        conversation(&step).user.as_str(),
        "d0f23640-2dc2-11e8-a182-89f9297141e0"
    );
    let [Incoming { event, keys }] = &step.events[..] else {
        panic!("{:?}", step.events)
    };
    let Event::UserSaid(said) = event else {
        panic!("{event:?}")
    };
    assert_eq!(said.content, Content::text("Hello"));
    assert_eq!(said.at, Some(Timestamp::from_millis(1_521_717_539_000)));
    assert!(
        said.raw.as_ref().unwrap().contains("\"ref\":null,"),
        "byte for byte"
    );
    assert!(keys.is_empty(), "two equal ones may be meant");
}

#[test]
fn the_samples_of_a_bots_messages_name_nobody() {
    for body in BOT {
        assert!(reader().message(body).unwrap().is_none());
    }
}

#[test]
fn a_bots_message_that_names_its_user_is_kept_with_the_user() {
    let body = json!({"interlocutor": "bot", "user_id": "webbot:u", "data": {
        "type": "choice", "text": "Well?", "options": ["yes"],
    }});
    let step = heard(&reader(), &body);
    assert_eq!(conversation(&step).user.as_str(), "u");
    let Event::BotSaid(said) = &step.events[0].event else {
        panic!("{step:?}")
    };
    let reply = QuickReply {
        title: "yes".to_owned(),
        payload: Value::Null,
        image_url: None,
    };
    assert_eq!(
        said.content,
        Content::Text {
            text: "Well?".to_owned(),
            quick_replies: vec![reply],
        }
    );
    let inside =
        json!({"interlocutor": "bot", "data": {"type": "text", "text": "x", "user_id": "u"}});
    assert_eq!(
        conversation(&heard(&reader(), &inside)),
        conversation(&step)
    );
}

#[test]
fn whoever_else_speaks_is_kept_as_unknown_if_the_user_is_named() {
    for body in [
        json!({"interlocutor": "agent", "user_id": "u", "data": {"text": "hi"}}),
        json!({"interlocutor": "bot", "user_id": "u"}),
    ] {
        let step = heard(&reader(), &body);
        let expected = Event::PlatformUnknown {
            raw: body.to_string(),
        };
        assert_eq!(step.events[0].event, expected);
    }
    let nobody = json!({"interlocutor": "agent", "data": {"text": "hi"}});
    let read = reader().message(nobody.to_string().as_bytes()).unwrap();
    assert!(read.is_none());
}

#[test]
fn repeats_are_known_by_time_and_content_where_that_is_wanted() {
    let wanting = Reader {
        drop_repeats: true,
        ..reader()
    };
    let keys = |message: Value| {
        let step = heard(&wanting, &from_user(&message));
        let keys = step.events.into_iter().map(|event| event.keys);
        keys.collect::<Vec<_>>()
    };
    let said = |at: i64, text: &str| json!({"user_id": "u", "timestamp": at, "message": text});
    assert_eq!(keys(said(5, "ok")), keys(said(5, "ok")));
    assert_ne!(keys(said(5, "ok")), keys(said(6, "ok")));
    assert_ne!(keys(said(5, "ok")), keys(said(5, "no")));
    let twice = json!({
        "user_id": "u", "timestamp": 5, "message": "", "attachments": ["https://a.example/a", "https://a.example/a"],
    });
    let [one, other] = &keys(twice)[..] else {
        panic!("two files")
    };
    assert_ne!(one, other, "two equal files of one message are two");
    let timeless = keys(json!({"user_id": "u", "message": "ok"}));
    assert_eq!(timeless, [Vec::new()]);
}

#[test]
fn times_are_seconds_in_whatever_form_and_milliseconds_where_they_must_be() {
    let at = |value: Value| time(&value).map(Timestamp::as_millis);
    for seconds in [
        json!(1_521_717_539),
        json!("1521717539"),
        json!(1_521_717_539_000_i64),
    ] {
        assert_eq!(at(seconds), Some(1_521_717_539_000));
    }
    assert_eq!(at(json!(1_521_717_539.5)), Some(1_521_717_539_500));
    assert_eq!(at(json!("2018-03-22T11:18:59Z")), Some(1_521_717_539_000));
    for none in [
        json!(null),
        json!("soon"),
        json!([]),
        json!(1e300),
        json!(-1.5),
        json!(u64::MAX),
    ] {
        assert_eq!(at(none.clone()), None, "{none}");
    }
    assert!(at(json!(i64::MIN)).is_some(), "no panic");
}

#[test]
fn what_names_no_user_is_refused_without_a_quote() {
    let claims = [
        json!({}),
        json!({"to": null}),
        json!({"to": {"id": 1}}),
        json!({"to": ""}),
        json!({"to": ".."}),
        json!({"to": "webbot:"}),
        json!({"to": "webbot:.."}),
        json!({"to": "canary".repeat(100)}),
    ];
    for body in claims {
        let error = claim(&body).unwrap_err();
        assert!(
            matches!(error, HookError::Contract { .. } | HookError::Id { .. }),
            "{body}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let messages = [
        json!({}),
        json!({"interlocutor": ""}),
        json!({"interlocutor": 7}),
        json!({"interlocutor": "user"}),
        json!({"interlocutor": "user", "data": {"error": "oops"}}),
        json!({"interlocutor": "user", "data": [1]}),
        from_user(&json!({"message": "hi"})),
        from_user(&json!("hi")),
        json!({"interlocutor": "bot", "user_id": [], "data": {}}),
    ];
    for body in messages {
        let read = reader().message(body.to_string().as_bytes());
        assert!(
            matches!(read, Err(HookError::Contract { .. } | HookError::Id { .. })),
            "{body}"
        );
    }
}

#[test]
fn what_is_no_json_is_told_from_what_is_not_the_contract() {
    for body in [&b"{"[..], b"", b"<html>", b"{\"to\": \"\\ud800\"}"] {
        assert!(matches!(reader().claim(body), Err(HookError::NotJson(_))));
    }
    let half =
        br#"{"interlocutor": "user", "data": {"message": {"user_id": "u", "message": "\ud800"}}}"#;
    assert!(matches!(reader().message(half), Err(HookError::NotJson(_))));
    assert!(matches!(
        reader().message(b"\xff"),
        Err(HookError::NotText(_))
    ));
    assert!(matches!(reader().message(b"[]"), Err(HookError::NoObject)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "\\PC{0,80}") {
        let _ = (reader().claim(&bytes), reader().message(&bytes));
        let said = json!({"user_id": text, "timestamp": text, "message": text, "attachments": [text]});
        let _ = reader().message(from_user(&said).to_string().as_bytes());
        let _ = claim(&json!({"to": text, "customVariables": text}));
    }
}
