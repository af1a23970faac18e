//! One of three replicas is killed in the thick of it and started again, while the others take over what it held.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use super::{
    TAKEOVER,
    lanes::{Hold, Lanes},
    world::{Stage, World},
};
use crate::campaign::{Order, Outcome};

const REPLICAS: usize = 3;

/// A lane that has not moved by then was held by the replica that was killed.
const HELD: Duration = Duration::from_secs(2);

/// From then to the next kill, at most.
const BETWEEN: Duration = Duration::from_secs(3);

/// A kill counts only if so many events were acknowledged since the one before, and some lane was held.
const ACKED_AT_LEAST: u64 = 50;
const ACKED_WITHIN: Duration = Duration::from_secs(30);

pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut outcome = Outcome::default();
    let stage = Stage::of(REPLICAS);
    let mut world = World::set_up(order, order.plan.choices_of(order.number), stage).await;
    let mut takeovers = JoinSet::new();
    // By those that were killed before.
    let mut left_behind = HashSet::new();
    while outcome.strikes < order.strikes {
        assert!(
            outcome.cycles < 5 + 2 * usize::try_from(order.strikes).unwrap_or(usize::MAX),
            "too many kills do not count"
        );
        assert!(
            world.acknowledge(ACKED_AT_LEAST, ACKED_WITHIN).await,
            "the load is too slow to prove anything"
        );
        sleep(BETWEEN.mul_f64(world.rng.f64())).await;
        world.assert_alive();
        let victim = world.rng.usize(0..REPLICAS);
        let in_flight = world.signals.in_flight.load(Ordering::Relaxed);
        world.kill(victim);
        let killed = Instant::now();
        let all = world.lanes.held().await;
        let ready = world.start(victim).await;
        sleep(HELD.saturating_sub(killed.elapsed())).await;
        let held = world.lanes.still(&all).await;
        let held: HashSet<_> = held.difference(&left_behind).copied().collect();
        left_behind.extend(&held);
        let counts = !held.is_empty();
        seen(&json!({
            "process": world.replicas[victim].process - 1,
            "counts": counts,
            "in_flight": in_flight,
            "held": held.len(),
            "ready_ms": ready.as_millis(),
        }));
        outcome.took("start", ready);
        outcome.strikes += u32::from(counts);
        outcome.cycles += 1;
        takeovers.spawn(take_over(Arc::clone(&world.lanes), (held, killed)));
    }
    for took in takeovers.join_all().await {
        outcome.took("takeover", took);
        super::judge("a takeover", (took, TAKEOVER), &mut outcome.faults);
    }
    world.end(&mut outcome).await;
    outcome
}

async fn take_over(lanes: Arc<Lanes>, held: (HashSet<Hold>, Instant)) -> Duration {
    lanes.move_on(held, TAKEOVER + Duration::from_secs(2)).await
}
