//! A machine's clock that was ahead, and has been set right.

use std::time::Duration;

use handover_bridge::{
    domain::{policy::PausedBecause, time::Timestamp},
    store::Pause,
};

use super::Files;
use crate::world::{START, World, team, text};

const AHEAD: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// An hour ahead of what it will be set to.
async fn ahead() -> World {
    let world = World::new(Files::new()).await;
    world.wait(AHEAD);
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    world
}

fn set_right(world: &World) {
    world.clock.set(Timestamp::from_millis(START));
}

#[tokio::test]
async fn what_waits_to_be_tried_again_does_not_wait_for_the_clock_to_catch_up() {
    let mut world = ahead().await;
    let first = world.claim(&team()).await.unwrap();
    assert!(world.fails_for(first, MINUTE).await.is_none());
    set_right(&world);
    for reopened in [false, true] {
        if reopened {
            world.reopen().await;
        }
        let claim = world.claim(&team()).await.expect("it goes out again");
        assert_eq!(text(&claim), "one");
        world.store.release(claim).await.unwrap();
    }
    let claim = world.claim(&team()).await.unwrap();
    assert_eq!(text(&world.done(claim).await.unwrap()), "two");
}

#[tokio::test]
async fn a_head_that_was_put_off_by_it_follows_its_predecessor_at_once() {
    let world = ahead().await;
    let first = world.claim(&team()).await.unwrap();
    set_right(&world);
    let second = world.done(first).await.expect("the lane goes on");
    assert_eq!(text(&second), "two");
}

#[tokio::test]
async fn a_destination_is_not_left_alone_for_longer_than_was_meant() {
    let world = ahead().await;
    let pause = Pause {
        until: world.clock.now().plus(MINUTE),
        because: PausedBecause::RateLimited,
    };
    world.store.pause(&team(), Some(pause)).await.unwrap();
    assert!(world.claim(&team()).await.is_none());
    set_right(&world);
    assert!(world.claim(&team()).await.is_some());
}
