//! Destinations that are not called at the moment: their lanes wait whole.

use std::time::Duration;

use handover_bridge::{
    domain::{
        policy::{ClosedBecause, PausedBecause},
        time::Timestamp,
    },
    store::Pause,
};

use crate::world::{Harness, World, team, text};

pub async fn a_paused_destination_is_not_claimed_also_after_reopening(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    world.request("ann").await;
    let until = world.clock.now().plus(Duration::from_mins(1));
    world
        .store
        .pause(&team(), Some(paused(until)))
        .await
        .unwrap();
    world.reopen().await;
    let nothing = world.store.claim(&team(), 1).await.unwrap();
    assert!(nothing.claims.is_empty());
    assert_eq!(nothing.next_due, Some(until));
    assert_eq!(nothing.paused_until, Some(until));
    world.store.pause(&team(), None).await.unwrap();
    let claim = world.claim(&team()).await.expect("the pause was lifted");
    world.store.release(claim).await.unwrap();
    world
        .store
        .pause(&team(), Some(paused(until)))
        .await
        .unwrap();
    world.wait(Duration::from_mins(1));
    assert!(world.claim(&team()).await.is_some(), "the pause is over");
}

pub async fn a_pause_that_is_lifted_rings(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.request("ann").await;
    let bell = world.store.bell(&team());
    let long = paused(world.clock.now().plus(Duration::from_mins(5)));
    world.store.pause(&team(), Some(long)).await.unwrap();
    bell.notified().await;
    world.store.pause(&team(), None).await.unwrap();
    bell.notified().await;
    assert!(world.claim(&team()).await.is_some());
}

pub async fn a_claim_says_until_when_nobody_is_called_also_where_nothing_waits(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let until = world.clock.now().plus(Duration::from_mins(1));
    let pause = Some(paused(until));
    world.store.pause(&team(), pause).await.unwrap();
    let nothing = world.store.claim(&team(), 1).await.unwrap();
    assert_eq!(
        (nothing.next_due, nothing.paused_until),
        (None, Some(until))
    );
    world.wait(Duration::from_mins(1));
    let nothing = world.store.claim(&team(), 1).await.unwrap();
    assert_eq!(nothing.paused_until, None, "it is over");
}

pub async fn of_two_pauses_the_longer_one_counts(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    world.request("ann").await;
    let now = world.clock.now();
    let refused = Pause {
        until: now.plus(Duration::from_mins(1)),
        because: PausedBecause::Refused,
    };
    let soon = paused(now.plus(Duration::from_secs(5)));
    for pause in [soon, refused, soon] {
        world.store.pause(&team(), Some(pause)).await.unwrap();
    }
    let closed = Some(ClosedBecause::Paused(PausedBecause::Refused));
    for _ in 0..2 {
        let claimed = world.store.claim(&team(), 1).await.unwrap();
        assert_eq!(claimed.next_due, Some(refused.until));
        assert_eq!(world.store.closed(&team()).await.unwrap(), closed);
        world.reopen().await;
    }
    world.wait(Duration::from_mins(1));
    assert!(world.claim(&team()).await.is_some());
}

pub async fn a_settled_lane_stops_at_a_pause(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    let first = world.claim(&team()).await.unwrap();
    let until = world.clock.now().plus(Duration::from_mins(1));
    world
        .store
        .pause(&team(), Some(paused(until)))
        .await
        .unwrap();
    assert!(world.done(first).await.is_none());
    world.wait(Duration::from_mins(1));
    assert_eq!(text(&world.claim(&team()).await.unwrap()), "two");
}

fn paused(until: Timestamp) -> Pause {
    let because = PausedBecause::RateLimited;
    Pause { until, because }
}
