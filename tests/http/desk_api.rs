//! What a webhook desk tells and reads.

use axum::body::to_bytes;
use handover_bridge::{
    domain::{
        conversation::{Answer, Phase, Profile, UserProfile},
        dedupe::DedupeKey,
        delivery::HandoverFacts,
        event::{DeskEvent, Event, Target},
        handover::Outcome,
        ids::{DeskName, MessageId},
        message::{Actor, Content, Message},
        time::Timestamp,
    },
    store::{Error, HandoverView, Page},
};
use serde_json::json;

use crate::{
    client::{Bridge, Call, DESK, HANDOVER, Reply, begin},
    store::{Apply, Script, TAKEN},
};

const SAID: &str = r#"{"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}}"#;

fn events() -> String {
    format!("/api/v1/handovers/{HANDOVER}/events")
}

fn tell(body: impl Into<axum::body::Body>) -> Call {
    Call::post(&events(), body).json().bearer(DESK)
}

async fn told(script: Script) -> Reply {
    Bridge::new(script).send(tell(SAID)).await
}

#[tokio::test]
async fn an_event_is_stored_under_desk_and_handover_and_answered_with_its_id() {
    for body in [
        r#"{"type": "attended", "agent": {"name": "Ann", "avatar_url": "https://example.com/ann.png"}}"#,
        SAID,
        r#"{"type": "typing"}"#,
        r#"{"type": "transferred", "to": "billing"}"#,
        r#"{"type": "closed", "reason": "solved"}"#,
    ] {
        let bridge = Bridge::new(Script::default());
        let reply = bridge.send(tell(body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (202, json!({"id": TAKEN})),
            "{body}"
        );
        let steps = bridge.store.steps();
        assert!(matches!(
            &steps[0].target,
            Target::Handover { id, desk } if id.to_string() == HANDOVER && desk.as_str() == "custom"
        ));
        assert!(
            steps[0].events[0].keys.is_empty(),
            "every call without a key is a new event"
        );
    }
}

#[tokio::test]
async fn an_agents_text_is_refused_rather_than_kept_when_it_is_late() {
    let bridge = Bridge::new(Script::default());
    bridge.send(tell(SAID)).await;
    let steps = bridge.store.steps();
    let Event::FromDesk {
        event: DeskEvent::Said(said),
        ..
    } = &steps[0].events[0].event
    else {
        panic!("said")
    };
    assert_eq!(said.content, Content::text("Hello, I am Ann"));
    assert!(!said.keep_if_late && !said.automatic);
}

#[tokio::test]
async fn each_outcome_has_its_status() {
    let outcome = |outcome| Script {
        apply: Apply::Outcome(outcome),
        ..Script::default()
    };
    let repeat = told(outcome(Outcome::Repeat { id: Some(TAKEN) })).await;
    assert_eq!(
        (repeat.status.as_u16(), repeat.json()),
        (202, json!({"id": TAKEN}))
    );
    for (script, status, problem) in [
        (outcome(Outcome::Closed), 409, "closed"),
        (outcome(Outcome::KeyReused), 422, "idempotency-mismatch"),
        (
            Script {
                apply: Apply::NotFound,
                ..Script::default()
            },
            404,
            "not-found",
        ),
        (
            Script {
                apply: Apply::Fails(|| Error::Busy),
                ..Script::default()
            },
            503,
            "unavailable",
        ),
        (
            Script {
                apply: Apply::Fails(|| Error::Corrupt("row".into())),
                ..Script::default()
            },
            500,
            "internal",
        ),
    ] {
        let reply = told(script).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, problem)
        );
    }
}

#[tokio::test]
async fn an_idempotency_key_goes_with_desk_handover_and_body() {
    let bridge = Bridge::new(Script::default());
    bridge
        .send(tell(SAID).header("idempotency-key", "k1"))
        .await;
    let desk: DeskName = "custom".parse().unwrap();
    let key = DedupeKey::idempotency(&desk, HANDOVER.parse().unwrap(), "k1", SAID.as_bytes());
    assert_eq!(bridge.store.steps()[0].events[0].keys, [key]);
}

#[tokio::test]
async fn an_idempotency_key_is_one_of_1_to_255_characters() {
    let most = "k".repeat(255);
    let long = "k".repeat(256);
    for (keys, status) in [
        (vec![most.as_str()], 202),
        (vec![long.as_str()], 422),
        (vec![""], 422),
        (vec!["k1", "k1"], 422),
        (vec!["k\u{e9}"], 422),
    ] {
        let call = keys
            .iter()
            .fold(tell(SAID), |call, key| call.header("idempotency-key", key));
        let bridge = Bridge::new(Script::default());
        assert_eq!(bridge.send(call).await.status, status, "{keys:?}");
        assert_eq!(bridge.store.steps().is_empty(), status != 202);
    }
}

#[tokio::test]
async fn what_cannot_be_an_event_is_told_apart() {
    let padded = |length: usize| {
        let shell = r#"{"type": "typing", "padding": ""}"#;
        format!(
            r#"{{"type": "typing", "padding": "{}"}}"#,
            "x".repeat(length - shell.len())
        )
    };
    for (body, status, problem) in [
        ("{".to_owned(), 400, "malformed"),
        (
            format!("{}{}", "[".repeat(65), "]".repeat(65)),
            400,
            "malformed",
        ),
        ("[]".to_owned(), 422, "invalid-contract"),
        (r#"{"type": "dance"}"#.to_owned(), 422, "invalid-contract"),
        (r#"{"type": "message"}"#.to_owned(), 422, "invalid-contract"),
        (
            r#"{"type": "message", "content": {"type": "hologram"}}"#.to_owned(),
            422,
            "invalid-contract",
        ),
        (padded((1 << 20) + 1), 413, "too-large"),
    ] {
        let bridge = Bridge::new(Script::default());
        let shown = body.chars().take(60).collect::<String>();
        let reply = bridge.send(tell(body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, problem),
            "{shown}"
        );
        assert!(bridge.store.steps().is_empty());
    }
    let bridge = Bridge::new(Script::default());
    let file = r#"{"type": "message", "content": {"type": "media", "kind": "pdf", "url": "https://a.example"}}"#;
    assert_eq!(
        bridge.send(tell(file)).await.json()["detail"],
        "content.kind must be one of image, video, audio, file"
    );
    assert_ne!(bridge.send(tell(padded(1 << 20))).await.status, 413);

    for content_type in ["text/plain", ""] {
        let call = Call::post(&events(), SAID)
            .bearer(DESK)
            .header("content-type", content_type);
        assert_eq!(bridge.send(call).await.problem(), "unsupported-media-type");
    }
    assert_eq!(
        bridge
            .send(Call::post(&events(), SAID).bearer(DESK))
            .await
            .status,
        415
    );
    let nowhere = Call::post("/api/v1/handovers/none/events", SAID)
        .json()
        .bearer(DESK);
    assert_eq!(bridge.send(nowhere).await.problem(), "not-found");
}

fn said(seq: u64, text: &str) -> Message {
    Message {
        id: MessageId::from_uuid(TAKEN),
        seq,
        actor: Actor::User,
        at: Timestamp::from_millis(0),
        content: Content::text(text),
        handover: None,
        late: false,
        raw: None,
    }
}

#[tokio::test]
async fn a_handover_is_shown_in_the_shape_in_which_it_was_opened() {
    let view = HandoverView {
        facts: HandoverFacts {
            id: HANDOVER.parse().unwrap(),
            language: "en".to_owned(),
            payload: Some(json!({"department": "sales"})),
            options: serde_json::Map::new(),
        },
        bot: "webshop".parse().unwrap(),
        user: "session-1".to_owned(),
        profile: Profile {
            platform_bot_id: Some("b1".to_owned()),
            version: Some("LIVE".to_owned()),
            channel: Some("web".to_owned()),
            user: UserProfile {
                first_name: Some("Guest".to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        }
        .into(),
        phase: Some(Phase::Waiting),
        answer: Answer::Accepted,
        transcript: Page {
            items: vec![said(1, "help")],
            more: false,
        },
    };
    let show = || Call::get(&format!("/api/v1/handovers/{HANDOVER}")).bearer(DESK);
    let bridge = Bridge::new(Script {
        handover: Some(view.clone()),
        ..Script::default()
    });
    let shown = bridge.send(show()).await.json();
    assert_eq!(
        shown,
        json!({
            "handover": {
                "id": HANDOVER, "bot": "webshop", "bot_id": "b1", "version": "LIVE", "session_id": "session-1",
                "channel": "web", "language": "en", "payload": {"department": "sales"}, "options": {},
                "user": {"id": "session-1", "first_name": "Guest", "last_name": null, "avatar_url": null},
            },
            "state": "waiting",
            "transcript": [{
                "id": TAKEN, "seq": 1, "actor": "user", "at": "1970-01-01T00:00:00.000Z",
                "content": {"type": "text", "text": "help"},
            }],
        })
    );

    let begun = HandoverView {
        transcript: Page {
            more: true,
            ..view.transcript.clone()
        },
        ..view.clone()
    };
    let mut whole = shown.clone();
    for (seq, text) in [(2, "hello?"), (3, "help!")] {
        let mut message = whole["transcript"][0].clone();
        (message["seq"], message["content"]["text"]) = (seq.into(), text.into());
        whole["transcript"].as_array_mut().unwrap().push(message);
    }
    let in_parts = Bridge::new(Script {
        handover: Some(begun.clone()),
        said_later: vec![said(2, "hello?"), said(3, "help!")],
        ..Script::default()
    });
    assert_eq!(in_parts.send(show()).await.json(), whole);
    let breaks_off = Bridge::new(Script {
        handover: Some(begun),
        ..Script::default()
    });
    let answer = begin(&breaks_off.router, show()).await;
    assert_eq!(answer.status(), 200, "it has begun");
    assert!(to_bytes(answer.into_body(), usize::MAX).await.is_err());

    let over = Bridge::new(Script {
        handover: Some(HandoverView {
            phase: None,
            ..view
        }),
        ..Script::default()
    });
    assert_eq!(over.send(show()).await.json()["state"], "closed");
    let unknown = Bridge::new(Script::default());
    assert_eq!(unknown.send(show()).await.problem(), "not-found");
}
