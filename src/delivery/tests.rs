//! Delivery from the store's bell to the desk and back, in time that stands still while anybody works.

mod breaker;
mod ends;
mod job;
mod lanes;
mod repeats;
mod slots;
mod upkeep;
mod world;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::job::EPOCH;
pub(super) use self::job::job;
use self::world::World;
use crate::domain::{
    delivery::{About, Done, Failure, Job, Task},
    effect::WarningKind,
    policy::{ClosedBecause, PausedBecause},
    retry::ErrorClass,
};
use crate::store::{Erased, Error, Pause, RowOutcome, Store as _};

const AT_ONCE: Duration = Duration::ZERO;

fn takes_all() -> impl Fn(&About, usize) -> Result<Done, Failure> {
    |_, _| Ok(Done::default())
}

fn failure(class: ErrorClass) -> Result<Done, Failure> {
    Err(Failure::of(class))
}

fn fails_first(times: usize, class: ErrorClass) -> impl Fn(&About, usize) -> Result<Done, Failure> {
    move |_, call| {
        if call <= times {
            failure(class)
        } else {
            Ok(Done::default())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lanes_are_in_order_in_themselves_and_parallel_among_each_other_but_never_more_than_sixteen()
 {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(1), takes_all());
    for seq in 1..=3 {
        (1..=40).for_each(|lane| world.lanes.add(&live, job(lane, seq)));
    }
    world.start();
    let start = Instant::now();
    world.until(|| world.lanes.is_empty()).await;
    // Forty lanes of three seconds each, sixteen at a time.
    assert_eq!(start.elapsed().as_secs(), 9);
    let log = desk.log();
    assert_eq!(log.most_at_once, 16);
    for lane in 1..=40 {
        let of_lane: Vec<_> = (1..=3).map(|seq| job(lane, seq).about.delivery).collect();
        let came: Vec<_> = log
            .calls
            .iter()
            .map(|(_, id)| *id)
            .filter(|id| of_lane.contains(id))
            .collect();
        assert_eq!(came, of_lane);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_in_a_lane_that_is_not_held_for_certain() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(1), takes_all());
    for seq in 1..=3 {
        world.lanes.add(&live, job(1, seq));
    }
    world.lanes.depose_once(job(1, 2).about.delivery);
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    assert_eq!(world.lanes.seen().released, 1);
    let came: Vec<_> = desk.log().calls.into_iter().map(|(_, id)| id).collect();
    assert_eq!(
        came,
        [1, 2, 3].map(|seq| job(1, seq).about.delivery),
        "whoever claims it next sends it, once"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_desk_keeps_no_other_desk_waiting() {
    let mut world = World::new();
    let (slow, _) = world.desk("slow", Duration::from_secs(9), takes_all());
    let (quick, desk) = world.desk("quick", AT_ONCE, takes_all());
    for lane in 1..=50 {
        world.lanes.add(&slow, job(lane, 1));
        world.lanes.add(&quick, job(lane, 1));
    }
    world.start();
    world.until(|| desk.log().calls.len() == 50).await;
    assert!(
        desk.call_times().iter().all(|at| *at < 10),
        "{:?}",
        desk.call_times()
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_head_is_tried_on_schedule_and_what_is_behind_it_waits() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, fails_first(5, ErrorClass::NotSent));
    world.lanes.add(&live, job(1, 1));
    world.lanes.add(&live, job(1, 2));
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    let log = desk.log();
    let first: Vec<_> = log
        .calls
        .iter()
        .filter(|(_, id)| *id == job(1, 1).about.delivery)
        .map(|(at, _)| *at)
        .collect();
    let late: Vec<_> = first
        .iter()
        .zip([0, 500, 1_500, 3_500, 7_500, 15_500])
        .map(|(at, due)| at - due)
        .collect();
    assert_eq!(late.len(), 6);
    assert!(late.iter().all(|late| *late < 50), "{first:?}");
    assert_eq!(
        log.calls.last().map(|(_, id)| *id),
        Some(job(1, 2).about.delivery)
    );
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_keeps_every_lane_away_for_as_long_as_it_says_and_costs_no_attempt() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, |_, call| {
        let retry_after = Some(Duration::from_secs(30));
        if call == 1 {
            Err(Failure {
                status: Some(429),
                retry_after,
                ..Failure::of(ErrorClass::RateLimited)
            })
        } else {
            Ok(Done::default())
        }
    });
    world.lanes.add(&live, job(1, 1));
    world.start();
    world.until(|| !desk.log().calls.is_empty()).await;
    sleep(Duration::from_secs(5)).await;
    (2..=9).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.until(|| world.lanes.is_empty()).await;
    let times = desk.call_times();
    assert_eq!(times.len(), 10);
    assert!(times[1..].iter().all(|at| *at >= 30_000), "{times:?}");
    let seen = world.lanes.seen();
    assert!(matches!(
        seen.settled[0].1,
        RowOutcome::Retry { counts: false, .. }
    ));
    assert_eq!(seen.warnings[0].kind, WarningKind::DestinationPaused);
    let pause = Pause {
        until: EPOCH.plus(Duration::from_secs(30)),
        because: PausedBecause::RateLimited,
    };
    assert_eq!(seen.pauses, [Some(pause)]);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_has_taken_its_last_call_rests_and_then_goes_on_as_before() {
    for (asked, rested) in [(30, 30_000), (0, 1_000), (86_400, 300_000)] {
        let mut world = World::new();
        let (live, desk) = world.desk("live", AT_ONCE, move |_, call| {
            let quiet_for = (call == 1).then_some(Duration::from_secs(asked));
            Ok(Done {
                quiet_for,
                ..Done::default()
            })
        });
        world.lanes.add(&live, job(1, 1));
        world.start();
        world.until(|| !desk.log().calls.is_empty()).await;
        (2..=40).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
        world.until(|| world.lanes.is_empty()).await;
        let times = desk.call_times();
        let after = rested..rested + 200;
        assert!(times[1..].iter().all(|at| after.contains(at)), "{times:?}");
        let seen = world.lanes.seen();
        assert!(
            seen.warnings.is_empty() && seen.pauses.is_empty(),
            "no operator is needed"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_rate_limit_calls_go_at_half_the_rate_and_then_a_little_faster() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, |_, call| {
        if call == 100 {
            failure(ErrorClass::RateLimited)
        } else {
            Ok(Done::default())
        }
    });
    world.start();
    // Ten calls a second for ten seconds; the last is refused, for ten seconds.
    for lane in 1..=100 {
        world.lanes.add(&live, job(lane, 1));
        sleep(Duration::from_millis(100)).await;
    }
    (101..=400).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.until(|| world.lanes.is_empty()).await;
    let times = desk.call_times();
    let again = times[100];
    assert!((19_900..20_000).contains(&again), "{again}");
    let per_second = |second: u128| {
        let from = again + second * 1_000 + 50;
        times
            .iter()
            .filter(|at| (from..from + 1_000).contains(*at))
            .count()
    };
    let rates: Vec<_> = [0, 9, 11, 21, 31, 41].map(per_second).into();
    assert_eq!(rates, [5, 5, 6, 7, 8, 9]);
    assert!(
        times.last().unwrap() - again < 52_000,
        "as fast as before after a minute"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_lifted_is_over_at_once() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, fails_first(1, ErrorClass::Unauthorized));
    world.lanes.add(&live, job(1, 1));
    (2..=9).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.start();
    world.until(|| !world.lanes.seen().settled.is_empty()).await;
    sleep(Duration::from_secs(20)).await;
    let before = desk.call_times().len();
    (10..=12).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(desk.call_times().len(), before, "it is paused");
    let destination = live;
    world.lanes.pause(&destination, None).await.unwrap();
    world.until(|| desk.call_times().len() > before).await;
    let times = desk.call_times();
    assert!(
        times[before..].iter().take(3).all(|at| *at < 25_100),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_will_never_be_taken_does_not_stand_in_the_way() {
    let mut world = World::new();
    let poison = job(1, 1).about.delivery;
    let (live, desk) = world.desk("live", AT_ONCE, move |about, _| {
        if about.delivery == poison {
            failure(ErrorClass::Rejected)
        } else {
            Ok(Done::default())
        }
    });
    (1..=2).for_each(|seq| world.lanes.add(&live, job(1, seq)));
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    let dead = RowOutcome::Dead {
        class: ErrorClass::Rejected,
    };
    assert_eq!(
        world.lanes.seen().settled,
        [
            (poison, dead),
            (job(1, 2).about.delivery, RowOutcome::Delivered)
        ]
    );
    assert_eq!(desk.log().calls.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_or_hangs_loses_its_call_and_not_the_lane() {
    let mut world = World::new();
    let (live, _) = world.desk("live", AT_ONCE, |_, call| {
        if call == 1 {
            panic!("a bug")
        } else {
            Ok(Done::default())
        }
    });
    let (stuck, hanging) = world.desk("stuck", Duration::from_hours(1), takes_all());
    world.lanes.add(&live, job(1, 1));
    world.lanes.add(&live, job(1, 2));
    world.lanes.add(&stuck, job(2, 1));
    world.start();
    world.until(|| hanging.log().calls.len() == 2).await;
    let seen = world.lanes.seen();
    let dead = RowOutcome::Dead {
        class: ErrorClass::Unsupported,
    };
    assert_eq!(
        seen.settled[..2],
        [
            (job(1, 1).about.delivery, dead),
            (job(1, 2).about.delivery, RowOutcome::Delivered)
        ]
    );
    assert!(matches!(
        seen.settled[2].1,
        RowOutcome::Retry {
            class: ErrorClass::Ambiguous,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_calls_finish_begins_none_and_gives_all_lanes_back() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(2), takes_all());
    for seq in 1..=3 {
        (1..=20).for_each(|lane| world.lanes.add(&live, job(lane, seq)));
    }
    let running = world.start();
    world.until(|| desk.log().calls.len() == 16).await;
    world.stop.cancel();
    running.await.unwrap();
    assert_eq!(desk.log().calls.len(), 16);
    let seen = world.lanes.seen();
    assert_eq!(seen.settled.len(), 16, "each finished call is settled");
    assert_eq!(world.lanes.claimed(), 0);
    assert_eq!(seen.released, 16);
}

#[tokio::test(start_paused = true)]
async fn each_deadline_is_met_when_it_is_due_also_one_that_is_set_before_the_others() {
    let world = World::new();
    world.lanes.set_timer(Duration::from_mins(15));
    world.start();
    sleep(Duration::from_secs(10)).await;
    world.lanes.set_timer(Duration::from_secs(50));
    sleep(Duration::from_mins(20)).await;
    let seconds: Vec<_> = world
        .lanes
        .seen()
        .fired
        .iter()
        .map(Duration::as_secs)
        .collect();
    assert_eq!(seconds, [60, 900]);
}

#[tokio::test(start_paused = true)]
async fn erasure_begins_at_the_start_and_looks_each_second_until_nothing_is_left() {
    let world = World::new();
    world.lanes.erase([
        Ok(Erased::More),
        Ok(Erased::Waits),
        Err(Error::Busy),
        Ok(Erased::All),
    ]);
    let running = world.start();
    sleep(Duration::from_mins(5)).await;
    world.lanes.erase([Ok(Erased::All)]);
    sleep(Duration::from_secs(1)).await;
    let at: Vec<_> = world
        .lanes
        .seen()
        .erased_at
        .iter()
        .map(Duration::as_secs)
        .collect();
    assert_eq!(at, [0, 0, 1, 11, 300]);
    world.stop.cancel();
    running.await.unwrap();
}
