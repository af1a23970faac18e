//! Timers: every open handover has one, and it is neither early nor forgotten.

use std::time::Duration;

use handover_bridge::{
    domain::{conversation::Answer, delivery::Task, policy::Limits, reason::ClosedAs},
    store::Fired,
};

use crate::world::{Harness, World, bot, bot_name, policy};

pub async fn a_timer_fires_when_it_is_due_and_not_before(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let decide_within = Limits::default().decide_within;
    let due = world.clock.now().plus(decide_within);
    world.wait(decide_within.saturating_sub(Duration::from_millis(1)));
    assert_eq!(
        world.store.fire_timers(16).await.unwrap(),
        Fired {
            count: 0,
            next: Some(due)
        }
    );
    world.wait(Duration::from_millis(1));
    assert_eq!(
        world.store.fire_timers(16).await.unwrap(),
        Fired {
            count: 1,
            next: None
        }
    );
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn a_timer_survives_reopening(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.request("ann").await;
    world.reopen().await;
    world.wait(Limits::default().decide_within);
    assert_eq!(world.store.fire_timers(16).await.unwrap().count, 1);
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn a_timer_rings_when_it_is_earlier_than_the_one_before(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let bell = world.store.timer_bell();
    assert_eq!(world.store.fire_timers(16).await.unwrap(), Fired::default());
    world.waiting("ann").await;
    bell.notified().await;
    let told = world.store.fire_timers(16).await.unwrap().next.unwrap();
    world.request("bea").await;
    bell.notified().await;
    let earlier = world.store.fire_timers(16).await.unwrap().next.unwrap();
    assert!(earlier < told);
}

pub async fn timers_fire_a_few_at_a_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    for user in ["ann", "bea", "cem"] {
        world.request(user).await;
    }
    world.wait(Limits::default().decide_within);
    let first = world.store.fire_timers(2).await.unwrap();
    assert_eq!(first.count, 2);
    assert!(first.next.is_some_and(|next| next <= world.clock.now()));
    let rest = world.store.fire_timers(2).await.unwrap();
    assert_eq!(
        rest,
        Fired {
            count: 1,
            next: None
        }
    );
}

pub async fn what_is_due_of_a_bot_is_left_to_whoever_knows_it(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let mut without = policy();
    without.bots.clear();
    without.routes.clear();
    world.policy = without;
    world.reopen().await;
    world.wait(Limits::default().waiting);
    let nothing = Fired::default();
    assert_eq!(world.store.fire_timers(16).await.unwrap(), nothing);
    world.closes(handover).await;
    assert_eq!(world.store.fire_timers(16).await.unwrap(), nothing);
    let used = world.store.names_in_use().await.unwrap();
    assert_eq!(used.bots, [bot_name()], "its user is not the bot's yet");
    world.policy = policy();
    world.reopen().await;
    assert_eq!(world.store.fire_timers(16).await.unwrap().count, 1);
    let resume = world.claim(&bot()).await.expect("the bot is resumed");
    assert!(
        matches!(&resume.job.task, Task::Resume { contract, .. } if contract.reason == ClosedAs::Solved.into())
    );
    world.done(resume).await;
    let used = world.store.names_in_use().await.unwrap();
    assert_eq!(used.bots, []);
}
