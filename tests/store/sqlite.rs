//! The SQLite store: its harness, and what only one process with one file promises.

use std::sync::Arc;

use async_trait::async_trait;
use handover_bridge::{
    clock::new_id,
    domain::policy::Policy,
    store::{
        Store, TranscriptLimits,
        sqlite::{OpenError, Options},
    },
};
use tempfile::TempDir;

use crate::world::{Harness, ManualClock, World, policy, says, team_name};

/// A file in a directory of its own.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn options(&self, policy: Policy, clock: Arc<ManualClock>) -> Options {
        Options {
            path: self.0.path().join("data").join("handover.db"),
            migrate: true,
            policy: Arc::new(policy),
            clock,
            new_id,
            transcript_limits: TranscriptLimits::from([(team_name(), 3)]),
        }
    }
}

#[async_trait]
impl Harness for Files {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn Store> {
        Arc::new(self.options(policy, clock).open().unwrap())
    }
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_why() {
    let files = Files::new();
    let path = files.0.path().to_owned();
    let world = World::new(files).await;
    let again = Files(tempfile::TempDir::new_in(&path).unwrap());
    let mut options = again.options(policy(), Arc::clone(&world.clock));
    options.path = path.join("data").join("handover.db");
    let refused = options.clone().open().unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    assert!(
        refused.to_string().contains("in use by another process"),
        "{refused}"
    );
    world.store.close().await;
    let opened = options.open().unwrap();
    opened.close().await;
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let world = World::new(files).await;
    world.store.close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("INSERT INTO migrations VALUES (99, x'00', 0)", [])
        .unwrap();
    drop(connection);
    let mut options = Files::new().options(policy(), Arc::clone(&world.clock));
    options.path = path;
    let refused = options.open().unwrap_err();
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let world = World::new(files).await;
    world.store.close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("UPDATE migrations SET checksum = x'00'", [])
        .unwrap();
    drop(connection);
    let mut options = Files::new().options(policy(), Arc::clone(&world.clock));
    options.path = path;
    let refused = options.open().unwrap_err();
    assert!(
        matches!(refused, OpenError::Changed { number: 1 }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_empty_file_is_refused_where_migrations_are_not_allowed() {
    let world = World::new(Files::new()).await;
    let files = Files::new();
    let mut options = files.options(policy(), Arc::clone(&world.clock));
    options.migrate = false;
    let refused = options.open().unwrap_err();
    assert!(
        matches!(refused, OpenError::NotMigrated { found: 0, .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn nothing_is_written_of_a_conversation_that_may_not_be_observed() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        ..policy()
    };
    let world = World::with(files, silent).await;
    world.apply(says("ann", "hello")).await;
    world.store.close().await;
    let connection = rusqlite::Connection::open(path).unwrap();
    for table in ["conversations", "messages", "keys", "journal", "deliveries"] {
        let rows: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_handover_without_a_timer_cannot_be_stored() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let world = World::new(files).await;
    world.request("ann").await;
    world.store.close().await;
    let connection = rusqlite::Connection::open(path).unwrap();
    let refused = connection.execute("UPDATE conversations SET wake_at = NULL", []);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("CHECK constraint failed")
    );
}

#[tokio::test]
async fn a_closed_store_leaves_one_file_that_needs_no_log() {
    let files = Files::new();
    let directory = files.0.path().join("data");
    let world = World::new(files).await;
    world.request("ann").await;
    world.store.close().await;
    let log = std::fs::metadata(directory.join("handover.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
}
