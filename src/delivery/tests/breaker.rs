//! When a destination is not called, and who finds out whether it is back.

use uuid::Uuid;

use super::*;
use crate::domain::ids::MessageId;

#[tokio::test(start_paused = true)]
async fn an_open_breaker_lets_one_probe_through_at_a_time_until_it_closes() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, fails_first(14, ErrorClass::Busy));
    (1..=10).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    let times = desk.call_times();
    let probes = &times[10..14];
    assert!(
        times[..10].iter().all(|at| *at < 10),
        "ten failures open it: {times:?}"
    );
    for (probe, due) in probes.iter().zip([1_000, 3_000, 7_000, 15_000]) {
        assert!((due..due + 50).contains(probe), "{times:?}");
    }
    assert!(times[14..].iter().all(|at| *at >= 25_000), "{times:?}");
    let told = world.lanes.seen().conditions;
    assert_eq!(told.first(), Some(&Some(ClosedBecause::BreakerOpen)));
    assert_eq!(told.last(), Some(&None));
}

#[tokio::test(start_paused = true)]
async fn a_probe_in_a_lane_that_is_not_held_for_certain_is_made_in_another() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, fails_first(10, ErrorClass::Busy));
    (1..=10).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.start();
    world.until(|| desk.log().calls.len() == 10).await;
    (1..=10).for_each(|lane| world.lanes.depose_once(job(lane, 1).about.delivery));
    world.until(|| desk.log().calls.len() > 10).await;
    assert!(world.lanes.seen().released > 0);
    assert!(desk.call_times()[10] < 1_500, "{:?}", desk.call_times());
}

#[tokio::test(start_paused = true)]
async fn a_breaker_without_traffic_is_closed_by_a_ping() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, |_, call| match call {
        1..=10 => failure(ErrorClass::Busy),
        11 => failure(ErrorClass::NotSent),
        _ => Ok(Done::default()),
    });
    // Ten failures whose next attempts are still far off when the interval is over.
    (1..=10).for_each(|lane| {
        world.lanes.add(&live, job(lane, 1));
    });
    world.lanes.postpone_retries(Duration::from_mins(10));
    world.start();
    world.until(|| desk.log().pings.len() == 2).await;
    let pings = desk.log().pings;
    assert!(
        (1_000..1_050).contains(&pings[0]) && (3_000..3_050).contains(&pings[1]),
        "{pings:?}"
    );
    sleep(Duration::from_mins(1)).await;
    assert_eq!(desk.log().pings.len(), 2, "a closed breaker is not pinged");
    assert_eq!(world.lanes.seen().conditions.last(), Some(&None));
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_fail_open_no_breaker_unless_nobody_is_reached() {
    for (class, opens) in [
        (ErrorClass::Busy, false),
        (ErrorClass::Ambiguous, false),
        (ErrorClass::NotSent, true),
    ] {
        let mut world = World::new();
        let (bot, _) = world.bot("webshop", AT_ONCE, fails_first(50, class));
        let look_up = Task::LookUp {
            history: true,
            session: true,
        };
        (1..=12).for_each(|lane| {
            let job = Job {
                task: look_up.clone(),
                ..job(lane, 1)
            };
            world.lanes.add(&bot, job);
        });
        world.lanes.postpone_retries(Duration::from_mins(10));
        world.start();
        world.until(|| world.lanes.seen().settled.len() >= 10).await;
        let opened = !world.lanes.seen().conditions.is_empty();
        assert_eq!(opened, opens, "{}", class.label());
    }
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_a_destination_neither_counts_for_it_nor_closes_its_breaker() {
    let look_up = Task::LookUp {
        history: true,
        session: true,
    };
    let say = Task::Say {
        message: MessageId::from_uuid(Uuid::from_u128(1)),
        notice: false,
        part: None,
        speaker: None,
        answer: None,
    };
    for (task, class) in [
        (&look_up, ErrorClass::Ambiguous),
        (&say, ErrorClass::Unsupported),
        (&say, ErrorClass::Certificate),
    ] {
        // Among ten failures, and behind them.
        for place in [6, 11] {
            let mut world = World::new();
            let says_nothing = job(place, 1).about.delivery;
            let (bot, _) = world.bot("webshop", AT_ONCE, move |about, _| {
                failure(if about.delivery == says_nothing {
                    class
                } else {
                    ErrorClass::Busy
                })
            });
            for lane in 1..=11 {
                let task = if lane == place { task } else { &say };
                let job = Job {
                    task: task.clone(),
                    ..job(lane, 1)
                };
                world.lanes.add(&bot, job);
            }
            world.lanes.postpone_retries(Duration::from_mins(10));
            world.start();
            world.until(|| world.lanes.seen().settled.len() == 11).await;
            let told = world.lanes.seen().conditions;
            let open = [Some(ClosedBecause::BreakerOpen)];
            assert_eq!(told, open, "{} as number {place}", class.label());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_destination_is_not_answering_for_as_long_as_its_probes_hang() {
    let mut world = World::new();
    let takes = Duration::from_secs(10);
    let (live, desk) = world.desk("live", takes, fails_first(13, ErrorClass::Ambiguous));
    (1..=10).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.start();
    world.until(|| world.lanes.is_empty()).await;
    let times = desk.call_times();
    for (probe, due) in times[10..14].iter().zip([11_000, 23_000, 37_000, 55_000]) {
        assert!((due..due + 100).contains(probe), "{times:?}");
    }
    assert_eq!(
        world.lanes.seen().conditions,
        [Some(ClosedBecause::BreakerOpen), None]
    );
}

#[tokio::test(start_paused = true)]
async fn what_another_host_answers_neither_pauses_a_destination_nor_opens_or_closes_its_breaker() {
    let another = |class| Failure {
        unasked: true,
        ..Failure::of(class)
    };
    for class in ErrorClass::ALL {
        let mut world = World::new();
        let (live, _) = world.desk("live", AT_ONCE, move |_, _| Err(another(class)));
        (1..=30).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
        world.lanes.postpone_retries(Duration::from_mins(10));
        world.start();
        world.until(|| world.lanes.seen().settled.len() == 30).await;
        let seen = world.lanes.seen();
        assert_eq!(seen.conditions, [], "{}", class.label());
        assert_eq!((seen.pauses, seen.warnings), (vec![], vec![]));
    }

    let mut world = World::new();
    let (live, _) = world.desk("live", AT_ONCE, |_, call| match call {
        1..=10 => failure(ErrorClass::Busy),
        _ => Ok(Done::without_a_call()),
    });
    (1..=11).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.lanes.postpone_retries(Duration::from_mins(10));
    world.start();
    world.until(|| world.lanes.seen().settled.len() == 11).await;
    let told = world.lanes.seen().conditions;
    assert_eq!(told, [Some(ClosedBecause::BreakerOpen)]);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_says_nothing_is_followed_by_another_at_once() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, |_, call| match call {
        1..=10 => failure(ErrorClass::Busy),
        11 => failure(ErrorClass::Unsupported),
        _ => Ok(Done::default()),
    });
    (1..=10).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.lanes.postpone_retries(Duration::from_mins(10));
    world.start();
    world.until(|| desk.log().calls.len() == 10).await;
    world.lanes.add(&live, job(11, 1));
    world.until(|| !desk.log().pings.is_empty()).await;
    let log = desk.log();
    assert!((1_000..1_050).contains(&log.calls[10].0), "{log:?}");
    assert!((1_000..1_050).contains(&log.pings[0]), "{log:?}");
    let told = world.lanes.seen().conditions;
    assert_eq!(told, [Some(ClosedBecause::BreakerOpen), None]);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_wants_no_calls_is_not_probed_until_it_takes_them_again() {
    let mut world = World::new();
    let (live, desk) = world.desk("live", Duration::from_secs(1), |_, call| match call {
        1 => Err(Failure {
            status: Some(429),
            retry_after: Some(Duration::from_mins(1)),
            ..Failure::of(ErrorClass::RateLimited)
        }),
        2..=16 => failure(ErrorClass::Ambiguous),
        _ => Ok(Done::default()),
    });
    (1..=16).for_each(|lane| world.lanes.add(&live, job(lane, 1)));
    world.lanes.postpone_retries(Duration::from_mins(10));
    world.start();
    world
        .until(|| world.lanes.seen().conditions.len() == 2)
        .await;
    let pings = desk.log().pings;
    assert!((61_000..61_050).contains(&pings[0]), "{pings:?}");
    assert_eq!(
        world.lanes.seen().conditions,
        [Some(ClosedBecause::BreakerOpen), None]
    );
}
