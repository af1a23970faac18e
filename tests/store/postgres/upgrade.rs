//! A new version beside an old one, while replicas are exchanged one after another.

use std::time::Duration;

use super::Replicas;
use crate::world::{policy, team};

/// As no version writes it that stands beside this one.
const NEWER: &str = r#"UPDATE deliveries SET task = '{"do":"what nobody knows yet"}'"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_newer_version_knows_is_left_to_it_at_once() {
    let Replicas {
        database,
        first,
        second,
    } = Replicas::new(policy()).await;
    first.request("ann").await;
    let task = database.says("SELECT task FROM deliveries");
    let known = format!("UPDATE deliveries SET task = '{}'", task.trim());
    database.says(NEWER);
    assert!(first.claim(&team()).await.is_none());
    database.says(&known);
    let again = first.store.claim(&team(), 1).await.unwrap();
    assert!(again.claims.is_empty(), "it does not look at it again");
    assert!(again.next_due.unwrap() > first.clock.now(), "at once");
    let taken = second.claim(&team()).await.expect("whoever knows it");
    second.store.release(taken).await.unwrap();

    first.wait(Duration::from_secs(15));
    assert!(first.claim(&team()).await.is_some(), "but after a while");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_with_what_a_newer_version_wrote_do_not_keep_an_old_one_from_the_others() {
    let Replicas {
        database, first, ..
    } = Replicas::new(policy()).await;
    for user in ["ann", "bea"] {
        first.request(user).await;
    }
    database.says(NEWER);
    let cem = first.request("cem").await;
    for _ in 0..2 {
        assert!(first.claim(&team()).await.is_none());
    }
    let claim = first.claim(&team()).await.expect("of its own version");
    assert_eq!(claim.job.about.handover.id, cem);
}
