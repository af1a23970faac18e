//! Certainly's two hooks: what is answered, what is kept, and who is let in.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use handover_bridge::{
    domain::{
        conversation::Answer,
        event::{Event, Target},
        handover::Outcome,
    },
    http::shed::Capacity,
    store::Error,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::{ADMIN, Bridge, Call, HOOK_PASSWORD, HOOK_TOKEN, KEY, Reply, VERIFY},
    store::{Apply, Script, TAKEN},
};

const CLAIM: &str = include_str!("../samples/certainly/handover-webhook.json");
const USER_TEXT: &str = include_str!("../samples/certainly/messages.user.text.json");
const BOT_TEXT: &str = include_str!("../samples/certainly/messages.bot.text.json");

fn hook(bot: &str, last: &str) -> String {
    format!("/hooks/certainly/{bot}/{KEY}/{last}")
}

fn requested(answer: Answer) -> Script {
    Script {
        apply: Apply::requested(answer),
        ..Script::default()
    }
}

async fn claimed(bridge: &Bridge) -> (u16, Value) {
    let began = Instant::now();
    let reply = bridge
        .send(Call::post(&hook("fashion", "claim"), CLAIM))
        .await;
    assert!(began.elapsed() < Duration::from_millis(2500));
    (reply.status.as_u16(), reply.json())
}

fn accepted() -> Value {
    json!({
        "accepted": true, "status": "waiting", "handover_id": TAKEN.to_string(), "queue_position": null, "message": "",
    })
}

fn declined() -> Value {
    json!({
        "accepted": false, "status": "declined", "handover_id": null, "queue_position": null,
        "message": "nobody takes over now",
    })
}

#[tokio::test]
async fn a_claim_is_answered_with_one_flat_object_that_says_what_is_stored() {
    let pending = |decided| Script {
        answer: Some(decided),
        ..requested(Answer::Pending)
    };
    for (script, answer) in [
        (requested(Answer::Accepted), accepted()),
        (requested(Answer::Declined), declined()),
        (pending(Answer::Accepted), accepted()),
        (pending(Answer::Declined), declined()),
    ] {
        let bridge = Bridge::new(script);
        assert_eq!(claimed(&bridge).await, (200, answer));
        let steps = bridge.store.steps();
        assert!(matches!(
            steps[0].events[0].event,
            Event::HandoverRequested(_)
        ));
        let Target::Conversation(key) = &steps[0].target else {
            panic!("{steps:?}")
        };
        assert_eq!((key.bot.as_str(), key.realm.as_str()), ("fashion", "d7"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_decision_a_store_or_room_the_bot_keeps_the_user() {
    let failing = |apply| Script {
        apply,
        ..Script::default()
    };
    for script in [
        requested(Answer::Pending),
        failing(Apply::Hangs),
        failing(Apply::Panics),
        failing(Apply::Fails(|| Error::Busy)),
        failing(Apply::Fails(|| Error::Closed)),
        failing(Apply::Outcome(Outcome::Repeat { id: None })),
    ] {
        let shown = format!("{script:?}");
        assert_eq!(
            claimed(&Bridge::new(script)).await,
            (200, declined()),
            "{shown}"
        );
    }
    for capacity in [
        Capacity {
            requests: 0,
            ..Capacity::default()
        },
        Capacity {
            body_bytes: 10,
            ..Capacity::default()
        },
    ] {
        let bridge = Bridge::letting_in(capacity, requested(Answer::Accepted));
        assert_eq!(claimed(&bridge).await, (200, declined()), "{capacity:?}");
        assert!(bridge.store.steps().is_empty());
        let reply = bridge
            .send(Call::post(&hook("fashion", "messages"), USER_TEXT))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (503, "unavailable")
        );
        assert!(reply.headers.contains_key("retry-after"));
    }
}

/// A claim has nothing by which it could be known again, so the call itself is what the store finds.
#[tokio::test(start_paused = true)]
async fn a_store_that_may_have_taken_a_claim_hears_of_the_refusal_of_that_call() {
    let bridge = Bridge::new(Script {
        away: 0..4,
        ..Script::default()
    });
    for _ in 0..2 {
        assert_eq!(claimed(&bridge).await, (200, declined()));
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    let steps = bridge.store.steps();
    let events = steps.iter().map(|step| &step.events[..]);
    let events: Vec<_> = events.map(|events| events.first().unwrap()).collect();
    let (claims, told): (Vec<_>, Vec<_>) = events
        .into_iter()
        .partition(|one| matches!(one.event, Event::HandoverRequested(_)));
    assert!(claims[0].keys.len() == 1 && claims[0].keys != claims[1].keys);
    for claim in claims {
        let mut told = told.iter().filter(|told| told.keys == claim.keys);
        let told = told.next_back().unwrap();
        assert_eq!(told.event, Event::ToldDeclined { handover: None });
    }
}

#[tokio::test]
async fn a_users_message_is_kept_and_a_bots_that_names_nobody_is_counted() {
    let bridge = Bridge::new(Script::default());
    for body in [
        USER_TEXT,
        BOT_TEXT,
        r#"{"interlocutor": "later", "data": 7}"#,
    ] {
        let reply = bridge
            .send(Call::post(&hook("fashion", "messages"), body))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (200, json!({})),
            "{body}"
        );
    }
    let steps = bridge.store.steps();
    let [step] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert!(matches!(step.events[0].event, Event::UserSaid(_)));
    let metrics = bridge.send(Call::get("/metrics").bearer(ADMIN)).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    for (outcome, count) in [("accepted", 1), ("unmatched", 2)] {
        let told = metrics.lines().any(|line| {
            line.contains("bot=\"fashion\"")
                && line.contains(&format!("outcome=\"{outcome}\""))
                && line.ends_with(&format!(" {count}"))
        });
        assert!(told, "{outcome}: {metrics}");
    }
}

#[tokio::test]
async fn what_is_not_the_contract_is_refused_in_its_class_and_changes_nothing() {
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    let rows = [
        ("claim", "{".to_owned(), (400, "malformed")),
        ("claim", "{}".to_owned(), (422, "invalid-contract")),
        (
            "claim",
            r#"{"to": ".."}"#.to_owned(),
            (422, "invalid-contract"),
        ),
        ("claim", deep.clone(), (400, "malformed")),
        ("claim", " ".repeat(4 << 20), (400, "malformed")),
        ("claim", " ".repeat((4 << 20) + 1), (413, "too-large")),
        ("messages", "<html>".to_owned(), (400, "malformed")),
        ("messages", "{}".to_owned(), (422, "invalid-contract")),
        (
            "messages",
            r#"{"interlocutor": "user", "data": {"message": {"message": "hi"}}}"#.to_owned(),
            (422, "invalid-contract"),
        ),
        ("messages", deep, (400, "malformed")),
        ("messages", " ".repeat((1 << 20) + 1), (413, "too-large")),
    ];
    let bridge = Bridge::new(Script::default());
    for (last, body, (status, problem)) in rows {
        let shown = format!("{last} {body:.40}");
        let reply = bridge.send(Call::post(&hook("fashion", last), body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, problem),
            "{shown}"
        );
    }
    assert!(bridge.store.steps().is_empty());
}

#[tokio::test]
async fn an_odd_content_type_is_no_reason_to_refuse() {
    let bridge = Bridge::new(requested(Answer::Accepted));
    let call = Call::post(&hook("fashion", "claim"), CLAIM).header("content-type", "text/plain");
    assert_eq!(bridge.send(call).await.json(), accepted());
}

#[tokio::test]
async fn whoever_shows_less_than_all_that_is_asked_for_is_refused_alike() {
    let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
    let right_pair = basic(&format!("certainly:{HOOK_PASSWORD}"));
    let right_token = format!("Bearer {HOOK_TOKEN}");
    let wrong = [
        ("fashion", "wrong-key-of-nobody-at-all", None),
        ("nobody", KEY, None),
        // Of the other platform, with the same key.
        ("webshop", KEY, None),
        ("by_token", KEY, None),
        ("by_token", KEY, Some(right_pair.clone())),
        ("by_token", KEY, Some(format!("Bearer {KEY}"))),
        (
            "by_token",
            "wrong-key-of-nobody-at-all",
            Some(right_token.clone()),
        ),
        ("by_password", KEY, None),
        ("by_password", KEY, Some(right_token.clone())),
        ("by_password", KEY, Some(basic("certainly:"))),
        (
            "by_password",
            KEY,
            Some(basic(&format!("other:{HOOK_PASSWORD}"))),
        ),
        ("by_password", KEY, Some("Basic %%%".to_owned())),
    ];
    let right = [
        ("fashion", None),
        // What is not asked for does no harm: a proxy may have added it.
        ("fashion", Some(right_token.clone())),
        ("by_token", Some(right_token)),
        ("by_password", Some(right_pair)),
    ];
    let call = |path: String, header: Option<String>| {
        let call = Call::post(&path, CLAIM);
        header
            .into_iter()
            .fold(call, |call, value| call.header("authorization", &value))
    };
    let bridge = Bridge::new(requested(Answer::Accepted));
    let mut first: Option<Value> = None;
    for last in ["claim", "messages"] {
        for (bot, key, header) in &wrong {
            let path = format!("/hooks/certainly/{bot}/{key}/{last}");
            let reply = bridge.send(call(path, header.clone())).await;
            assert_eq!(reply.status, 401, "{bot} {header:?}");
            let body = without_id(&reply);
            assert_eq!(first.get_or_insert_with(|| body.clone()), &body);
        }
    }
    assert!(bridge.store.steps().is_empty());
    for (bot, header) in right {
        let reply = bridge.send(call(hook(bot, "claim"), header.clone())).await;
        assert_eq!(reply.json(), accepted(), "{bot} {header:?}");
    }
    let other_platform = format!("/hooks/chatlayer/fashion/{KEY}?verifyToken={VERIFY}");
    let reply = bridge.send(Call::post(&other_platform, CLAIM)).await;
    assert_eq!(reply.status, 401);
}

fn without_id(reply: &Reply) -> Value {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}
