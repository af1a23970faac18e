//! A replica is cut off from the database, wholly or in one direction, or from the desk; no packet says so. It refuses
//! what it cannot keep, soon; the others go on; and when the cut is over it comes back by itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    TAKEOVER,
    network::{Lost, Network},
    prober::Prober,
    world::{Stage, World},
};
use crate::{
    campaign::{Order, Outcome},
    checker::Fault,
    ledger::Damage,
};

/// One is cut off from the database, one hears nothing from it, one is cut off from the desk.
const REPLICAS: u8 = 3;

/// Longer than a lease.
const DATABASE_GONE: Duration = Duration::from_secs(20);

const DESK_GONE: Duration = Duration::from_secs(10);

/// A refusal comes within 2 s; the rest is the test's own delay on a busy machine.
const REFUSED_WITHIN: Duration = Duration::from_secs(3);

/// The readiness that a balancer asks for is at most 2 s old, and found out within 2 s.
const UNREADY_WITHIN: Duration = Duration::from_secs(6);

/// After the cut is over.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// While a replica is cut off the others take at least so much.
const ACKED_AT_LEAST: u64 = 100;

/// What was sent into the cut may come after it, when nobody waits for the answer any more.
const ECHO: Duration = Duration::from_secs(15);

/// What one cut has come to.
#[derive(Default)]
struct Cycle {
    report: Value,
    took: Vec<(&'static str, Duration)>,
    faults: Vec<Fault>,
}

pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rng = order.plan.choices_of(order.number);
    let network = Network::build(REPLICAS, &mut rng);
    let stage = Stage {
        network: Some(network),
        ..Stage::of(REPLICAS.into())
    };
    let mut world = World::set_up(order, rng, stage).await;
    let mut rngs: Vec<_> = (0..REPLICAS).map(|_| world.rng.fork()).collect();
    while outcome.strikes < order.strikes {
        let left = order.strikes - outcome.strikes;
        let [one, two, three] = rngs.as_mut_slice() else {
            unreachable!("there are as many as replicas")
        };
        let mut cycles = Vec::new();
        if left == 1 {
            cycles.push(without_database(&world, (0, Lost::All), one).await);
        } else {
            let (wholly, in_one_direction) = tokio::join!(
                without_database(&world, (0, Lost::All), one),
                without_database(&world, (1, Lost::Answers), two),
            );
            cycles.extend([wholly, in_one_direction]);
        }
        if left > 2 {
            let lost = if three.bool() {
                Lost::All
            } else {
                Lost::Answers
            };
            cycles.push(without_desk(&world, (2, lost), three).await);
        }
        for cycle in cycles {
            seen(&cycle.report);
            outcome.strikes += 1;
            outcome.cycles += 1;
            for (what, time) in cycle.took {
                outcome.took(what, time);
            }
            outcome.faults.extend(cycle.faults);
        }
    }
    world.end(&mut outcome).await;
    outcome
}

/// For longer than a lease.
async fn without_database(
    world: &World,
    (victim, lost): (usize, Lost),
    rng: &mut fastrand::Rng,
) -> Cycle {
    let mut cycle = Cycle::default();
    let replica = &world.replicas[victim];
    let network = world.network.as_ref().expect("the replicas live on one");
    let mut prober = Prober::new(replica.site.listen, rng.fork());
    let mut balancer = Prober::new(replica.site.listen, rng.fork());
    sleep(Duration::from_secs(1).mul_f64(rng.f64())).await;

    let strike = world.ledger.strike(replica.process, Damage::Stalled);
    let all = world.lanes.held().await;
    network.cut(victim, (replica.database, lost));
    let gone = Instant::now();
    let refusing = async {
        let (mut refused, mut slowest) = (0_u32, Duration::ZERO);
        while gone.elapsed() < DATABASE_GONE {
            let (status, took) = prober.text().await;
            slowest = slowest.max(took);
            refused += u32::from(status.is_some_and(|status| status == 503));
            sleep(Duration::from_millis(250)).await;
        }
        (refused, slowest)
    };
    let balancing = async {
        let unready = balancer.says(false, (gone, DATABASE_GONE)).await;
        world.spare(victim);
        unready
    };
    let going_on = world.acknowledge(ACKED_AT_LEAST, DATABASE_GONE);
    let moving_on = async {
        sleep(Duration::from_secs(1)).await;
        let held = world.lanes.still(&all).await;
        let count = held.len();
        let takeover = world.lanes.move_on((held, gone), TAKEOVER * 2).await;
        (count, takeover)
    };
    let ((refused, slowest), unready, went_on, (held, takeover)) =
        tokio::join!(refusing, balancing, going_on, moving_on);

    network.heal(victim);
    let healed = Instant::now();
    world.ledger.heal(strike);
    let back = prober.takes(healed, BACK_WITHIN * 4).await;
    let ready = balancer.says(true, (healed, BACK_WITHIN * 4)).await;
    world.call(victim);

    if !went_on {
        let stood = format!("the others stood still while replica {victim} was cut off");
        cycle.faults.push(Fault::Failed(stood));
    }
    if refused == 0 {
        let never = format!("replica {victim} refused nothing without a database");
        cycle.faults.push(Fault::Failed(never));
    }
    let answers = world.signals.journal.since(gone);
    let answers = answers.iter().filter(|answer| {
        answer.by == replica.site.listen && !answer.is_request && answer.began < healed
    });
    let slowest = answers
        .map(|answer| answer.took)
        .fold(slowest, Duration::max);
    for (what, took, allowed) in [
        (super::UNANSWERED, slowest, REFUSED_WITHIN),
        ("becoming unready", unready, UNREADY_WITHIN),
        ("taking texts again after a cut", back, BACK_WITHIN),
        ("becoming ready after a cut", ready, BACK_WITHIN),
    ] {
        super::judge(what, (took, allowed), &mut cycle.faults);
        cycle.took.push((what, took));
    }
    cycle.report = json!({
        "process": replica.process,
        "cut": "database",
        "lost": lost,
        "held": held,
        "takeover_ms": takeover.as_millis(),
        "refused": refused,
        "slowest_ms": slowest.as_millis(),
        "unready_ms": unready.as_millis(),
        "back_ms": back.as_millis(),
        "ready_ms": ready.as_millis(),
    });
    cycle
}

/// The replica goes on taking what is said; others, and later itself, bring it.
async fn without_desk(
    world: &World,
    (victim, lost): (usize, Lost),
    rng: &mut fastrand::Rng,
) -> Cycle {
    let mut cycle = Cycle::default();
    let replica = &world.replicas[victim];
    let network = world.network.as_ref().expect("the replicas live on one");
    let mut prober = Prober::new(replica.site.listen, rng.fork());

    let strike = world.ledger.strike(replica.process, Damage::Deafened);
    network.cut(victim, (replica.site.desk, lost));
    let gone = Instant::now();
    let taking = async {
        let (mut taken, mut refused) = (0_u32, 0_u32);
        while gone.elapsed() < DESK_GONE {
            let (status, _) = prober.text().await;
            let success = status.is_some_and(|status| status.is_success());
            taken += u32::from(success);
            refused += u32::from(!success);
            sleep(Duration::from_millis(250)).await;
        }
        (taken, refused)
    };
    let ((taken, refused), went_on) =
        tokio::join!(taking, world.acknowledge(ACKED_AT_LEAST, DESK_GONE));
    let is_ready = prober.is_ready().await;
    network.heal(victim);
    let ledger = Arc::clone(&world.ledger);
    tokio::spawn(async move {
        sleep(ECHO).await;
        ledger.heal(strike);
    });

    if !is_ready || refused > 0 || !went_on {
        let stopped = format!("replica {victim} took nothing for want of a desk");
        cycle.faults.push(Fault::Failed(stopped));
    }
    cycle.report = json!({
        "process": replica.process,
        "cut": "desk",
        "lost": lost,
        "taken": taken,
    });
    cycle
}
