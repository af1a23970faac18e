use serde_json::json;

use super::*;
use crate::domain::message::Content;

fn reader() -> Reader {
    Reader {
        desk: DeskName::new("inbox").unwrap(),
        account_id: 1,
        inbox_id: 2,
    }
}

fn message() -> Value {
    json!({
        "event": "message_created",
        "id": 501,
        "content": "Good morning",
        "message_type": "outgoing",
        "private": false,
        "sender": {"id": 3, "name": "Grace", "type": "user"},
        "account": {"id": 1, "name": "Shop"},
        "inbox": {"id": 2, "name": "Bot"},
        "conversation": {"id": 42, "inbox_id": 2},
    })
}

fn conversation(event: &str) -> Value {
    json!({
        "event": event,
        "id": 42,
        "inbox_id": 2,
        "status": "open",
        "updated_at": 1_767_225_600.25,
        "meta": {
            "assignee": {"id": 3, "name": "Grace", "type": "user"},
            "assignee_type": "User",
        },
        "account": {"id": 1},
    })
}

fn typing() -> Value {
    json!({
        "event": "conversation_typing_on",
        "user": {"id": 3, "name": "Grace", "type": "user"},
        "conversation": {"id": 42, "inbox_id": 2},
        "is_private": false,
    })
}

fn with(mut body: Value, path: &str, value: Value) -> Value {
    *body.pointer_mut(path).unwrap() = value;
    body
}

fn read(body: &Value) -> Told {
    reader().read(body.to_string().as_bytes()).unwrap()
}

fn step(body: &Value) -> Step {
    match read(body) {
        Told::Step(step) => *step,
        other => panic!("{other:?}"),
    }
}

fn events(step: &Step) -> Vec<&DeskEvent> {
    let events = step.events.iter().map(|incoming| match &incoming.event {
        Event::FromLeg { event, leg: None } => event,
        other => panic!("{other:?}"),
    });
    events.collect()
}

fn grace() -> Agent {
    Agent {
        name: Some("Grace".to_owned()),
        avatar_url: None,
    }
}

#[test]
fn what_an_agent_writes_is_told_of_the_conversation_by_its_number() {
    for kind in [json!("outgoing"), json!(1)] {
        let body = with(message(), "/message_type", kind);
        let step = step(&body);
        let Target::Leg(target) = &step.target else {
            panic!("a leg")
        };
        assert_eq!(target.reference.as_deref(), Some("42"));
        assert_eq!(target.keep_unmatched, Some(KEEP_UNMATCHED));
        let [DeskEvent::Said(said)] = events(&step)[..] else {
            panic!("{step:?}")
        };
        assert_eq!(said.content, Content::text("Good morning"));
        assert_eq!(said.agent, Some(grace()));
        assert!(!said.automatic && said.keep_if_late && said.tell_if_late);
        assert_eq!(said.raw, Some(body.to_string()));
    }
}

#[test]
fn what_a_rule_or_the_inbox_says_reaches_the_user_and_is_no_sign_of_an_agent() {
    let rule = with(message(), "/sender", Value::Null);
    let survey = with(message(), "/message_type", json!("template"));
    for (body, agent) in [(rule, None), (survey, Some(grace()))] {
        let step = step(&body);
        let [DeskEvent::Said(said)] = events(&step)[..] else {
            panic!("{step:?}")
        };
        assert!(said.automatic, "{body}");
        assert_eq!(said.agent, agent);
    }
}

#[test]
fn a_message_with_a_file_is_two_that_are_told_apart() {
    let mut body = message();
    body["attachments"] =
        json!([{"id": 1, "file_type": "image", "data_url": "https://chat.example/a.png"}]);
    let step = step(&body);
    assert_eq!(events(&step).len(), 2);
    assert_ne!(step.events[0].keys, step.events[1].keys);
}

#[test]
fn a_repeat_has_the_key_of_the_first_and_another_message_has_not() {
    let keys = |body: &Value| step(body).events.remove(0).keys;
    let again = with(message(), "/content", json!("edited"));
    assert_eq!(keys(&message()), keys(&again));
    assert_ne!(keys(&message()), keys(&with(message(), "/id", json!(502))));
}

#[test]
fn nothing_is_told_of_what_is_not_from_an_agent_to_the_user() {
    let own = with(message(), "/message_type", json!("incoming"));
    let own_number = with(message(), "/message_type", json!(0));
    let note = with(message(), "/private", json!(true));
    let bot = with(message(), "/sender/type", json!("agent_bot"));
    let open = conversation("conversation_status_changed");
    let unassigned = with(
        conversation("conversation_updated"),
        "/meta/assignee",
        Value::Null,
    );
    let bots = with(
        conversation("conversation_updated"),
        "/meta/assignee_type",
        json!("AgentBot"),
    );
    let typed_note = with(typing(), "/is_private", json!(true));
    let contact = with(typing(), "/user/type", json!("contact"));
    let mut bodies = vec![
        own, own_number, note, bot, open, unassigned, bots, typed_note, contact,
    ];
    bodies.extend(PASSED_OVER.map(|event| json!({ "event": event })));
    for body in bodies {
        assert!(matches!(read(&body), Told::PassedOver), "{body}");
    }
}

#[test]
fn a_resolved_conversation_is_closed_by_its_agent() {
    let body = conversation("conversation_status_changed");
    let body = with(body, "/status", json!("resolved"));
    let closed = DeskEvent::Closed {
        reason: Some("resolved".to_owned()),
        by: Some(grace()),
    };
    assert_eq!(events(&step(&body)), [&closed]);
    let nobodys = with(body, "/meta/assignee", Value::Null);
    let by_nobody_known = DeskEvent::Closed {
        reason: Some("resolved".to_owned()),
        by: Some(Agent::default()),
    };
    assert_eq!(events(&step(&nobodys)), [&by_nobody_known]);
}

#[test]
fn an_assignee_joins_once_however_often_the_conversation_changes() {
    let body = conversation("conversation_updated");
    let first = step(&body);
    assert_eq!(events(&first), [&DeskEvent::Joined(grace())]);
    let later = step(&with(body.clone(), "/updated_at", json!(1_767_225_700.0)));
    assert_eq!(first.events[0].keys, later.events[0].keys);
    let other = step(&with(body, "/meta/assignee/id", json!(4)));
    assert_ne!(first.events[0].keys, other.events[0].keys);
}

/// As Chatwoot lists what has changed.
fn changing(attribute: &str, to: &Value, at: f64) -> Value {
    let mut body = with(
        conversation("conversation_updated"),
        "/updated_at",
        json!(at),
    );
    if to.is_null() {
        body = with(body, "/meta/assignee", Value::Null);
    }
    let change = json!({"previous_value": null, "current_value": to});
    let changes = serde_json::Map::from_iter([(attribute.to_owned(), change)]);
    body["changed_attributes"] = json!([changes]);
    body["meta"]["team"] = json!({"id": 7, "name": "billing"});
    body
}

#[test]
fn whoever_takes_it_again_joins_again_and_other_changes_are_nobodys() {
    let first = step(&changing("assignee_id", &json!(3), 1.0));
    let again = step(&changing("assignee_id", &json!(3), 2.0));
    assert_eq!(events(&first), [&DeskEvent::Joined(grace())]);
    assert_ne!(first.events[0].keys, again.events[0].keys);
    let labelled = changing("label_list", &json!(["vip"]), 3.0);
    assert!(matches!(read(&labelled), Told::PassedOver));
}

#[test]
fn what_is_taken_from_an_agent_waits_again_for_its_team() {
    let step = step(&changing("assignee_id", &Value::Null, 1.0));
    let waits = DeskEvent::Transferred {
        to: Some("billing".to_owned()),
    };
    assert_eq!(events(&step), [&waits]);
}

#[test]
fn an_agent_who_types_is_told_without_a_key() {
    let step = step(&typing());
    assert_eq!(events(&step), [&DeskEvent::Typing]);
    assert!(step.events[0].keys.is_empty());
}

#[test]
fn another_account_and_another_inbox_are_not_this_desks() {
    for body in [
        with(message(), "/account/id", json!(5)),
        with(message(), "/inbox/id", json!(5)),
        with(message(), "/conversation/inbox_id", json!(5)),
        with(conversation("conversation_updated"), "/inbox_id", json!(5)),
        with(typing(), "/conversation/inbox_id", json!("5")),
    ] {
        assert!(matches!(read(&body), Told::Elsewhere), "{body}");
    }
}

#[test]
fn an_event_of_a_later_version_is_unknown() {
    assert!(matches!(
        read(&json!({"event": "call_started"})),
        Told::Unknown
    ));
}

#[test]
fn what_does_not_say_what_or_whose_it_is_is_refused() {
    for body in [
        json!({}),
        json!({"event": 5}),
        with(message(), "/id", Value::Null),
        with(message(), "/conversation/id", Value::Null),
        with(message(), "/conversation/id", json!("..")),
        with(conversation("conversation_updated"), "/id", Value::Null),
        with(typing(), "/conversation/id", json!({})),
    ] {
        assert!(
            reader().read(body.to_string().as_bytes()).is_err(),
            "{body}"
        );
    }
    for body in [&b"{"[..], b"[]", b"", b"\xff"] {
        assert!(reader().read(body).is_err());
    }
}
