//! Crash tests: the real binary under load, killed at random times, and what must be true afterwards.
//!
//! Users speak through the bot platform's hook and agents through the desk API; stubs of the desk and of the platform
//! note what the bridge brings them. `docs/faults.md` says what is proved and how to run it at any size. Every random
//! choice comes from one seed, which is printed.
#![cfg(test)]

mod bridge;
mod campaign;
mod checker;
mod desk;
mod ledger;
mod load;
mod mutant;
mod plan;
mod platform;
mod power_loss;
mod report;
mod round;
mod script;
mod stub;
mod wire;

use checker::Fault;
use plan::Plan;
use power_loss::Survives;

#[test]
fn thirty_kills_lose_nothing() {
    campaign::run(&Plan::from_environment("kills", Survives::PageCache)).assert_clean();
}

#[test]
fn thirty_power_losses_lose_nothing() {
    campaign::run(&Plan::from_environment("power-losses", Survives::Synced)).assert_clean();
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
    catch("no_dedupe", Survives::PageCache, |fault| {
        matches!(fault, Fault::Renamed { .. })
    });
}

#[test]
fn mutant_no_lane_order_is_caught() {
    catch("no_lane_order", Survives::PageCache, |fault| {
        matches!(fault, Fault::Overtook { .. } | Fault::Overlapped { .. })
    });
}

fn catch(mutant: &'static str, survives: Survives, sought: fn(&Fault) -> bool) {
    let plan = Plan::mutant(mutant, survives, mutant::binary(), sought);
    campaign::run(&plan).assert_caught(&plan);
}
