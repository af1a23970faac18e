use serde_json::json;

use super::*;
use crate::{
    config::{Config, Kind, Source},
    desks::template::Settings,
    domain::{
        conversation::Agent,
        event::{AgentSaid, Target},
        ids::DeskName,
        message::Content,
    },
};

fn hook(expressions: &str) -> Hook {
    let text = format!(
        r#"
        [desks.tickets]
        kind = "template"
        api_url = "https://tickets.example.com"
        hook_key = "hook-key-of-the-tickets"
        requests.open = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
        requests.message = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
        [desks.tickets.hook]
        {expressions}
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let Kind::Template(desk) = config.desks.into_values().next().unwrap().kind else {
        panic!("another kind of desk")
    };
    Settings::compile(&desk).unwrap().hook().unwrap().clone()
}

const REPLIES: &str = r#"
    reference = "item.ticket"
    event = "{ 'type': 'message', 'content': { 'type': 'text', 'text': item.text }, 'agent': { 'name': item.by } } if item.kind == 'reply' else none"
    key = "headers['x-delivery']"
"#;

fn hear(hook: &Hook, body: &Value) -> Heard {
    let headers = [("x-delivery", "d1"), ("authorization", "canary")];
    hook.hear(headers.into_iter(), body.to_string().as_bytes())
        .unwrap()
}

#[test]
fn a_body_becomes_an_event_of_the_conversation_that_it_names() {
    let body = json!({"kind": "reply", "ticket": 7, "text": "Hello", "by": "Ann"});
    let heard = hear(&hook(REPLIES), &body);
    let said = AgentSaid {
        content: Content::text("Hello"),
        agent: Some(Agent {
            name: Some("Ann".into()),
            avatar_url: None,
        }),
        automatic: false,
        keep_if_late: true,
        tell_if_late: false,
        raw: Some(body.to_string()),
    };
    let told = Told {
        about: About::Reference("7".into()),
        event: DeskEvent::Said(said),
        key: Some(["d1".into(), "0".into()]),
    };
    assert_eq!(heard.told, [told]);
    assert_eq!((heard.passed_over, heard.not_understood.len()), (0, 0));
}

#[test]
fn what_means_nothing_is_passed_over_and_what_cannot_be_told_is_said() {
    let hook = hook(REPLIES);
    let rated = hear(&hook, &json!({"kind": "rated", "stars": 5}));
    assert_eq!((rated.told.len(), rated.passed_over), (0, 1));
    for body in [
        json!({"kind": "reply", "ticket": 7, "text": "Hello"}),
        json!({"kind": "reply", "ticket": 7, "text": "", "by": "Ann"}),
        json!({"kind": "reply", "ticket": null, "text": "Hello", "by": "Ann"}),
        json!({"kind": "reply", "ticket": "x".repeat(257), "text": "Hello", "by": "Ann"}),
        json!("reply"),
        json!(null),
    ] {
        let heard = hear(&hook, &body);
        assert!(heard.told.is_empty(), "{body}");
        assert_eq!(heard.passed_over + heard.not_understood.len(), 1, "{body}");
    }
}

#[test]
fn several_events_of_one_call_are_told_in_order_and_known_apart() {
    let hook = hook(&format!("list = \"body.events\"\n{REPLIES}"));
    let reply = |text: &str| json!({"kind": "reply", "ticket": 7, "text": text, "by": "Ann"});
    let body = json!({"events": [reply("one"), {"kind": "typing"}, reply("two")]});
    let heard = hear(&hook, &body);
    let texts: Vec<_> = heard
        .told
        .iter()
        .map(|told| match &told.event {
            DeskEvent::Said(said) => said.content.clone(),
            other => panic!("not a message: {other:?}"),
        })
        .collect();
    assert_eq!(texts, [Content::text("one"), Content::text("two")]);
    assert_eq!(heard.passed_over, 1);
    assert_ne!(heard.told[0].key, heard.told[1].key);
    let many = json!({ "events": vec![reply("one"); MOST_EVENTS + 1] });
    let refused = hook.hear(std::iter::empty(), many.to_string().as_bytes());
    assert!(matches!(refused, Err(HookError::TooMany { .. })));
    let none = hear(&hook, &json!({"events": {}}));
    assert!(matches!(none.not_understood[..], [TellError::NoList]));
}

#[test]
fn an_event_has_one_key_whatever_comes_with_it() {
    let list = |key: &str| {
        hook(&format!(
            r#"
            list = "body.events"
            reference = "'7'"
            key = "{key}"
            event = "{{ 'type': 'typing' }} if item.id != 'seen' else none"
            "#
        ))
    };
    let keys = |hook: &Hook, ids: &[&str]| -> Vec<_> {
        let events: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        let heard = hear(hook, &json!({ "events": events, "call": "c1" }));
        heard.told.into_iter().map(|told| told.key).collect()
    };
    let own = list("item.id");
    let (first, again) = (keys(&own, &["e1", "e2"]), keys(&own, &["e2", "e3"]));
    assert_eq!(first[1], again[0]);
    assert_ne!(first[0], again[0]);
    assert_ne!(again[0], again[1]);
    let twice = keys(&own, &["e1", "e1"]);
    assert_ne!(twice[0], twice[1], "equals of one call are two events");

    let shared = list("body.call");
    let [first, second] = &keys(&shared, &["e1", "e2"])[..] else {
        panic!("two events")
    };
    assert_ne!(first, second);
    assert_eq!(&keys(&shared, &["seen", "e2"])[0], second);
}

#[test]
fn any_value_but_nothing_names_an_event() {
    let key = |expression: &str, body: &Value| {
        let hook = hook(&format!(
            r#"
            reference = "'7'"
            key = "{expression}"
            event = "{{ 'type': 'typing' }}"
            "#
        ));
        hear(&hook, body).told[0].key.clone()
    };
    let of_id = |id: Value| key("body.id", &json!({ "id": id }));
    for id in [
        json!(7),
        json!(true),
        json!("x".repeat(300)),
        json!([7, "open"]),
    ] {
        assert!(of_id(id.clone()).is_some(), "{id}");
    }
    for nothing in [json!(null), json!("")] {
        assert_eq!(of_id(nothing), None);
    }
    let body = json!({ "id": 7 });
    assert_eq!(key("[body.id, 1]", &body), key("[body.id, 1]", &body));
    assert_ne!(key("[body.id, 1]", &body), key("[body.id, 2]", &body));

    let long = |end: &str| of_id(json!("x".repeat(300) + end)).unwrap();
    assert_eq!(long("a"), long("a"));
    assert_ne!(long("a"), long("b"));
    assert!(long("a")[0].len() < LONGEST_NAME);
}

#[test]
fn a_handover_may_be_named_by_our_own_id() {
    let hook = hook(
        r#"
        handover = "body.ours"
        reference = "body.theirs"
        event = "{ 'type': 'closed', 'reason': body.why | default(none) }"
        "#,
    );
    let ours = "01a1f000-0000-7000-8000-000000000001";
    let heard = hear(
        &hook,
        &json!({"ours": ours, "theirs": "7", "why": "solved"}),
    );
    assert_eq!(heard.told[0].about, About::Handover(ours.parse().unwrap()));
    let heard = hear(&hook, &json!({"ours": null, "theirs": "7"}));
    assert_eq!(heard.told[0].about, About::Reference("7".into()));
    assert_eq!(
        heard.told[0].event,
        DeskEvent::Closed {
            reason: None,
            by: None
        }
    );
}

#[test]
fn no_expression_sees_what_opens_something() {
    let hook = hook(
        r#"
        reference = "'7'"
        event = "{ 'type': 'closed', 'reason': headers.authorization | default('unseen') }"
        "#,
    );
    let heard = hear(&hook, &json!({}));
    let reason = Some("unseen".to_owned());
    assert_eq!(heard.told[0].event, DeskEvent::Closed { reason, by: None });
}

#[test]
fn what_is_told_of_one_conversation_in_a_row_is_one_step() {
    let desk = DeskName::new("tickets").unwrap();
    let hook = hook(&format!("list = \"body.events\"\n{REPLIES}"));
    let reply = |ticket: u64, text: &str| json!({"kind": "reply", "ticket": ticket, "text": text, "by": "Ann"});
    let events = [
        reply(7, "one"),
        json!({"kind": "typing"}),
        reply(7, "two"),
        reply(8, "three"),
        reply(7, "four"),
    ];
    let heard = hear(&hook, &json!({ "events": events }));
    let steps = steps(&desk, &heard.told);
    let seen: Vec<_> = steps
        .iter()
        .map(|step| match &step.target {
            Target::Leg(leg) => (leg.reference.as_deref(), step.events.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [(Some("7"), 2), (Some("8"), 1), (Some("7"), 1)]);
    let keys = steps.iter().flat_map(|step| &step.events);
    let keys: Vec<_> = keys.flat_map(|incoming| &incoming.keys).collect();
    assert_eq!(keys.len(), 4);
    assert!(
        keys.iter()
            .all(|key| keys.iter().filter(|other| other == &key).count() == 1)
    );
}
