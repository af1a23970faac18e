//! Each fault strikes as it says, and no other way.

use std::{num::NonZeroU8, time::Duration};

use handover_bridge::emulator::{BotState, FaultRate, Faults, Speaker};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stub::{World, say};

#[tokio::test]
async fn repeats_send_each_webhook_again_byte_for_byte() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        repeats: NonZeroU8::new(3).unwrap(),
        ..Faults::default()
    });
    world.user.write(&session, "agent").unwrap();
    let heard = world.bridge.until(|heard| heard.len() == 2 + 9).await;
    for thrice in heard[2..].chunks(3) {
        assert_eq!(thrice[0].body, thrice[1].body);
        assert_eq!(thrice[0].body, thrice[2].body);
    }
    assert_eq!(heard[10].event(), "offload");
}

#[tokio::test]
async fn a_swap_makes_neighbours_change_places() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        webhook_swap: FaultRate::next(1),
        ..Faults::default()
    });
    world.user.write(&session, "hello there").unwrap();
    let heard = world.bridge.until(|heard| heard.len() == 4).await;
    assert_eq!(heard[2].body["messages"][0]["actor"], "bot");
    assert_eq!(heard[3].texts(), ["hello there"]);
}

#[tokio::test]
async fn a_dropped_webhook_is_never_sent_and_a_dropped_offload_is_an_answer_lost() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        webhook_drop: FaultRate::next(1),
        ..Faults::default()
    });
    world.user.write(&session, "hello there").unwrap();
    let heard = world.bridge.until(|heard| heard.len() == 3).await;
    assert_eq!(heard[2].body["messages"][0]["actor"], "bot");

    world.user.set_faults(Faults {
        webhook_drop: FaultRate::percent(100),
        ..Faults::default()
    });
    world.user.write(&session, "agent").unwrap();
    world
        .shows_bot_note(&session, "The bridge gave no answer")
        .await;
    assert!(
        world
            .bridge
            .heard()
            .iter()
            .all(|call| call.event() != "offload")
    );
}

#[tokio::test]
async fn a_lost_answer_leaves_the_bot_speaking_though_the_bridge_took_the_user() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        offload_answer_lost: FaultRate::next(1),
        ..Faults::default()
    });
    world.user.write(&session, "agent").unwrap();
    world
        .shows_bot_note(&session, "The bridge gave no answer")
        .await;
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
    assert!(
        world
            .bridge
            .heard()
            .iter()
            .any(|call| call.event() == "offload")
    );
}

#[tokio::test]
async fn delays_hold_webhooks_and_calls_back() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        webhook_delay_ms: 120,
        api_delay_ms: 120,
        ..Faults::default()
    });
    let started = Instant::now();
    world.user.write(&session, "hello there").unwrap();
    world.bridge.until(|heard| heard.len() == 4).await;
    assert!(started.elapsed() >= Duration::from_millis(240));
    let started = Instant::now();
    world.act(&session, &say("late")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn refusals_have_no_effect_and_end_when_they_are_used_up() {
    let world = World::new().await;
    let session = world.talk().await;
    for (faults, status) in [
        (
            Faults {
                api_5xx: FaultRate::next(2),
                ..Faults::default()
            },
            503,
        ),
        (
            Faults {
                api_429: FaultRate::next(2),
                ..Faults::default()
            },
            429,
        ),
        (
            Faults {
                api_401: FaultRate::next(2),
                ..Faults::default()
            },
            401,
        ),
    ] {
        let before = world.user.texts_by(&session, Speaker::Agent).len();
        world.user.set_faults(faults);
        for _ in 0..2 {
            let answer = world.act(&session, &say("hello")).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().contains_key("retry-after"), status == 429);
        }
        assert_eq!(world.user.texts_by(&session, Speaker::Agent).len(), before);
        assert_eq!(
            world.act(&session, &say("hello")).await.unwrap().status(),
            200
        );
        assert_eq!(
            world.user.texts_by(&session, Speaker::Agent).len(),
            before + 1
        );
    }
}

#[tokio::test]
async fn a_cut_line_gives_no_answer_with_or_without_effect() {
    let world = World::new().await;
    let session = world.talk().await;
    for (faults, effect) in [
        (
            Faults {
                api_cut_before: FaultRate::next(1),
                ..Faults::default()
            },
            0,
        ),
        (
            Faults {
                api_cut_after: FaultRate::next(1),
                ..Faults::default()
            },
            1,
        ),
    ] {
        let before = world.user.texts_by(&session, Speaker::Agent).len();
        world.user.set_faults(faults);
        let answer = world.act(&session, &say("hello")).await;
        assert!(answer.is_err(), "{answer:?}");
        assert_eq!(
            world.user.texts_by(&session, Speaker::Agent).len(),
            before + effect
        );
    }
}

#[tokio::test]
async fn an_echo_comes_back_as_a_bot_message_and_is_off_by_default() {
    let world = World::new().await;
    let session = world.handed_over().await;
    world.act(&session, &say("not echoed")).await.unwrap();
    world.user.set_faults(Faults {
        echo: true,
        ..Faults::default()
    });
    world.act(&session, &say("echoed")).await.unwrap();
    let heard = world
        .bridge
        .until(|heard| heard.last().is_some_and(|call| call.texts() == ["echoed"]))
        .await;
    assert_eq!(heard.last().unwrap().body["messages"][0]["actor"], "bot");
    assert!(heard.iter().all(|call| call.texts() != ["not echoed"]));
}

#[tokio::test]
async fn unknown_fields_are_added_to_every_event() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.set_faults(Faults {
        unknown_fields: true,
        ..Faults::default()
    });
    world.user.write(&session, "hello there").unwrap();
    let heard = world.bridge.until(|heard| heard.len() == 4).await;
    assert!(
        heard[2..]
            .iter()
            .all(|call| call.body.get("futureField").is_some())
    );
}

#[tokio::test]
async fn the_same_seed_refuses_the_same_calls() {
    let world = World::new().await;
    let session = world.talk().await;
    let faults = Faults {
        seed: Some(42),
        api_5xx: FaultRate::percent(50),
        ..Faults::default()
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        world.user.set_faults(faults.clone());
        let mut run = Vec::new();
        for _ in 0..20 {
            run.push(
                world
                    .act(&session, &say("hello"))
                    .await
                    .unwrap()
                    .status()
                    .as_u16(),
            );
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503));
}

#[tokio::test]
async fn faults_are_read_and_set_as_json_and_unknown_ones_refused() {
    let world = World::new().await;
    let url = format!("{}/emulator/faults", world.root);
    let wanted = json!({"seed": 1, "repeats": 2, "api_5xx": {"next": 3}});
    let set: Value = world
        .http
        .put(&url)
        .json(&wanted)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let read: Value = world
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(set, read);
    assert_eq!(read["api_5xx"], json!({"next": 3, "percent": 0}));
    assert_eq!(read["webhook_delay_ms"], 0);
    let wrong = world
        .http
        .put(&url)
        .json(&json!({"api_6xx": {}}))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 422);
    assert_eq!(world.user.faults().repeats.get(), 2);
}
