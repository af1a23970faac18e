//! What Aivo Live posts: who gets in, what is answered, and what an operator can see of it.

use std::{fs, path::Path};

use handover_bridge::{
    domain::{
        effect::WarningKind,
        event::{DeskEvent, Event, Target},
        handover::Outcome,
    },
    store::Error,
};
use serde_json::json;

use crate::{
    client::{ADMIN, AIVO_KEY, Bridge, Call, DESK, KEY, Reply},
    store::{Apply, Script},
};

const ATTENDED: &str = include_str!("../samples/aivo-live/attended.json");
const SERIES: &str = "handover_desk_events_total";

fn url() -> String {
    format!("/hooks/aivo-live/live/{AIVO_KEY}")
}

fn applying(apply: Apply) -> Bridge {
    Bridge::new(Script {
        apply,
        ..Script::default()
    })
}

async fn counted(bridge: &Bridge, outcome: &str) -> bool {
    let metrics = bridge.send(Call::get("/metrics").bearer(ADMIN)).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    let line = format!("{SERIES}{{desk=\"live\",outcome=\"{outcome}\"}} 1");
    metrics.lines().any(|seen| seen == line)
}

fn is_taken(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({})));
}

#[tokio::test]
async fn every_sample_becomes_one_event_of_its_conversation_and_is_answered_with_an_empty_object() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/aivo-live");
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 5);
    for path in names {
        let bridge = Bridge::new(Script::default());
        let body = fs::read(&path).unwrap();
        is_taken(&bridge.send(Call::post(&url(), body)).await);
        let steps = bridge.store.steps();
        let [step] = &steps[..] else {
            panic!("{}", path.display())
        };
        assert!(matches!(&step.target, Target::Leg(target) if target.reference.is_some()));
        assert!(matches!(
            &step.events[0].event,
            Event::FromLeg { leg: None, .. }
        ));
        assert_eq!(step.events[0].keys.len(), 1);
        assert!(counted(&bridge, "accepted").await);
    }
}

#[tokio::test]
async fn whatever_opens_something_else_does_not_open_this() {
    let wrong = "wrong-key-of-nobody-at-all";
    let mut answers = Vec::new();
    for (desk, key) in [
        ("live", wrong),
        ("live", KEY),
        ("live", DESK),
        ("live", ADMIN),
        ("nobody", AIVO_KEY),
        ("custom", AIVO_KEY),
        ("custom", DESK),
        ("webshop", KEY),
        ("LIVE", AIVO_KEY),
    ] {
        let bridge = Bridge::new(Script::default());
        let path = format!("/hooks/aivo-live/{desk}/{key}");
        let reply = bridge.send(Call::post(&path, ATTENDED).bearer(DESK)).await;
        assert_eq!(reply.status, 401, "{path}");
        assert!(bridge.store.steps().is_empty(), "{path}");
        let mut body = reply.json();
        body["request_id"] = json!(null);
        answers.push(body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let bridge = Bridge::new(Script::default());
    let keyless = bridge
        .send(Call::post("/hooks/aivo-live/live", ATTENDED))
        .await;
    assert_eq!(keyless.status, 401);
    let token = Call::post("/api/v1/handovers/x/events", "{}")
        .json()
        .bearer(AIVO_KEY);
    assert_eq!(bridge.send(token).await.status, 401);
}

#[tokio::test]
async fn what_is_not_for_a_handover_of_ours_changes_nothing_and_is_counted() {
    for (apply, outcome) in [
        (Apply::NotFound, "unmatched"),
        (Apply::Kept, "kept"),
        (Apply::Outcome(Outcome::Closed), "late"),
        (Apply::Outcome(Outcome::Repeat { id: None }), "repeat"),
    ] {
        let bridge = applying(apply);
        is_taken(&bridge.send(Call::post(&url(), ATTENDED)).await);
        assert!(counted(&bridge, outcome).await, "{outcome}");
        assert!(bridge.store.warned().is_empty(), "{outcome}");
    }
}

#[tokio::test]
async fn what_an_operator_has_to_look_at_is_a_warning() {
    let other_bot = ATTENDED.replace("1000", "1001");
    let later = ATTENDED.replace("attended", "typing");
    for (body, apply, kind, outcome) in [
        (
            ATTENDED,
            Apply::Contradiction,
            WarningKind::ContradictingEvent,
            "contradiction",
        ),
        (
            &other_bot,
            Apply::Taken,
            WarningKind::OtherBotsEvent,
            "other_bot",
        ),
        (&later, Apply::Taken, WarningKind::UnknownEvent, "unknown"),
    ] {
        let bridge = applying(apply);
        is_taken(&bridge.send(Call::post(&url(), body.to_owned())).await);
        let warned = bridge.store.warned();
        let [warning] = &warned[..] else {
            panic!("{outcome}: {warned:?}")
        };
        assert_eq!((warning.kind, warning.subject.as_str()), (kind, "live"));
        assert_eq!(bridge.store.committed(), 0, "{outcome}");
        assert!(counted(&bridge, outcome).await, "{outcome}");
    }
}

#[tokio::test]
async fn bad_bodies_have_their_status_and_store_nothing() {
    let deep = format!("{{\"name\": {}1{}}}", "[".repeat(70), "]".repeat(70));
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    for (body, status, problem) in [
        ("", 400, "malformed"),
        ("{\"name\": \"close\"", 400, "malformed"),
        (&deep, 400, "malformed"),
        ("[]", 422, "invalid-contract"),
        ("{}", 422, "invalid-contract"),
        (r#"{"name": "close", "data": {}}"#, 422, "invalid-contract"),
        (
            r#"{"name": "close", "roomId": "..", "data": {}}"#,
            422,
            "invalid-contract",
        ),
        (
            r#"{"name": "messageToClient", "roomId": "r", "data": {}}"#,
            422,
            "invalid-contract",
        ),
        (&large, 413, "too-large"),
    ] {
        let bridge = Bridge::new(Script::default());
        let reply = bridge.send(Call::post(&url(), body.to_owned())).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, problem)
        );
        assert!(bridge.store.steps().is_empty());
        assert!(counted(&bridge, problem).await, "{problem}");
    }
}

#[tokio::test]
async fn any_content_type_is_read() {
    for content_type in ["application/json", "text/plain", "nonsense"] {
        let bridge = Bridge::new(Script::default());
        let call = Call::post(&url(), ATTENDED).header("content-type", content_type);
        is_taken(&bridge.send(call).await);
    }
}

#[tokio::test]
async fn a_store_that_does_not_write_is_503_and_to_be_tried_again() {
    let bridge = applying(Apply::Fails(|| Error::Busy));
    let reply = bridge.send(Call::post(&url(), ATTENDED)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (503, "unavailable")
    );
    assert!(reply.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_message_carries_what_came_to_the_byte() {
    let sample = include_str!("../samples/aivo-live/messageToClient.json");
    let bridge = Bridge::new(Script::default());
    is_taken(&bridge.send(Call::post(&url(), sample)).await);
    let steps = bridge.store.steps();
    let Event::FromLeg {
        event: DeskEvent::Said(said),
        ..
    } = &steps[0].events[0].event
    else {
        panic!("no message")
    };
    assert_eq!(said.raw.as_deref(), Some(sample));
}
