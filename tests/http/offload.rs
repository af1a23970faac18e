//! The answer to an offload says what is stored, in time, whatever happens to the store.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::Answer,
        event::{Event, Step},
        handover::Outcome,
        ids::HandoverId,
    },
    store::Error,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::{Bridge, Call, KEY, VERIFY},
    store::{Apply, Script, TAKEN},
};

const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");

fn said(taken: bool) -> Value {
    json!({"offloadSuccess": taken, "pauseBot": taken})
}

async fn answer(script: Script) -> (u16, Value) {
    let bridge = Bridge::new(script);
    let began = Instant::now();
    let reply = bridge
        .send(Call::post(
            &format!("/hooks/chatlayer/webshop/{KEY}"),
            OFFLOAD.to_owned(),
        ))
        .await;
    assert!(began.elapsed() < Duration::from_millis(2500));
    assert!(
        matches!(&bridge.store.steps()[0].events[..], [only] if matches!(only.event, Event::HandoverRequested(_)))
    );
    (reply.status.as_u16(), reply.json())
}

#[tokio::test(start_paused = true)]
async fn what_is_decided_at_once_is_answered_at_once() {
    for (decided, taken) in [(Answer::Accepted, true), (Answer::Declined, false)] {
        let script = Script {
            apply: Apply::requested(decided),
            ..Script::default()
        };
        assert_eq!(answer(script).await, (200, said(taken)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_is_waited_for() {
    for (decided, taken) in [
        (Answer::Accepted, true),
        (Answer::Declined, false),
        (Answer::Pending, false),
    ] {
        let script = Script {
            apply: Apply::requested(Answer::Pending),
            answer: Some(decided),
            ..Script::default()
        };
        assert_eq!(answer(script).await, (200, said(taken)));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_decision_or_a_store_the_bot_keeps_the_user() {
    for apply in [
        Apply::requested(Answer::Pending),
        Apply::Hangs,
        Apply::Fails(|| Error::Busy),
        Apply::Fails(|| Error::Closed),
        Apply::Fails(|| Error::Unavailable("disk full".into())),
        Apply::Outcome(Outcome::Repeat { id: None }),
    ] {
        let shown = format!("{apply:?}");
        let script = Script {
            apply,
            ..Script::default()
        };
        assert_eq!(answer(script).await, (200, said(false)), "{shown}");
    }
}

/// What the store is asked for a request that is declined, and a minute after.
async fn steps_of_a_refusal(script: Script) -> Vec<Step> {
    let bridge = Bridge::new(script);
    let path = format!("/hooks/chatlayer/webshop/{KEY}");
    let reply = bridge.send(Call::post(&path, OFFLOAD.to_owned())).await;
    assert_eq!(reply.json(), said(false));
    tokio::time::sleep(Duration::from_mins(1)).await;
    bridge.store.steps()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_hears_of_a_refusal_when_it_is_back() {
    let script = Script {
        apply: Apply::requested(Answer::Pending),
        answer_fails: true,
        away: 1..6,
        ..Script::default()
    };
    let steps = steps_of_a_refusal(script).await;
    let handover = HandoverId::from_uuid(TAKEN);
    assert_eq!(steps.len(), 7, "until it was taken, and not again");
    for step in &steps[1..] {
        assert!(
            matches!(&step.events[..], [only] if only.event == Event::ToldDeclined { handover: Some(handover) })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_may_have_taken_a_request_hears_of_the_refusal_by_its_keys() {
    let script = Script {
        away: 0..3,
        ..Script::default()
    };
    let steps = steps_of_a_refusal(script).await;
    assert_eq!(steps.len(), 4, "until it was taken, and not again");
    let [shared, own] = &steps[0].events[0].keys[..] else {
        panic!("{steps:?}")
    };
    let mut before = Duration::ZERO;
    for step in &steps[1..] {
        let [told, repeat] = &step.events[..] else {
            panic!("{step:?}")
        };
        assert_eq!(told.event, Event::ToldDeclined { handover: None });
        assert_eq!(told.keys, std::slice::from_ref(own));
        let Event::RepeatToldDeclined {
            handover: None,
            ago,
        } = repeat.event
        else {
            panic!("{repeat:?}")
        };
        assert_eq!(repeat.keys, std::slice::from_ref(shared));
        assert!(ago > before || before.is_zero(), "{ago:?}");
        before = ago;
    }
}

#[tokio::test(start_paused = true)]
async fn an_offload_without_a_time_can_be_taken_back_as_well() {
    let bridge = Bridge::new(Script {
        away: 0..1,
        ..Script::default()
    });
    let mut offload: Value = serde_json::from_str(OFFLOAD).unwrap();
    offload["timestamp"] = json!("some time ago");
    let path = format!("/hooks/chatlayer/webshop/{KEY}");
    let reply = bridge.send(Call::post(&path, offload.to_string())).await;
    assert_eq!(reply.json(), said(false));
    tokio::time::sleep(Duration::from_secs(30)).await;
    let [asked, told] = &bridge.store.steps()[..] else {
        panic!("it was not taken back")
    };
    assert_eq!(told.events[0].event, Event::ToldDeclined { handover: None });
    assert!(!asked.events[0].keys.is_empty());
    assert_eq!(told.events[0].keys, asked.events[0].keys);
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_stops_tells_of_a_refusal_for_a_few_seconds_more() {
    for (away, taken) in [(0..4, true), (0..1000, false)] {
        let bridge = Bridge::new(Script {
            away,
            ..Script::default()
        });
        bridge.stopping.cancel();
        let path = format!("/hooks/chatlayer/webshop/{KEY}");
        let reply = bridge.send(Call::post(&path, OFFLOAD.to_owned())).await;
        assert_eq!(reply.json(), said(false));
        bridge.tasks.close();
        let began = Instant::now();
        bridge.tasks.wait().await;
        assert!(began.elapsed() < Duration::from_secs(7));
        let steps = bridge.store.steps().len();
        assert_eq!(steps == 5, taken, "{steps} steps");
    }
}

#[tokio::test]
async fn the_old_name_of_the_event_is_read_and_a_token_serves_as_well_as_the_key() {
    let script = || Script {
        apply: Apply::requested(Answer::Accepted),
        ..Script::default()
    };
    let old = OFFLOAD.replace("\"event\":", "\"type\":");
    for (path, body) in &[
        (format!("/hooks/chatlayer/webshop/{KEY}"), old),
        (
            format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}"),
            OFFLOAD.to_owned(),
        ),
        (
            format!("/hooks/chatlayer/plain?verifyToken={VERIFY}"),
            OFFLOAD.to_owned(),
        ),
    ] {
        let reply = Bridge::new(script())
            .send(Call::post(path, body.clone()))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (200, said(true)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_offload_may_be_as_large_as_the_hook_allows() {
    let open = OFFLOAD.trim_end().strip_suffix('}').unwrap();
    let large = format!(r#"{open}, "padding": "{}"}}"#, "x".repeat(3 << 20));
    let bridge = Bridge::new(Script {
        apply: Apply::requested(Answer::Accepted),
        ..Script::default()
    });
    let reply = bridge
        .send(Call::post(
            &format!("/hooks/chatlayer/webshop/{KEY}"),
            large,
        ))
        .await;
    assert_eq!(reply.json(), said(true));
}
