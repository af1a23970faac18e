//! The store for replicas: its harness, and what only many processes on one database promise.

mod cluster;
mod console;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use handover_bridge::{
    clock::new_id,
    domain::policy::Policy,
    store::{
        ConsoleStore, TranscriptLimits,
        postgres::{Listen, Options, PostgresStore},
    },
    telemetry::Instruments,
};

use self::cluster::Cluster;
use crate::world::{Harness, ManualClock, team_name};

/// A database of its own, gone with it.
pub struct Database {
    cluster: Cluster,
    name: String,
}

impl Database {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let cluster = Cluster::join();
        let name = format!("t{}_{count}", std::process::id());
        cluster.psql(
            "postgres",
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
        cluster.psql(
            "postgres",
            &format!("CREATE DATABASE {name} STRATEGY file_copy"),
        );
        Self { cluster, name }
    }

    fn options(&self, policy: Policy, clock: Arc<ManualClock>) -> Options {
        Options {
            url: self.cluster.url(&self.name).into(),
            listen: Listen::Here,
            migrate: true,
            pool: 8,
            policy: Arc::new(policy),
            clock,
            new_id,
            transcript_limits: TranscriptLimits::from([(team_name(), 3)]),
            instruments: Instruments::default(),
        }
    }

    async fn listening(
        &self,
        listen: Listen,
        policy: Policy,
        clock: Arc<ManualClock>,
    ) -> PostgresStore {
        let options = self.options(policy, clock);
        Options { listen, ..options }.open().await.unwrap()
    }

    pub async fn replica(&self, policy: Policy, clock: Arc<ManualClock>) -> PostgresStore {
        self.options(policy, clock).open().await.unwrap()
    }
}

#[async_trait]
impl Harness for Database {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore> {
        Arc::new(self.replica(policy, clock).await)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let gone = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        self.cluster.psql("postgres", &gone);
    }
}
