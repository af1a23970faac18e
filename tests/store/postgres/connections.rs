//! Connections that are good for nothing any more.

use futures_util::future::join_all;
use handover_bridge::{
    store::{Error, Store as _, postgres::Options},
    telemetry::{Instruments, Registry},
};

use super::{Database, Replicas};
use crate::world::{clock, policy, request, says, team};

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

/// What the alert on a store that does not write goes by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_is_counted_and_what_is_wrong_with_a_step_is_not() {
    let database = Database::new();
    let metrics = Registry::new().unwrap();
    let options = Options {
        instruments: Instruments {
            metrics: metrics.clone(),
            ..Instruments::default()
        },
        ..database.options(policy(), clock())
    };
    let store = options.open().await.unwrap();
    let failed = || {
        let rendered = metrics.render();
        let line = rendered
            .lines()
            .find(|line| line.starts_with("handover_store_failed_batches_total"));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    store.apply(request("ann", Vec::new())).await.unwrap();
    database.says("UPDATE conversations SET state = 'nothing that can be read'");
    for wrong in [says("ann", "hello"), request("ann", Vec::new())] {
        let error = store.apply(wrong).await.unwrap_err();
        assert!(matches!(error, Error::Corrupt(_)), "{error}");
    }
    assert_eq!(failed(), "0");

    let away = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name);
    database.cluster.psql("postgres", &away);
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
        database.name
    );
    database.cluster.psql("postgres", &cut);
    for step in [says("bea", "hello"), request("bea", Vec::new())] {
        let error = store.apply(step).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error}");
    }
    assert!(store.probe().await.is_err());
    assert_eq!(failed(), "3");
}

impl Database {
    fn cut_all(&self) {
        self.says(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }

    /// For connections that are made after this.
    pub fn set_for_new_sessions(&self, setting: &str) {
        let alter = format!("ALTER DATABASE {} {setting}", self.name);
        self.cluster.psql("postgres", &alter);
    }
}
