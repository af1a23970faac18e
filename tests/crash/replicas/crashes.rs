//! The database crashes under two replicas, or cuts what they have of it. Whoever calls is told so within 2 s, and what
//! was acknowledged before is there afterwards.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    prober::Prober,
    world::{Stage, World},
};
use crate::{
    campaign::{Order, Outcome},
    checker::Fault,
    ledger::Damage,
};

const REPLICAS: usize = 2;

/// A refusal comes within 2 s; the rest is the test's own delay on a busy machine.
const REFUSED_WITHIN: Duration = Duration::from_secs(3);

/// The same of a request for an agent, which is declined at `decide_within` and a little.
const DECLINED_WITHIN: Duration = Duration::from_secs(4);

/// After the database accepts.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// How long the database stays down, at most.
const DOWN: Duration = Duration::from_secs(3);

/// A replica may have come near the end of a lease by then, and others may take over.
const NEAR_A_LEASE: Duration = Duration::from_secs(8);

/// A crash counts only if so many events were acknowledged since the one before.
const ACKED_AT_LEAST: u64 = 200;
const ACKED_WITHIN: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, serde::Serialize)]
enum Crash {
    /// All are thrown out at once, without a checkpoint.
    StoppedAtOnce,
    /// SIGKILL of the first process, from which the others take it that all is over.
    Killed,
    /// All connections are cut; the database goes on.
    ConnectionsCut,
    /// SIGKILL of one of the processes that serve the replicas: the database starts anew by itself.
    BackendKilled,
}

const CRASHES: [Crash; 4] = [
    Crash::StoppedAtOnce,
    Crash::Killed,
    Crash::ConnectionsCut,
    Crash::BackendKilled,
];

pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut outcome = Outcome::default();
    let stage = Stage {
        syncs: true,
        ..Stage::of(REPLICAS)
    };
    let mut world = World::set_up(order, order.plan.choices_of(order.number), stage).await;
    // Rounds of a few begin with another each.
    let first = usize::try_from(order.number).unwrap_or(usize::MAX) % CRASHES.len();
    for crash in CRASHES.into_iter().cycle().skip(first) {
        if outcome.strikes == order.strikes {
            break;
        }
        assert!(
            world.acknowledge(ACKED_AT_LEAST, ACKED_WITHIN).await,
            "the load is too slow to prove anything"
        );
        sleep(Duration::from_secs(1).mul_f64(world.rng.f64())).await;
        let report = once(&mut world, crash, &mut outcome).await;
        seen(&report);
        outcome.strikes += 1;
        outcome.cycles += 1;
    }
    world.end(&mut outcome).await;
    outcome
}

async fn once(world: &mut World, crash: Crash, outcome: &mut Outcome) -> Value {
    let (place, acked) = (world.ledger.happened(), world.ledger.acked());
    let down = DOWN.mul_f64(world.rng.f64());
    let began = Instant::now();
    match crash {
        Crash::StoppedAtOnce => {
            world.cluster.stop_at_once();
            sleep(down).await;
        }
        Crash::Killed => {
            world.cluster.kill();
            sleep(down).await;
        }
        Crash::ConnectionsCut => world.lanes.cut_connections().await,
        Crash::BackendKilled => {
            let backend = world.lanes.backend().await.expect("somebody is served");
            let killed = Command::new("kill")
                .args(["-KILL", &backend.to_string()])
                .status();
            assert!(killed.expect("kill can be run").success());
            sleep(Duration::from_millis(100)).await;
        }
    }
    world.cluster.start_again().await;
    let accepts = Instant::now();
    let mut back = Duration::ZERO;
    for replica in &world.replicas {
        let mut prober = Prober::new(replica.site.listen, world.rng.fork());
        back = back.max(prober.takes(accepts, BACK_WITHIN * 4).await);
    }
    let outage = began.elapsed();
    world.assert_alive();
    if outage > NEAR_A_LEASE {
        for replica in &world.replicas {
            world
                .ledger
                .strike_since(replica.process, Damage::Stalled, place);
        }
    }

    let answers = world.signals.journal.since(began);
    let slowest_of = |requests: bool| {
        let of = answers
            .iter()
            .filter(|answer| answer.is_request == requests);
        of.map(|answer| answer.took).max().unwrap_or_default()
    };
    let (slowest, slowest_request) = (slowest_of(false), slowest_of(true));
    let unanswered = answers.iter().filter(|answer| answer.status.is_none());
    let unanswered = unanswered.count();
    let refused = answers.iter().filter(|answer| {
        let unavailable = hyper::StatusCode::SERVICE_UNAVAILABLE;
        answer.status == Some(unavailable)
    });
    let refused = refused.count();
    if unanswered > 0 {
        let hung = format!("{unanswered} calls were not answered while the database was away");
        outcome.faults.push(Fault::Failed(hung));
    }
    for (what, took, allowed) in [
        (super::UNANSWERED, slowest, REFUSED_WITHIN),
        (
            "a decision without a database",
            slowest_request,
            DECLINED_WITHIN,
        ),
        ("taking texts again after the database", back, BACK_WITHIN),
    ] {
        super::judge(what, (took, allowed), &mut outcome.faults);
        outcome.took(what, took);
    }
    json!({
        "crash": crash,
        "acked": acked,
        "outage_ms": outage.as_millis(),
        "refused": refused,
        "slowest_ms": slowest.as_millis(),
        "slowest_request_ms": slowest_request.as_millis(),
        "back_ms": back.as_millis(),
    })
}
