use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn at(millis: u64) -> Timestamp {
    START.plus(Duration::from_millis(millis))
}

/// Called `calls` times within the ten seconds up to `millis`, and refused then until `until`.
fn refused(calls: u64, millis: u64, until: u64) -> Pace {
    let mut pace = Pace::default();
    for call in 0..calls {
        pace.started(at(millis - 9_999 + call * 9_999 / calls));
    }
    refuse(&mut pace, millis, until);
    pace
}

fn refuse(pace: &mut Pace, millis: u64, until: u64) {
    pace.refused(Refusal {
        started_at: at(millis),
        ended_at: at(millis),
        until: at(until),
    });
}

/// How many calls go within the second after that, if as many as possible are wanted.
fn in_a_second(pace: &mut Pace, millis: u64) -> usize {
    let (mut now, end, mut calls) = (at(millis), at(millis + 1_000), 0);
    // What has gathered before does not count.
    if pace.take(now, 10_000) == Ok(10_000) {
        return usize::MAX;
    }
    loop {
        match pace.take(now, 1) {
            Ok(taken) => calls += taken,
            Err(next) if next > end => return calls,
            Err(next) => now = next,
        }
    }
}

#[test]
fn nothing_is_held_back_before_a_refusal() {
    let mut pace = Pace::default();
    (0..5_000).for_each(|call| pace.started(at(call)));
    assert_eq!(pace.take(at(5_000), 16), Ok(16));
}

#[test]
fn after_a_refusal_half_as_many_calls_go_and_one_a_second_more_every_ten_seconds() {
    let mut pace = refused(200, 10_000, 20_000);
    let rates: Vec<_> = [25, 35, 45, 95, 115]
        .map(|second| in_a_second(&mut pace, second * 1_000))
        .into();
    assert_eq!(rates, [10, 11, 12, 17, 19]);
}

#[test]
fn the_limit_is_gone_once_calls_go_faster_than_before() {
    let mut pace = refused(100, 10_000, 20_000);
    assert_eq!(in_a_second(&mut pace, 75_000), 10, "as fast as before");
    assert_eq!(in_a_second(&mut pace, 80_000), usize::MAX);
}

#[test]
fn the_limit_is_gone_after_five_minutes() {
    let mut pace = refused(2_000, 10_000, 20_000);
    assert_eq!(in_a_second(&mut pace, 318_000), 129);
    assert_eq!(in_a_second(&mut pace, 320_000), usize::MAX);
}

#[test]
fn one_call_a_second_always_goes_and_for_ten_seconds_no_more_also_where_there_were_few() {
    let mut pace = refused(1, 10_000, 11_000);
    assert!((11..20).all(|second| in_a_second(&mut pace, second * 1_000) == 1));
    assert_eq!(in_a_second(&mut pace, 21_000), usize::MAX);
}

#[test]
fn calls_that_were_under_way_at_a_refusal_do_not_halve_the_rate_again() {
    let mut pace = refused(200, 10_000, 20_000);
    for ended_at in 10_000..10_015 {
        pace.refused(Refusal {
            started_at: at(9_999),
            ended_at: at(ended_at),
            until: at(22_000),
        });
    }
    assert_eq!(in_a_second(&mut pace, 25_000), 10);
    assert_eq!(
        in_a_second(&mut pace, 30_500),
        10,
        "the ten seconds begin when the last of them allows it"
    );
    assert_eq!(in_a_second(&mut pace, 35_000), 11);
}

#[test]
fn a_new_refusal_halves_what_is_left_and_begins_the_wait_anew() {
    let mut pace = refused(200, 10_000, 20_000);
    in_a_second(&mut pace, 25_000);
    refuse(&mut pace, 26_000, 30_000);
    assert_eq!(in_a_second(&mut pace, 38_000), 5);
    assert_eq!(in_a_second(&mut pace, 40_500), 6);
    assert_eq!(
        in_a_second(&mut pace, 175_000),
        19,
        "it is held to the rate before the first"
    );
}

#[test]
fn what_was_not_needed_is_there_for_the_next() {
    let mut pace = refused(10_000, 10_000, 11_000);
    assert_eq!(pace.take(at(12_000), 16), Ok(16));
    pace.give_back(15);
    let left: usize = std::iter::from_fn(|| pace.take(at(12_000), 16).ok()).sum();
    assert_eq!(
        left, 50,
        "one, and a tenth of a second's fifty, but the one that is made"
    );
}

#[test]
fn a_clock_set_back_lifts_the_limit() {
    let mut pace = refused(200, 86_400_000, 86_500_000);
    assert_eq!(pace.take(at(0), 16), Ok(16));
}

proptest! {
    #[test]
    fn calls_are_never_more_than_the_rate_allows_and_never_wait_for_more_than_a_second(
        calls in 0_u64..3_000,
        pause in 0_u64..300_000,
        wants in prop::collection::vec((0_u64..3_000, 1_usize..17, 0_usize..17), 1..300),
    ) {
        let mut pace = refused(calls, 10_000, 10_000 + pause);
        let half = (calls / 2).max(LEAST);
        let (begin, mut now, mut total) = (10_000, 10_000, 0);
        for (wait, most, unused) in wants {
            now += wait;
            // Before the first step the rate is known, and a burst is what may come on top.
            if now >= 20_000 + pause {
                break;
            }
            match pace.take(at(now), most) {
                Ok(taken) => {
                    prop_assert!(0 < taken && taken <= most);
                    let unused = unused.min(taken);
                    pace.give_back(unused);
                    total += u64::try_from(taken - unused).unwrap();
                }
                Err(next) => {
                    prop_assert!(at(now) < next && next <= at(now + 1_000));
                    now = millis(next.since(START)).max(now);
                    prop_assert!(pace.take(at(now), 1).is_ok(), "at the time that was said");
                    total += 1;
                }
            }
            let allowed = (now - begin) * half + capacity(half);
            prop_assert!(total * CALL <= allowed, "{total} calls by {now}");
        }
    }

    #[test]
    fn no_limit_outlives_the_last_refusal_by_more_than_five_minutes(
        acts in prop::collection::vec((0_u64..40_000, 0_u64..200, prop::option::of(0_u64..300_000)), 1..60),
        set_back in 0_u64..1_000_000,
    ) {
        let (mut pace, mut now, mut free) = (Pace::default(), 1_000_000, 0);
        let mut refused_at = 0;
        for (wait, calls, refusal) in acts {
            now += wait;
            (0..calls).for_each(|_| pace.started(at(now)));
            if let Some(pause) = refusal {
                refuse(&mut pace, now, now + pause);
                free = free.max(now + pause + 300_000);
                let left = pace.take(at(now), 1).is_ok();
                // The second refusal of one moment tells of a call that was under way at the first.
                prop_assert!(left || now == refused_at, "one call is always left");
                refused_at = now;
            }
            if now >= free {
                prop_assert_eq!(pace.take(at(now), 1_000_000), Ok(1_000_000));
            }
            prop_assert!(pace.recent.len() <= 11);
        }
        if let Err(next) = pace.take(at(now.saturating_sub(set_back)), 1) {
            prop_assert!(next <= at(now.saturating_sub(set_back) + 1_000));
        }
    }
}
