//! The embedded store: its harness, and what only one process with one file promises.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use handover_bridge::{
    clock::new_id,
    domain::policy::Policy,
    store::{
        DeliveryFilter, DeliveryState, Store, TranscriptLimits,
        sqlite::{OpenError, Options},
    },
    telemetry::Instruments,
};
use tempfile::TempDir;

use crate::world::{Harness, ManualClock, START, World, policy, says, team, team_name, text};

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
            instruments: Instruments::default(),
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
async fn a_task_of_a_newer_version_is_left_alone_and_holds_nobody_up() {
    let (mut world, path) = with_file().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    world.store.close().await;
    let newer = r#"UPDATE deliveries SET task = '{"do":"wave"}' WHERE ord = 2"#;
    assert_eq!(edit(&path, newer), 1);
    world.reopen().await;
    assert_eq!(text(&world.claim(&team()).await.unwrap()), "two");
    let pending = DeliveryFilter {
        state: Some(DeliveryState::Pending),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let pending = world.store.deliveries(pending).await.unwrap().items;
    let kinds: Vec<_> = pending.iter().map(|view| view.kind.as_str()).collect();
    assert_eq!(kinds, ["wave", "message"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_becomes_a_dead_letter_and_holds_nobody_up() {
    let (mut world, path) = with_file().await;
    let broken = world.request("ann").await;
    let whole = world.request("bea").await;
    world.store.close().await;
    assert_eq!(
        edit(&path, "UPDATE handovers SET facts = '?' WHERE row = 1"),
        1
    );
    world.reopen().await;
    let claims = world.claims(&team(), 9).await;
    let claimed: Vec<_> = claims.iter().map(|claim| claim.job.handover.id).collect();
    assert_eq!(claimed, [whole]);
    let dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let dead = world.store.deliveries(dead).await.unwrap().items;
    let dead: Vec<_> = dead.iter().map(|view| view.handover).collect();
    assert_eq!(dead, [broken]);
}

#[tokio::test]
async fn each_change_of_an_operator_leaves_a_row_that_says_who_did_what_to_what() {
    let (world, path) = with_file().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let claim = world.claim(&team()).await.unwrap();
    let id = claim.job.delivery;
    world.dies(claim).await;
    world.store.retry_delivery(id).await.unwrap();
    world.store.skip_delivery(id).await.unwrap();
    world.store.close().await;
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT at, actor, action, subject FROM audit ORDER BY row")
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    let rows: Vec<(i64, String, String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let row = |action: &str| (START, "admin".to_owned(), action.to_owned(), id.to_string());
    assert_eq!(rows, [row("deliveries.retry"), row("deliveries.skip")]);
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

async fn with_file() -> (World, PathBuf) {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    (World::new(files).await, path)
}

/// Says how many rows were changed.
fn edit(path: &Path, sql: &str) -> usize {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute(sql, [])
        .unwrap()
}
