//! Connections that are good for nothing any more.

use futures_util::future::join_all;
use handover_bridge::store::Error;

use super::{Database, Replicas};
use crate::world::{policy, team};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_are_replaced() {
    let Replicas {
        database,
        first,
        second,
    } = Replicas::new(policy()).await;
    first.request("ann").await;
    for _ in 0..3 {
        database.cut_all();
        first.user_says("ann", "still there?").await;
        assert!(second.store.claim(&team(), 1).await.is_ok());
    }
}

/// As after a failover: whoever was connected to the old primary still reads there, and can write no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_a_server_that_takes_no_writes_are_replaced_all_at_once() {
    let Replicas {
        database, first, ..
    } = Replicas::new(policy()).await;
    first.request("ann").await;
    database.set_for_new_sessions("SET default_transaction_read_only = on");
    database.cut_all();
    let several = (0..4).map(|_| first.store.names_in_use());
    for read in join_all(several).await {
        read.unwrap();
    }
    database.set_for_new_sessions("RESET default_transaction_read_only");
    let mut refused = 0;
    for _ in 0..9 {
        match first.store.probe().await {
            Ok(()) => {}
            Err(Error::Unavailable(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        refused <= 2,
        "one finds out, and one more where the store was just using it: {refused}"
    );
}

impl Database {
    fn cut_all(&self) {
        self.says(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }

    /// For connections that are made after this.
    fn set_for_new_sessions(&self, setting: &str) {
        let alter = format!("ALTER DATABASE {} {setting}", self.name);
        self.cluster.psql("postgres", &alter);
    }
}
