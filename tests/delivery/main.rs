//! What a platform and a desk see of the bridge when all is well, and when something is not.

#![cfg(test)]

mod aivo_live;
mod backup;
mod bridge;
mod chatwoot;
#[path = "../store/postgres/cluster.rs"]
mod cluster;
mod console;
mod erasure;
mod free_port;
mod gone;
mod notice;
mod operator;
mod played;
mod postgres;
mod process;
mod rotation;
#[path = "../store/postgres/server.rs"]
mod server;
mod vendors;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{
    bridge::World,
    vendors::{Answer, Call},
};

/// Longer than anything takes in these tests on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The texts of the `message.created` calls, in order.
fn texts(calls: &[Call]) -> Vec<&str> {
    let created = calls
        .iter()
        .filter(|call| call.body["type"] == "message.created");
    created
        .filter_map(|call| call.body["data"]["message"]["content"]["text"].as_str())
        .collect()
}

fn of_type(calls: &[Call], kind: &str) -> usize {
    calls
        .iter()
        .filter(|call| call.body["type"] == kind)
        .count()
}

fn handover_of(calls: &[Call]) -> String {
    let opened = calls
        .iter()
        .find(|call| call.body["type"] == "handover.opened")
        .expect("the desk was asked");
    opened.body["data"]["handover"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What a call of the actions API has the bot say.
fn said(call: &Call) -> Option<&str> {
    call.body
        .pointer("/sendMessages/0/textMessageTemplate/textMessages/0/text")?
        .as_str()
}

fn accepted() -> Value {
    json!({"offloadSuccess": true, "pauseBot": true})
}

fn declined() -> Value {
    json!({"offloadSuccess": false, "pauseBot": false})
}

async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "it never came");
}

fn agent_says(text: &str) -> Value {
    json!({"type": "message", "content": {"type": "text", "text": text}})
}

#[tokio::test]
async fn a_conversation_goes_to_the_desk_and_back_to_the_bot() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    bridge.say("s1", 1).await;
    let calls = world
        .desk
        .until("the message", |calls| {
            of_type(calls, "message.created") == 1
        })
        .await;
    assert_eq!(texts(&calls), ["message 1"]);
    assert_eq!(
        calls[0].body["data"]["transcript"][0]["content"]["text"],
        "help"
    );

    let handover = handover_of(&calls);
    assert_eq!(
        bridge
            .desk_says(
                &handover,
                json!({"type": "attended", "agent": {"name": "Ann"}})
            )
            .await,
        202
    );
    assert_eq!(bridge.desk_says(&handover, agent_says("Hello")).await, 202);
    assert_eq!(
        bridge
            .desk_says(&handover, json!({"type": "closed", "reason": "solved"}))
            .await,
        202
    );
    let calls = world
        .platform
        .until("the resume", |calls| calls.len() == 2)
        .await;
    assert_eq!(calls[0].path, "/v1/bots/b1/conversations/s1/actions");
    assert_eq!(said(&calls[0]), Some("Hello"));
    assert_eq!(calls[1].body["unpauseBot"], true);
    assert_eq!(calls[1].body["sessionData"]["handover_reason"], "solved");
    assert_eq!(
        bridge.desk_says(&handover, agent_says("too late")).await,
        409
    );
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_desk_could_not_take_it_gets_in_order_under_the_same_ids_when_it_is_back() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    world.desk.set_down(true);
    for number in 1..=5 {
        bridge.say("s1", number).await;
    }
    world.desk.until("attempts", |calls| calls.len() >= 4).await;
    world.desk.set_down(false);
    world
        .desk
        .until("the last", |calls| {
            texts(calls).last() == Some(&"message 5")
        })
        .await;
    assert_eq!(
        texts(&world.desk.taken()),
        [
            "message 1",
            "message 2",
            "message 3",
            "message 4",
            "message 5"
        ]
    );
    let calls = world.desk.calls();
    let ids = |text: &str| {
        let mut ids: Vec<_> = calls
            .iter()
            .filter(|call| texts(&[(*call).clone()]) == [text])
            .map(|call| &call.id)
            .collect();
        ids.dedup();
        ids.len()
    };
    assert!(
        (1..=5).all(|number| ids(&format!("message {number}")) == 1),
        "{calls:#?}"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn a_desk_that_is_down_when_it_is_asked_leaves_the_user_with_the_bot() {
    let world = World::new().await;
    let bridge = world.start().await;
    world.desk.set_down(true);
    assert_eq!(bridge.offload("s1").await, declined());
    world.desk.set_down(false);
    let calls = world
        .desk
        .until("the end", |calls| of_type(calls, "handover.closed") == 1)
        .await;
    assert_eq!(calls.last().unwrap().body["data"]["reason"], "declined");
    assert_eq!(bridge.offload("s2").await, accepted());
    assert!(
        world.platform.calls().is_empty(),
        "the bot speaks for itself"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn a_desk_that_refuses_is_believed() {
    let world = World::new().await;
    let bridge = world.start().await;
    world.desk.answer_next([Answer::Refuse]);
    assert_eq!(bridge.offload("s1").await, declined());
    assert_eq!(world.desk.calls().len(), 1);
    bridge.stop().await;
}

#[tokio::test]
async fn a_message_that_the_desk_will_never_take_leaves_a_line_in_its_place() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    world.desk.answer_next([Answer::Status(422)]);
    bridge.say("s1", 1).await;
    bridge.say("s1", 2).await;
    let calls = world.desk.until("the rest", |calls| calls.len() == 4).await;
    assert_eq!(calls[1].status, 422);
    let taken = world.desk.taken();
    assert_eq!(texts(&taken).last(), Some(&"message 2"));
    assert_eq!(
        taken.len(),
        3,
        "the handover, the line, and the next message"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn a_platform_that_limits_the_rate_is_left_alone_for_as_long_as_it_says() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.platform.answer_next([Answer::RetryAfter(429, 2)]);
    for text in ["one", "two", "three"] {
        assert_eq!(bridge.desk_says(&handover, agent_says(text)).await, 202);
    }
    let calls = world
        .platform
        .until("all of it", |calls| calls.len() == 4)
        .await;
    assert!(calls[1].at - calls[0].at >= Duration::from_millis(1_900));
    let order: Vec<_> = calls[1..].iter().filter_map(said).collect();
    assert_eq!(order, ["one", "two", "three"]);
    bridge.stop().await;
}

#[tokio::test]
async fn a_bot_that_refuses_our_token_gets_no_more_agents_until_it_takes_it() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.platform.answer_next([Answer::Status(401)]);
    assert_eq!(bridge.desk_says(&handover, agent_says("hello")).await, 202);
    world
        .platform
        .until("the refusal", |calls| calls.len() == 1)
        .await;
    until(async || bridge.warnings("destination_paused").await == 1).await;
    assert_eq!(bridge.offload("s2").await, declined());
    assert_eq!(of_type(&world.desk.calls(), "handover.opened"), 1);
    assert_eq!(bridge.handover(&handover).await["state"], "attended");
    bridge.stop().await;
    assert_eq!(
        world.rows("SELECT detail FROM journal WHERE cause = 'declined'"),
        ["bot_refuses_calls"]
    );
}

#[tokio::test]
async fn an_agent_is_told_that_a_message_did_not_reach_the_user() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.platform.answer_next([Answer::Status(400)]);
    assert_eq!(bridge.desk_says(&handover, agent_says("bad")).await, 202);
    let calls = world
        .desk
        .until("the failure", |calls| of_type(calls, "message.failed") == 1)
        .await;
    assert_eq!(
        calls.last().unwrap().body["data"]["handover_id"],
        handover.as_str()
    );
    bridge.stop().await;
}

#[tokio::test]
async fn what_was_owed_at_the_stop_is_delivered_after_the_next_start() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.desk.set_down(true);
    bridge.say("s1", 1).await;
    bridge.say("s1", 2).await;
    let before = world
        .desk
        .until("an attempt", |calls| {
            texts(calls).first() == Some(&"message 1")
        })
        .await;
    bridge.stop().await;

    world.desk.set_down(false);
    let bridge = world.start().await;
    world
        .desk
        .until("the second", |calls| {
            texts(calls).last() == Some(&"message 2")
        })
        .await;
    let taken = world.desk.taken();
    assert_eq!(texts(&taken), ["message 1", "message 2"]);
    assert_eq!(taken[1].id, before.last().unwrap().id, "under its old id");
    assert_eq!(bridge.handover(&handover).await["state"], "waiting");
    bridge.stop().await;
}
