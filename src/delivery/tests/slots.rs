//! Calls that may be made at a time, and lanes that wait for one of them.

use std::sync::Arc;

use super::{world::Scripted, *};

/// The first of 32 lanes has a second call to make, for which there is no slot when the first one's outcome is written.
fn one_lane_goes_on_among_others() -> (World, Arc<Scripted>) {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(5), takes_all());
    world.lanes.add(&live, job(1, 1));
    world.lanes.add(&live, job(1, 2));
    (2..=32).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.lanes.settle_slowly(Duration::from_secs(1));
    (world, desk)
}

#[tokio::test(start_paused = true)]
async fn other_lanes_are_called_while_what_came_of_calls_is_written_until_too_much_of_that_waits() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(1), takes_all());
    (1..=100).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.lanes.settle_slowly(Duration::from_mins(1));
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    let times = desk.call_times();
    let begun = |before: u128| times.iter().filter(|at| **at < before * 1000).count();
    assert_eq!([1, 4, 61, 65].map(begun), [16, 64, 64, 100]);
    assert_eq!(desk.log().most_at_once, 16);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_waits_to_be_called_again_is_given_back_at_a_stop() {
    let (world, desk) = one_lane_goes_on_among_others();
    let running = world.start();
    world.until(|| desk.log().calls.len() == 32).await;
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(world.lanes.seen().released, 0);
    world.stop.cancel();
    sleep(Duration::from_millis(5)).await;
    assert_eq!(world.lanes.seen().released, 1, "its slot is still taken");
    running.await.unwrap();
    assert_eq!(desk.log().calls.len(), 32);
    assert_eq!(world.lanes.claimed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_waits_to_be_called_again_is_anybodys_after_a_second() {
    let (world, desk) = one_lane_goes_on_among_others();
    world.start();
    let start = Instant::now();
    world.until(|| world.lanes.seen().released == 1).await;
    assert_eq!(desk.log().calls.len(), 32);
    assert_eq!(start.elapsed().as_secs(), 5 + 1 + 1);
    world.until(|| world.lanes.is_empty()).await;
    assert_eq!(desk.log().calls.len(), 33);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_waits_to_be_called_again_heeds_a_pause_that_comes_meanwhile() {
    let mut world = World::new();
    let refused = job(16, 1);
    let delivery = refused.about.delivery;
    let (live, desk) = world.desk("live", Duration::from_millis(900), move |about, _| {
        if about.delivery == delivery {
            failure(ErrorClass::Unauthorized)
        } else {
            Ok(Done::default())
        }
    });
    for lane in 1..=15 {
        world.lanes.add(&live, job(lane, 1));
        world.lanes.add(&live, job(lane, 2));
    }
    world.lanes.settle_slowly(Duration::from_millis(500));
    world.start();
    sleep(Duration::from_millis(600)).await;
    world.lanes.add(&live, refused);
    (17..=31).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.until(|| !world.lanes.seen().pauses.is_empty()).await;
    sleep(Duration::from_secs(2)).await;
    // Fifteen have waited since 1.4 seconds for a slot, which the refused call left at 1.5.
    assert_eq!(
        desk.call_times()
            .into_iter()
            .filter(|at| *at > 1400)
            .count(),
        0
    );
    assert_eq!(world.lanes.seen().released, 15);
    assert_eq!(world.lanes.claimed(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_goes_out_without_a_rest_between_calls() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_millis(3), takes_all());
    world.lanes.claim_slowly(Duration::from_millis(2));
    world.start();
    world.lanes.add(&live, job(1, 1));
    // So that some calls end while others are begun.
    sleep(Duration::from_millis(3)).await;
    (2..=160).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.until(|| world.lanes.is_empty()).await;
    // A call and a claim, and nothing between them.
    let times = desk.call_times();
    assert!(
        times.windows(2).all(|pair| pair[1] - pair[0] <= 3 + 2),
        "{times:?}"
    );
}
