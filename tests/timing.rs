//! Whether the time that a comparison of secrets takes says how much of a guess was right.
//!
//! After dudect (Reparaz, Balasch, Verbauwhede: *Dude, is my code constant time?*): two kinds of guesses in random order,
//! and Welch's t over how long each took. Beyond 4.5 they differ. `scripts/campaign timing` takes a million guesses of an
//! optimised build; here are fewer, and a bound that chance does not reach.

#![cfg(test)]

use std::{env, hint::black_box, time::Instant};

use handover_bridge::http::secret::Accepted;

const LENGTH: usize = 256;
/// What of the measurements is kept: the slowest are interrupts.
const KEPT: usize = 90;

/// How many guesses, and what t must stay below.
fn size() -> (usize, f64) {
    env::var("HANDOVER_TIMING_GUESSES").map_or((20_000, 10.0), |guesses| {
        (guesses.parse().expect("a number"), 4.5)
    })
}

/// Welch's t between the times of guesses that are wrong in their last character and of those that are wrong in all.
fn t_of(matches: impl Fn(&str) -> bool, secret: &str, guesses: usize) -> f64 {
    let near = format!("{}!", &secret[..LENGTH - 1]);
    let far = "!".repeat(LENGTH);
    let mut times: Vec<(bool, u64)> = (0..guesses)
        .map(|_| {
            let is_near = fastrand::bool();
            let guess = made_of(black_box(is_near), (&near, &far));
            let asked = Instant::now();
            let taken = black_box(matches(black_box(&guess)));
            let took = asked.elapsed();
            assert!(!taken, "a wrong guess was taken");
            (is_near, u64::try_from(took.as_nanos()).unwrap())
        })
        .collect();
    times.sort_unstable_by_key(|(_, took)| *took);
    let limit = times[times.len() * KEPT / 100].1;
    let of = |wanted: bool| {
        let kept = times.iter().filter(|(_, took)| *took <= limit);
        let times = kept.filter(|(is_near, _)| *is_near == wanted);
        moments(&times.map(|(_, took)| to_float(*took)).collect::<Vec<_>>())
    };
    let ((near, near_error), (far, far_error)) = (of(true), of(false));
    (near - far) / (near_error + far_error).sqrt()
}

/// Of both kinds alike: whatever is read for the one is read for the other, so that where each stands in memory, which
/// differs from run to run, does not show.
fn made_of(is_near: bool, (near, far): (&str, &str)) -> String {
    let mask = u8::from(is_near).wrapping_neg();
    let pairs = near.bytes().zip(far.bytes());
    let bytes = pairs.map(|(near, far)| (near & mask) | (far & !mask));
    String::from_utf8(bytes.collect()).expect("what both are made of")
}

/// The mean and the square of its standard error.
fn moments(times: &[f64]) -> (f64, f64) {
    let count = to_float(u64::try_from(times.len()).unwrap());
    let mean = times.iter().sum::<f64>() / count;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count)
}

fn to_float(nanoseconds: u64) -> f64 {
    f64::from(u32::try_from(nanoseconds).unwrap_or(u32::MAX))
}

fn secret() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(LENGTH)
        .collect()
}

#[test]
fn how_much_of_a_guess_is_right_does_not_show_in_the_time_that_refusing_it_takes() {
    let (guesses, limit) = size();
    let secret = secret();
    let accepted: Accepted = [&secret].into_iter().collect();
    assert!(accepted.matches(&secret));
    let t = t_of(|guess| accepted.matches(guess), &secret, guesses);
    println!("t = {t:.2} over {guesses} guesses");
    assert!(t.abs() < limit, "t = {t:.2} over {guesses} guesses");
}

/// The control: what is compared character by character until one differs is found out.
#[test]
fn a_comparison_that_stops_at_the_first_difference_is_found_out() {
    let (guesses, limit) = size();
    let secret = secret();
    let leaks = |guess: &str| {
        let mut pairs = guess.bytes().zip(secret.bytes());
        pairs.all(|(one, other)| black_box(one) == black_box(other))
    };
    let t = t_of(leaks, &secret, guesses);
    println!("t = {t:.2} over {guesses} guesses, of the control");
    assert!(t > limit, "t = {t:.2} over {guesses} guesses");
}
