//! A breadth-first search through everything that can happen around one conversation.

mod guards;
mod key;
mod model;
mod operator;
mod promise;
mod steps;
mod vendors;
mod writes;

use std::collections::{HashMap, HashSet, VecDeque};

use super::*;
use model::{Left, Model, Rules, Step};
use promise::{Broken, WEATHERS, ends_well};

/// What a search has seen.
struct Found {
    states: usize,
    transitions: usize,
    quiet: usize,
}

/// A broken promise, with the way that leads there.
#[derive(Debug)]
struct Counterexample {
    broken: Broken,
    #[expect(dead_code, reason = "shown when a test fails")]
    way: Vec<Step>,
}

/// Everything that the searches promise: two requests, three texts each way, a close, two timers, three faults.
const ISSUE: Left = Left {
    requests: 2,
    users: 3,
    agents: 3,
    closes: 1,
    timers: 2,
    bots: 0,
    removals: 0,
    erasures: 0,
    acts: 0,
    faults: 3,
};

const FEWER: Left = Left {
    users: 2,
    agents: 2,
    faults: 2,
    ..ISSUE
};

/// Breadth first by what the budgets count; what follows of itself (a call, its answer) is taken before anything new.
/// Two states with the same future count as one, also where one of them leaves less to happen than the other.
fn explore(rules: &Rules) -> Result<Found, Counterexample> {
    let mut seen: HashMap<u128, Vec<Left>> = HashMap::new();
    let mut good = WEATHERS.map(|_| HashSet::new());
    let mut nodes: Vec<(usize, Step)> = Vec::new();
    let mut frontier = VecDeque::from([(Model::new(rules), usize::MAX)]);
    let mut transitions = 0;
    while let Some((model, from)) = frontier.pop_front() {
        for step in model.steps(rules) {
            let mut next = model.clone();
            transitions += 1;
            let mut broken = next.take(rules, step).err();
            if broken.is_none() {
                let known = seen.entry(next.key()).or_default();
                if known.iter().any(|left| left.covers(next.left)) {
                    continue;
                }
                known.push(next.left);
                broken = WEATHERS
                    .iter()
                    .zip(&mut good)
                    .find_map(|(weather, good)| ends_well(&next, rules, *weather, good).err());
            }
            nodes.push((from, step));
            if let Some(broken) = broken {
                return Err(Counterexample {
                    broken,
                    way: way(&nodes),
                });
            }
            let at = nodes.len() - 1;
            if next.left == model.left {
                frontier.push_front((next, at));
            } else {
                frontier.push_back((next, at));
            }
        }
    }
    let quiet = good.iter().map(HashSet::len).sum();
    Ok(Found {
        states: seen.len(),
        transitions,
        quiet,
    })
}

fn way(nodes: &[(usize, Step)]) -> Vec<Step> {
    let mut way = Vec::new();
    let mut at = nodes.len() - 1;
    while let Some((from, step)) = nodes.get(at) {
        way.push(*step);
        at = *from;
    }
    way.reverse();
    way
}

fn rules(world: World, start: Left) -> Rules {
    Rules {
        policy: world.policy,
        start,
        newer_version: false,
        keeps_opens: false,
        by_leg: false,
    }
}

/// The longest of the searches, the one that the promise is made by.
#[test]
fn the_user_is_never_left_with_nobody() {
    let found = nobody_is_left(
        "one desk, paused by the answer",
        &rules(World::with_texts(), ISSUE),
    );
    assert!(
        found.states > 50_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_a_second_desk_is_called() {
    let found = nobody_is_left(
        "two desks",
        &rules(World::with_fallback("second", false), FEWER),
    );
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_console_is_the_fallback() {
    let found = nobody_is_left(
        "desk and console",
        &rules(World::with_fallback("console", true), FEWER),
    );
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_bot_is_paused_by_steps_and_doubt_accepts() {
    let mut world = World::with_pause_steps(1);
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    let found = nobody_is_left("paused by steps, accepts in doubt", &rules(world, FEWER));
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_desk_names_the_leg_and_would_take_it_twice() {
    let start = Left { users: 1, ..FEWER };
    let found = nobody_is_left("named by the leg", &forgetful(start));
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

/// A desk that does not know an open call again, and a bridge that accepts in doubt.
fn forgetful(start: Left) -> Rules {
    let mut world = World::with_texts();
    world.desk_mut("team").reopen_after = Duration::from_secs(20);
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    Rules {
        by_leg: true,
        ..rules(world, start)
    }
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_platform_is_asked_first() {
    let start = Left {
        users: 1,
        agents: 1,
        ..FEWER
    };
    let found = nobody_is_left(
        "looked up first, two desks",
        &rules(World::with_look_ups(), start),
    );
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_platform_is_asked_first_and_doubt_accepts() {
    let mut world = World::with_look_ups();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    let start = Left {
        users: 1,
        agents: 1,
        ..FEWER
    };
    let found = nobody_is_left("looked up first, accepts in doubt", &rules(world, start));
    assert!(
        found.states > 1_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_the_bot_speaks_over_the_agent() {
    let start = Left {
        bots: 1,
        users: 1,
        agents: 1,
        ..FEWER
    };
    let found = nobody_is_left(
        "the bot speaks over the agent",
        &rules(speaking_over(), start),
    );
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_an_operator_has_them_erased() {
    let start = Left {
        erasures: 1,
        users: 1,
        agents: 1,
        ..FEWER
    };
    let found = nobody_is_left(
        "erased, two desks",
        &rules(World::with_fallback("second", false), start),
    );
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_they_are_erased_while_the_platform_is_asked_first() {
    let start = Left {
        erasures: 1,
        users: 1,
        agents: 1,
        faults: 1,
        ..FEWER
    };
    let found = nobody_is_left(
        "erased, looked up first",
        &rules(World::with_look_ups(), start),
    );
    assert!(
        found.states > 1_000,
        "the search does not reach far: {} states",
        found.states
    );
}

#[test]
fn the_user_is_never_left_with_nobody_where_two_people_work_at_the_console() {
    let mut world = World::with_fallback("console", true);
    world.bot_mut().answer_pauses = false;
    world.bot_mut().pause_steps = 1;
    let start = Left {
        requests: 1,
        users: 1,
        agents: 1,
        faults: 1,
        acts: 3,
        ..FEWER
    };
    let found = nobody_is_left("desk and console with people", &rules(world, start));
    assert!(
        found.states > 5_000,
        "the search does not reach far: {} states",
        found.states
    );
}

/// A bot that its answer pauses, that can be paused by a step too, and that may not have heard the answer.
fn speaking_over() -> World {
    let mut world = World::with_texts();
    world.bot_mut().pause_steps = 1;
    world
}

/// Prints how far the search went; a passing test shows it with `--success-output immediate` or `--nocapture`.
fn nobody_is_left(name: &str, rules: &Rules) -> Found {
    let begun = std::time::Instant::now();
    match explore(rules) {
        Ok(found) => {
            println!(
                "{name}: {} states, {} transitions, {} states of quiet runs, {:?}",
                found.states,
                found.transitions,
                found.quiet,
                begun.elapsed()
            );
            found
        }
        Err(found) => panic!("{name}: {found:#?}"),
    }
}
