//! One replica after the other is stopped and started behind a proxy, as an upgrade does it. No caller notices.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    proxy::Proxy,
    world::{Stage, World},
};
use crate::{
    bridge,
    campaign::{Order, Outcome},
    checker::Fault,
};

const REPLICAS: usize = 2;

/// What a service manager has to grant.
const STOP_WITHIN: Duration = Duration::from_secs(25);

/// Until the proxy has seen that a replica is there.
const SEEN_WITHIN: Duration = Duration::from_mins(1);

/// Between two restarts at least so much is acknowledged.
const ACKED_AT_LEAST: u64 = 100;
const ACKED_WITHIN: Duration = Duration::from_secs(30);

/// A strike is one round: every replica once.
pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut outcome = Outcome::default();
    let rng = order.plan.choices_of(order.number);
    let listeners: Vec<_> = (0..REPLICAS).map(|_| bridge::free_address()).collect();
    let proxy = Proxy::start(order.folder, &listeners);
    let stage = Stage {
        think: Duration::from_millis(200),
        is_proxied: true,
        listeners: Some(listeners),
        ..Stage::of(REPLICAS)
    };
    let mut world = World::set_up(order, rng, stage).await;
    assert!(proxy.all_are_up(SEEN_WITHIN).await, "the proxy sees nobody");
    world.open(proxy.door);
    let began = Instant::now();
    while outcome.strikes < order.strikes {
        for number in 0..REPLICAS {
            assert!(
                world.acknowledge(ACKED_AT_LEAST, ACKED_WITHIN).await,
                "the load is too slow to prove anything"
            );
            let (stopped, content) = world.stop(number, STOP_WITHIN).await;
            let ready = world.start(number).await;
            assert!(proxy.all_are_up(SEEN_WITHIN).await, "the proxy sees nobody");
            if !content {
                let failed = format!("replica {number} ended with an error");
                outcome.faults.push(Fault::Failed(failed));
            }
            outcome.took("stop", stopped);
            outcome.took("start", ready);
            seen(&json!({
                "replica": number,
                "stopped_ms": stopped.as_millis(),
                "ready_ms": ready.as_millis(),
            }));
        }
        outcome.strikes += 1;
        outcome.cycles += 1;
    }
    let answers = world.signals.journal.since(began);
    let failed = answers
        .iter()
        .filter(|answer| !answer.status.is_some_and(|status| status.is_success()));
    for answer in failed {
        let said = match answer.status {
            Some(status) => format!("a request was answered {status}"),
            None => "a request was not answered".to_owned(),
        };
        outcome.faults.push(Fault::Failed(said));
    }
    let requests = u32::try_from(answers.len()).unwrap_or(u32::MAX);
    let rate = f64::from(requests) / began.elapsed().as_secs_f64();
    println!("{requests} requests, {rate:.0} a second");
    world.end(&mut outcome).await;
    outcome
}
