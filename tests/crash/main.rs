//! Crash tests: the real binary under load, killed at random times, and what must be true afterwards; and several of
//! them on one database, to which all kinds of things happen.
//!
//! Users speak through the bot platform's hook and agents through the desk API; stubs of the desk and of the platform
//! note what the bridge brings them. `docs/faults.md` says what is proved and how to run it at any size. Every random
//! choice comes from one seed, which is printed.
#![cfg(test)]

mod bridge;
mod campaign;
mod checker;
mod desk;
mod journal;
mod ledger;
mod load;
mod mutant;
mod plan;
mod platform;
mod power_loss;
mod replicas;
mod report;
mod round;
mod script;
mod stub;
mod wire;

use checker::Fault;
use plan::{Class, Plan, Size};
use power_loss::Survives;

const GATE: Size = Size {
    strikes: 30,
    strikes_per_round: 30,
    conversations: 300,
};

/// At most ten kills, judged after every second one.
const MUTANT: Size = Size {
    strikes: 10,
    strikes_per_round: 2,
    conversations: 200,
};

#[test]
fn thirty_kills_lose_nothing() {
    let class = Class::Process(Survives::PageCache);
    campaign::run(&Plan::from_environment("kills", class, GATE)).assert_clean();
}

#[test]
fn thirty_power_losses_lose_nothing() {
    let class = Class::Process(Survives::Synced);
    campaign::run(&Plan::from_environment("power-losses", class, GATE)).assert_clean();
}

#[test]
fn mutant_ack_before_commit_is_caught() {
    catch("ack_before_commit", Survives::PageCache, |fault| {
        matches!(fault, Fault::Lost { .. })
    });
}

#[test]
fn mutant_synchronous_normal_is_caught() {
    catch("synchronous_normal", Survives::Synced, |fault| {
        matches!(fault, Fault::Lost { .. })
    });
}

#[test]
fn mutant_no_dedupe_is_caught() {
    // Or of a request that is made again: what its transcript holds arrives as if it had been said now.
    catch("no_dedupe", Survives::PageCache, |fault| match fault {
        Fault::Renamed { .. } => true,
        Fault::Odd(what) => what.contains(script::ASKS),
        _ => false,
    });
}

#[test]
fn mutant_no_lane_order_is_caught() {
    catch("no_lane_order", Survives::PageCache, |fault| {
        matches!(fault, Fault::Overtook { .. } | Fault::Overlapped { .. })
    });
}

fn catch(mutant: &'static str, survives: Survives, sought: fn(&Fault) -> bool) {
    let plan = Plan::mutant(mutant, Class::Process(survives), MUTANT, sought);
    campaign::run(&plan).assert_caught(&plan);
}
