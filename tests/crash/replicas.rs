//! Several replicas of the bridge on one PostgreSQL, and what happens to some of them, or to all.
//!
//! The common promises are judged as ever, over everything that the stubs have seen of all replicas. Each class adds
//! what it is about: how soon another takes over, that a caller is never left hanging, that nobody notices a restart.

mod cluster;
mod crashes;
mod forwarder;
mod freezes;
mod kills;
mod lanes;
mod namespaces;
mod network;
mod partitions;
mod prober;
mod proxy;
mod restarts;
mod world;

use std::time::Duration;

use serde_json::Value;

use crate::{
    campaign::{self, Order, Outcome},
    checker::Fault,
    plan::{self, Plan, Size},
};

/// What is done.
#[derive(Clone, Copy, Debug)]
pub enum Class {
    /// SIGKILL of a replica, which is started again.
    Kills,
    /// SIGSTOP of a replica for longer than a lease, then SIGCONT.
    Freezes,
    /// A replica is cut off from the database, or from the desk.
    Partitions,
    /// The database crashes, or cuts its connections.
    DatabaseCrashes,
    /// One replica after the other is stopped and started, behind a proxy.
    RollingRestarts,
}

/// Lanes of a replica that is gone move on within this.
const TAKEOVER: Duration = Duration::from_secs(20);

/// Runs one round; `seen` is told of every cycle.
pub async fn run(order: Order<'_>, class: Class, seen: impl FnMut(&Value)) -> Outcome {
    match class {
        Class::Kills => kills::run(order, seen).await,
        Class::Freezes => freezes::run(order, seen).await,
        Class::Partitions => partitions::run(order, seen).await,
        Class::DatabaseCrashes => crashes::run(order, seen).await,
        Class::RollingRestarts => restarts::run(order, seen).await,
    }
}

/// A fault, if something has taken longer than it may.
fn judge(what: &'static str, (took, allowed): (Duration, Duration), faults: &mut Vec<Fault>) {
    if took > allowed {
        faults.push(Fault::Slow {
            what,
            took: took.as_millis(),
            allowed: allowed.as_millis(),
        });
    }
}

const fn size(strikes: u32) -> Size {
    Size {
        strikes,
        strikes_per_round: strikes,
        conversations: 120,
    }
}

fn survive(name: &'static str, class: Class, gate: Size) {
    let plan = Plan::from_environment(name, plan::Class::Replicas(class), gate);
    campaign::run(&plan).assert_clean();
}

fn catch(mutant: &'static str, (class, size): (Class, Size), sought: fn(&Fault) -> bool) {
    let plan = Plan::mutant(mutant, plan::Class::Replicas(class), size, sought);
    campaign::run(&plan).assert_caught(&plan);
}

#[test]
fn ten_kills_lose_nothing() {
    survive("replica-kills", Class::Kills, size(10));
}

#[test]
fn five_freezes_lose_nothing() {
    survive("freezes", Class::Freezes, size(5));
}

#[test]
fn three_partitions_lose_nothing() {
    survive("partitions", Class::Partitions, size(3));
}

#[test]
fn three_database_crashes_lose_nothing() {
    survive("database-crashes", Class::DatabaseCrashes, size(3));
}

#[test]
fn three_rolling_restarts_are_noticed_by_nobody() {
    survive("rolling-restarts", Class::RollingRestarts, size(3));
}

#[test]
fn mutant_ack_before_commit_is_caught() {
    catch("ack_before_commit", (Class::Kills, size(4)), |fault| {
        matches!(fault, Fault::Lost { .. })
    });
}

#[test]
fn mutant_no_takeover_is_caught() {
    catch("no_takeover", (Class::Kills, size(1)), |fault| {
        matches!(fault, Fault::Lost { .. })
    });
}

#[test]
fn mutant_no_fence_is_caught() {
    catch("no_fence", (Class::Freezes, size(2)), |fault| {
        matches!(fault, Fault::Stale(_))
    });
}

#[test]
fn mutant_no_time_outs_is_caught() {
    catch("no_time_outs", (Class::Partitions, size(1)), |fault| {
        matches!(fault, Fault::Slow { .. })
    });
}

#[test]
fn mutant_synchronous_commit_off_is_caught() {
    // What a crash takes is a matter of moments: judged after every two, three times at most.
    let size = Size {
        strikes: 6,
        ..size(2)
    };
    let class = (Class::DatabaseCrashes, size);
    catch("synchronous_commit_off", class, |fault| {
        matches!(fault, Fault::Lost { .. })
    });
}

#[test]
fn mutant_no_drain_is_caught() {
    catch("no_drain", (Class::RollingRestarts, size(2)), |fault| {
        matches!(fault, Fault::Failed(_))
    });
}
