//! The rules one by one, through `decide`.

mod world;

use world::World;

use super::*;
use crate::domain::{
    conversation::Phase,
    delivery::{Done, StepResult, Task},
    message::{Actor, Content},
};

#[test]
fn a_request_is_offered_to_the_desk_and_accepted_once_it_is_taken() {
    let mut world = World::new();
    let (_, answer) = world.request();
    assert_eq!(answer, Answer::Pending);
    assert_eq!(world.tasks(), ["open"]);
    world.opened();
    let handover = world.handover();
    assert_eq!(
        (handover.phase, handover.answer),
        (Phase::Waiting, Answer::Accepted)
    );
}

#[test]
fn what_the_user_says_goes_to_the_desk_and_what_the_agent_says_to_the_bot() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.user_says("hello");
    world.agent_says("hi");
    assert_eq!(
        world.handover().phase,
        Phase::Attended,
        "speaking counts as joining"
    );
    assert_eq!(world.tasks(), ["open", "message", "say"]);
}

#[test]
fn a_close_resumes_the_bot_and_then_the_user_is_the_bots() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("hi");
    world.desk_closes();
    assert_eq!(world.handover().phase, Phase::Closing);
    let resume = world
        .deliveries()
        .last()
        .map(|delivery| delivery.task.clone());
    assert!(matches!(resume, Some(Task::Resume { .. })), "{resume:?}");
    world.resumed();
    assert!(world.state().handover.is_none());
}

#[test]
fn without_an_answer_from_the_desk_the_request_is_declined_in_time() {
    let mut world = World::new();
    world.request();
    world.wait_until_woken();
    assert!(world.state().handover.is_none());
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn an_echo_is_consumed_once_and_shown_to_nobody() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("one  moment");
    world.bot_says("one moment");
    assert_eq!(
        world.transcript(),
        [(Actor::Agent, "one  moment".to_owned())]
    );
    world.bot_says("one moment");
    assert_eq!(world.transcript().len(), 2, "the second is no echo");
}

#[test]
fn an_open_call_that_succeeds_after_the_decline_is_closed_once() {
    let mut world = World::new();
    world.request();
    let open = world
        .deliveries()
        .last()
        .copied()
        .cloned()
        .expect("an open call");
    world.wait_until_woken();
    world.settle(&open, StepResult::Done(Done::default()));
    assert_eq!(world.tasks(), ["open", "close"]);
}

#[test]
fn text_content_compares_by_words() {
    assert_eq!(
        Fingerprint::of(&Content::text(" a  b ")),
        Fingerprint::of(&Content::text("a b"))
    );
}
