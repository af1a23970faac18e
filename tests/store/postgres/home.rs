//! A database that is another one than before, under replicas that go on.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::effect::WarningKind,
    store::{OperatorStore as _, Store as _, WarningView},
};

use super::Database;
use crate::world::{clock, policy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_has_taken_over_is_noticed_by_the_next_probe_once_and_with_the_last_one_before()
 {
    let (database, clock) = (Database::new(), clock());
    let first = database.replica(policy(), Arc::clone(&clock)).await;
    let second = database.replica(policy(), Arc::clone(&clock)).await;
    let before = clock.now();
    first.probe().await.unwrap();
    database.says("UPDATE meta SET value = 'elsewhere' WHERE name = 'home'");
    clock.wait(Duration::from_secs(5));
    let (one, other) = tokio::join!(first.probe(), second.probe());
    one.and(other).unwrap();
    let warnings = first.warnings().await.unwrap();
    let [
        WarningView {
            kind: WarningKind::Restored,
            subject,
            count: 1,
            ..
        },
    ] = &warnings[..]
    else {
        panic!("{warnings:?}")
    };
    assert_eq!(*subject, before.to_string());
    let probed_at = database.says("SELECT encode(value, 'hex') FROM meta WHERE name = 'probed_at'");
    let now = format!("{:016x}\n", clock.now().as_millis());
    assert_eq!(probed_at, now, "and the probe has written");
}
