#![expect(
    clippy::needless_pass_by_value,
    reason = "literals are read more easily without a sign before them"
)]

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::domain::{
    ids::LegId,
    message::{Content, MediaKind},
};

const ATTENDED: &str = include_str!("../../../../tests/samples/aivo-live/attended.json");
const TRANSFER: &str = include_str!("../../../../tests/samples/aivo-live/transfer.json");
const MESSAGE: &str = include_str!("../../../../tests/samples/aivo-live/messageToClient.json");
const CLOSED_BY_AGENT: &str = include_str!("../../../../tests/samples/aivo-live/close.agent.json");
const QUEUE_CLEANED: &str =
    include_str!("../../../../tests/samples/aivo-live/close.queue-clean.json");
const LEG: &str = "01930000000070008000000000000001";

fn reader_with(settings: &str) -> Reader {
    let text = format!(
        r#"
        [desks.live]
        kind = "aivo-live"
        bot_id = 1000
        bot_token = "canary-token"
        groups = [2179]
        hook_key = "hook-key-of-the-tests"
        {settings}
        "#
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    let (name, desk) = config.desks.into_iter().next().unwrap();
    let config::Kind::AivoLive(desk) = desk.kind else {
        panic!("another kind")
    };
    Reader::new(&name, &desk)
}

fn reader() -> Reader {
    reader_with("")
}

fn step(body: &str) -> (LegTarget, DeskEvent, Vec<DedupeKey>) {
    let Ok(Told::Step(step)) = reader().read(body.as_bytes()) else {
        panic!("no step: {body}")
    };
    let Target::Leg(target) = step.target else {
        panic!("another target")
    };
    let [incoming] = <[Incoming; 1]>::try_from(step.events).unwrap();
    let Event::FromLeg { event, leg: None } = incoming.event else {
        panic!("another event")
    };
    (target, event, incoming.keys)
}

fn told(event: Value) -> DeskEvent {
    step(&event.to_string()).1
}

fn refused(body: &[u8]) -> HookError {
    match reader().read(body) {
        Err(error) => error,
        Ok(told) => panic!("{told:?}"),
    }
}

/// An event as Aivo prints it, with other data.
fn event(name: &str, data: Value) -> Value {
    json!({"name": name, "roomId": "d5211892-e170-4d4a-b2dd-de705b595674", "timestamp": 1_706_293_970_842_633_079_u64,
        "botId": 1000, "eventTime": 1_706_293_970, "data": data})
}

fn said(data: Value) -> AgentSaid {
    match told(event("messageToClient", data)) {
        DeskEvent::Said(said) => said,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_agent_attends_and_the_event_waits_for_its_conversation_to_be_known() {
    let (target, event, keys) = step(ATTENDED);
    assert_eq!(target.desk.as_str(), "live");
    assert_eq!(
        target.reference.as_deref(),
        Some("d5211892-e170-4d4a-b2dd-de705b595674")
    );
    assert_eq!(
        (target.leg, target.keep_unmatched),
        (None, Some(KEEP_UNMATCHED))
    );
    let tomas = Agent {
        name: Some("Tomas NICKK".to_owned()),
        avatar_url: None,
    };
    assert_eq!(event, DeskEvent::Joined(tomas));
    assert_eq!(keys.len(), 1);
}

#[test]
fn the_other_documented_samples() {
    let (target, event, _) = step(TRANSFER);
    let to = Some("5".to_owned());
    assert_eq!(event, DeskEvent::Transferred { to });
    assert_eq!((target.leg, target.keep_unmatched), (None, None));

    let (_, event, _) = step(MESSAGE);
    let DeskEvent::Said(said) = event else {
        panic!("no message")
    };
    assert_eq!(said.content, Content::text("¿Puedo ayudarlo en algo más?1"));
    assert!(said.automatic && said.keep_if_late);
    assert_eq!(said.agent, None);
    assert_eq!(said.raw.as_deref(), Some(MESSAGE));

    for (sample, reason, by) in [
        (CLOSED_BY_AGENT, "solved", Some(Agent::default())),
        (QUEUE_CLEANED, "queue_expired", None),
    ] {
        let (_, event, _) = step(sample);
        let reason = Some(reason.to_owned());
        assert_eq!(event, DeskEvent::Closed { reason, by });
    }
}

#[test]
fn a_hash_of_ours_names_its_leg_with_the_token_and_without() {
    let leg = Some(LegId::from_uuid(LEG.parse::<Uuid>().unwrap()));
    for hash in [
        LEG.to_owned(),
        format!("{LEG}_canary-token"),
        format!("{LEG}_another"),
    ] {
        let event = event("close", json!({"hash": hash, "reason": "agent"}));
        let (target, ..) = step(&event.to_string());
        assert_eq!(target.leg, leg, "{hash}");
    }
}

#[test]
fn a_hash_alone_is_enough_and_nothing_at_all_is_not() {
    let hash = json!({"name": "close", "botId": 1000, "data": {"hash": LEG}}).to_string();
    let (target, event, keys) = step(&hash);
    assert_eq!(
        (target.reference, event),
        (
            None,
            DeskEvent::Closed {
                reason: None,
                by: None
            }
        )
    );
    assert!(
        target.leg.is_some() && keys.is_empty(),
        "without a time it is never a repeat"
    );
    for body in [
        json!({"name": "attended", "botId": 1000, "data": {}}),
        json!({"name": "close", "roomId": null, "data": {"hash": "b9e8f46b56efbace"}}),
        json!({"name": "close", "roomId": ["x"], "data": {}}),
    ] {
        let error = refused(body.to_string().as_bytes());
        assert!(
            matches!(error, HookError::Contract { field: "roomId" }),
            "{error:?}"
        );
    }
}

#[test]
fn ids_that_could_not_stand_in_an_address_are_refused() {
    for room in ["", ".", "..", &"x".repeat(257)] {
        let body = json!({"name": "attended", "roomId": room, "data": {}}).to_string();
        let error = refused(body.as_bytes());
        assert!(
            matches!(
                error,
                HookError::Id {
                    field: "roomId",
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn two_nanoseconds_are_two_events_and_the_same_nanosecond_is_a_repeat() {
    let key = |nanos: u64| {
        let mut event = event(
            "messageToClient",
            json!({"action": "text", "value": "ok", "source": "agent"}),
        );
        event["timestamp"] = nanos.into();
        step(&event.to_string()).2
    };
    assert_eq!(
        key(1_706_293_970_842_633_079),
        key(1_706_293_970_842_633_079)
    );
    // As floating-point numbers these two are one.
    assert_ne!(
        key(1_706_293_970_842_633_079),
        key(1_706_293_970_842_633_080)
    );
    let text = |value: &str| {
        let data = json!({"action": "text", "value": value, "source": "agent"});
        step(&event("messageToClient", data).to_string()).2
    };
    assert_ne!(text("ok"), text("no"));
}

#[test]
fn an_agent_without_a_name_is_nobody_and_the_configured_name_goes_first() {
    assert_eq!(
        told(event("attended", json!({"agent": {}}))),
        DeskEvent::Joined(Agent::default())
    );
    assert_eq!(
        told(event("attended", json!({}))),
        DeskEvent::Joined(Agent::default())
    );
    let named = |agent: Value, settings: &str| {
        reader_with(settings)
            .agent(Some(&agent))
            .and_then(|agent| agent.name)
    };
    let both = json!({"name": "Tomas", "nickname": "Tom"});
    assert_eq!(named(both.clone(), "").as_deref(), Some("Tom"));
    assert_eq!(
        named(both, "agent_name = \"name\"").as_deref(),
        Some("Tomas")
    );
    let blank = json!({"name": "Tomas", "nickname": "  "});
    assert_eq!(named(blank, "").as_deref(), Some("Tomas"));
    assert_eq!(named(json!({"name": 7}), ""), None);
}

#[test]
fn pictures_files_and_what_aivo_may_think_of_later() {
    let image = said(
        json!({"action": "image", "value": "https://cdn.example/a.png", "source": "agent", "agent": {"name": "Ann"}}),
    );
    assert_eq!(
        image.content,
        Content::Media {
            kind: MediaKind::Image,
            url: "https://cdn.example/a.png".to_owned(),
            name: None,
            caption: None
        }
    );
    assert!(!image.automatic);
    assert_eq!(image.agent.unwrap().name.as_deref(), Some("Ann"));
    let data = json!({"action": "sticker", "value": "smile"});
    assert!(matches!(said(data).content, Content::Unknown { .. }));
    let below = reader_with("files_url = \"https://files.example/live/\"");
    let body = event(
        "messageToClient",
        json!({"action": "file", "value": "/up/offer.pdf"}),
    );
    let Ok(Told::Step(step)) = below.read(body.to_string().as_bytes()) else {
        panic!("no step")
    };
    let text = format!("{:?}", step.events);
    assert!(
        text.contains("https://files.example/live/up/offer.pdf"),
        "{text}"
    );
}

#[test]
fn reasons_that_are_not_known_are_passed_on() {
    for (reason, outcome_of) in [
        ("Agent", "solved"),
        ("closed by inactivity trigger", "inactive"),
        ("cierre por inactividad", "inactive"),
        ("agent left", "agent left"),
        ("  ", "closed"),
    ] {
        assert_eq!(outcome(reason), outcome_of);
    }
    assert_eq!(outcome(&"é".repeat(1000)).chars().count(), LONGEST_REASON);
}

#[test]
fn events_of_other_bots_and_other_names_are_told_apart_from_ours() {
    let mut other = event("attended", json!({}));
    other["botId"] = 1001.into();
    assert!(matches!(
        reader().read(other.to_string().as_bytes()),
        Ok(Told::Elsewhere)
    ));
    other["botId"] = "1000".into();
    assert!(matches!(
        reader().read(other.to_string().as_bytes()),
        Ok(Told::Step(_))
    ));
    let later = event("typing", json!({}));
    assert!(matches!(
        reader().read(later.to_string().as_bytes()),
        Ok(Told::Unknown)
    ));
}

#[test]
fn what_is_no_event_is_refused_without_being_quoted() {
    let rows: [(&[u8], &str); 7] = [
        (b"", "the body is not json"),
        (b"{\"name\": \"canary", "the body is not json"),
        (b"\xff{}", "the body is not utf-8"),
        (b"[\"canary\"]", "the body must be an object"),
        (b"{}", "name is missing or is not what it must be"),
        (b"{\"name\": 7}", "name is missing or is not what it must be"),
        (
            br#"{"name": "messageToClient", "roomId": "r", "data": {"action": "text", "value": {"canary": 1}}}"#,
            "data.value is missing or is not what it must be",
        ),
    ];
    for (body, says) in rows {
        let error = refused(body);
        assert_eq!(error.to_string(), says);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>) {
        let _ = reader().read(&body);
    }

    #[test]
    fn no_field_of_any_type_makes_it_panic(
        name in prop::sample::select(vec!["attended", "transfer", "messageToClient", "close"]),
        field in prop::sample::select(vec!["roomId", "timestamp", "botId", "data"]),
        inner in prop::sample::select(vec!["hash", "reason", "agent", "action", "value", "source", "target"]),
        odd in prop::sample::select(vec!["null", "true", "-1", "1e300", "\"\"", "\"\\u0000\"", "[]", "{}", "[[1]]"]),
    ) {
        let odd: Value = serde_json::from_str(odd).unwrap();
        let mut event = event(name, json!({"action": "text", "value": "x", "hash": LEG}));
        event["data"][inner] = odd.clone();
        let _ = reader().read(event.to_string().as_bytes());
        event[field] = odd;
        let _ = reader().read(event.to_string().as_bytes());
    }
}
