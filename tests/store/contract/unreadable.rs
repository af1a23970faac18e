//! A conversation that cannot be read holds up nobody, and nothing is repeated for it.

use std::time::Duration;

use handover_bridge::domain::{conversation::Answer, policy::Limits};

use crate::world::{Harness, World, team, text};

pub async fn what_cannot_be_read_keeps_nobody_elses_deadline(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    for number in 0..6 {
        world.request(&format!("broken{number}")).await;
    }
    world.spoil().await;
    world.wait(Duration::from_millis(1));
    let handover = world.request("ann").await;
    world.wait(Limits::default().decide_within);
    let mut fired = 0;
    for _ in 0..3 {
        fired += world.store.fire_timers(3).await.unwrap().count;
    }
    assert_eq!(fired, 1);
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn what_was_sent_is_not_sent_again_for_want_of_a_readable_conversation(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    world.spoil().await;
    let first = world.claim(&team()).await.unwrap();
    assert_eq!(text(&first), "one");
    let id = first.job.delivery;
    let next = match world.done(first).await {
        Some(next) => next,
        None => world.claim(&team()).await.unwrap(),
    };
    assert_eq!(text(&next), "two");
    assert_ne!(next.job.delivery, id);
}
