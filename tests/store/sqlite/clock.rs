//! A machine's clock that was ahead, and has been set right.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    clock::ForwardClock,
    domain::{
        conversation::Answer,
        handover::Outcome,
        policy::PausedBecause,
        time::{Clock, Timestamp},
    },
    store::{Applied, Pause, Store as _, sqlite::Options},
};
use tokio::time::{sleep, timeout};

use super::Files;
use crate::world::{START, World, clock, policy, request, team, text};

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

#[tokio::test]
async fn a_deadline_comes_on_time_where_the_clock_is_set_back_while_the_bridge_runs() {
    let (files, wall, mut policy) = (Files::new(), clock(), policy());
    policy.limits.decide_within = Duration::from_millis(20);
    let forward: Arc<dyn Clock> = Arc::new(ForwardClock::start(wall.clone()));
    let options = Options {
        clock: forward,
        ..files.options(policy, wall.clone())
    };
    let store = options.open().unwrap();
    let asked = store.apply(request("ann", Vec::new())).await.unwrap();
    let Applied::Done { outcomes, .. } = asked else {
        panic!("{asked:?}")
    };
    let [Outcome::Requested { handover, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    wall.set(Timestamp::from_millis(START).minus(AHEAD));
    let fired = async {
        while store.fire_timers(9).await.unwrap().count == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(MINUTE, fired).await.expect("not an hour later");
    let answer = store.answer(*handover, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Declined);
}
