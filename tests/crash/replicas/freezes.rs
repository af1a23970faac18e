//! Replicas are frozen for longer than a lease and thawed: what they held has gone to another by then, and what they
//! still have to say of it must change nothing.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{sync::Mutex, time::sleep};

use super::{
    TAKEOVER,
    lanes::Hold,
    world::{Stage, World},
};
use crate::{
    campaign::{Order, Outcome},
    ledger::Damage,
};

/// Two of them are frozen time and again, the last one never.
const REPLICAS: usize = 3;

/// A lane that has not moved by then is held by the replica that is frozen.
const HELD: Duration = Duration::from_secs(1);

/// How long a freeze lasts: longer than a lease, and than the others take to look.
const FROZEN: std::ops::Range<f64> = 16.5..19.0;

/// After a thaw, before the next freeze, at most.
const THAWED: Duration = Duration::from_secs(4);

/// A freeze that meets a replica without a lane is broken off and tried again, so often at most.
const TRIES: u32 = 50;

/// One freeze.
struct Cycle {
    report: Value,
    takeover: Duration,
}

pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut outcome = Outcome::default();
    let stage = Stage::of(REPLICAS);
    let mut world = World::set_up(order, order.plan.choices_of(order.number), stage).await;
    let (mut one, mut other) = (world.rng.fork(), world.rng.fork());
    let stuck = Mutex::default();
    let scene = (&world, &stuck);
    let (first, second) = tokio::join!(
        freeze_again_and_again(scene, (0, order.strikes.div_ceil(2)), &mut one),
        freeze_again_and_again(scene, (1, order.strikes / 2), &mut other),
    );
    for Cycle { report, takeover } in first.into_iter().chain(second) {
        seen(&report);
        outcome.strikes += 1;
        outcome.cycles += 1;
        outcome.took("takeover", takeover);
        super::judge("a takeover", (takeover, TAKEOVER), &mut outcome.faults);
    }
    world.end(&mut outcome).await;
    outcome
}

/// The world, and all holds of replicas that were found frozen.
type Scene<'a> = (&'a World, &'a Mutex<HashSet<Hold>>);

async fn freeze_again_and_again(
    scene: Scene<'_>,
    (victim, times): (usize, u32),
    rng: &mut fastrand::Rng,
) -> Vec<Cycle> {
    let (mut cycles, mut tries) = (Vec::new(), 0);
    while cycles.len() < usize::try_from(times).unwrap_or(usize::MAX) {
        assert!(tries < TRIES, "a replica holds nothing when it is frozen");
        tries += 1;
        sleep(THAWED.mul_f64(rng.f64())).await;
        if let Some(cycle) = freeze(scene, victim, rng).await {
            cycles.push(cycle);
            tries = 0;
        }
    }
    cycles
}

/// None: the replica held nothing, so this has proved nothing.
async fn freeze(
    (world, stuck): Scene<'_>,
    victim: usize,
    rng: &mut fastrand::Rng,
) -> Option<Cycle> {
    // No two at once: what does not move then is this one's.
    let mut stuck = stuck.lock().await;
    let replica = &world.replicas[victim];
    let strike = world.ledger.strike(replica.process, Damage::Stalled);
    replica.signal("STOP");
    let frozen = Instant::now();
    world.spare(victim);
    let all = world.lanes.held().await;
    sleep(HELD).await;
    let held = world.lanes.still(&all).await;
    let held: HashSet<_> = held.difference(&stuck).copied().collect();
    stuck.extend(&held);
    drop(stuck);
    let (count, mut takeover) = (held.len(), Duration::ZERO);
    if count > 0 {
        let lasts = Duration::from_secs_f64(rng.f64() * (FROZEN.end - FROZEN.start) + FROZEN.start);
        takeover = world
            .lanes
            .move_on((held, frozen), lasts.max(TAKEOVER))
            .await;
        sleep(lasts.saturating_sub(frozen.elapsed())).await;
    }
    let lasted = frozen.elapsed();
    replica.signal("CONT");
    world.ledger.heal(strike);
    world.call(victim);
    let report = json!({
        "process": replica.process,
        "held": count,
        "frozen_ms": lasted.as_millis(),
        "takeover_ms": takeover.as_millis(),
    });
    (count > 0).then_some(Cycle { report, takeover })
}
