//! The embedded store: its harness, and what only one process with one file promises.

mod clock;
mod file;
mod going;
mod gone;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use handover_bridge::{
    clock::new_id,
    domain::{
        conversation::{Profile, UserProfile},
        dedupe::DedupeKey,
        effect::{Warning, WarningKind},
        event::{Event, Incoming, Step},
        policy::Policy,
    },
    store::{
        ConsoleStore, DeliveryFilter, DeliveryState, Erased, Named, Retention, Store,
        TranscriptLimits, Whose,
        sqlite::{BackupError, OpenError, Options, backup},
    },
    telemetry::Instruments,
};
use tempfile::TempDir;

use crate::{
    contract::erasure::is_soon_done,
    world::{
        Harness, ManualClock, START, World, bot, bot_said, keep, key, policy, request, says, step,
        team, team_name, text, user_said,
    },
};

/// A file in a directory of its own.
#[derive(Clone)]
pub struct Files(Arc<TempDir>);

impl Files {
    pub fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// The same file.
    pub fn again(&self) -> Self {
        self.clone()
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("data").join("handover.db")
    }

    fn options(&self, policy: Policy, clock: Arc<ManualClock>) -> Options {
        Options {
            path: self.path(),
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
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore> {
        Arc::new(self.options(policy, clock).open().unwrap())
    }

    fn change(&self, sql: &str) {
        let file = rusqlite::Connection::open(self.path()).unwrap();
        file.execute_batch(sql).unwrap();
    }
}

#[tokio::test]
async fn nothing_is_written_of_a_conversation_that_may_not_be_observed() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        routes: Vec::new(),
        ..policy()
    };
    let world = World::with(files, silent).await;
    world.apply(says("ann", "hello")).await;
    world.apply(request("ann", Vec::new())).await;
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
    let kinds: Vec<_> = pending.iter().map(|view| view.kind.label()).collect();
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
    let claimed: Vec<_> = claims
        .iter()
        .map(|claim| claim.job.about.handover.id)
        .collect();
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
async fn what_is_owed_is_at_hand_for_one_attempt_and_read_for_the_next() {
    let (world, path) = with_file().await;
    world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    // No reader could make anything of it.
    assert_eq!(
        edit(
            &path,
            "UPDATE deliveries SET task = '?' WHERE settled_at IS NULL"
        ),
        1
    );
    let claim = world.claim(&team()).await.unwrap();
    assert_eq!(text(&claim), "hello");
    world.store.release(claim).await.unwrap();
    assert!(world.claim(&team()).await.is_none());
}

#[tokio::test]
async fn an_erasure_looks_at_no_delivery_that_is_gone() {
    let mut world = World::new(Files::new()).await;
    world.waiting("ann").await;
    world
        .change("UPDATE deliveries SET row = row + 3000000000000")
        .await;
    is_soon_done(&world).await;
}

#[tokio::test]
async fn each_change_of_an_operator_leaves_a_row_that_says_who_did_what_to_what() {
    let (world, path) = with_file().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let claim = world.claim(&team()).await.unwrap();
    let id = claim.job.about.delivery;
    world.dies(claim).await;
    world.store.retry_delivery(id, "admin").await.unwrap();
    world.store.skip_delivery(id, "admin").await.unwrap();
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

#[tokio::test]
async fn a_backup_is_taken_of_a_store_at_rest_and_nothing_is_left_of_one_that_fails() {
    let (world, path) = with_file().await;
    world.waiting("ann").await;
    world.store.close().await;
    let to = path.with_file_name("copy.db");
    let size = backup(&path, &to, world.clock.now()).unwrap();
    assert_eq!(std::fs::metadata(&to).unwrap().len(), size);
    assert_eq!(rows_of(&to, "handovers"), 1);
    assert!(matches!(
        backup(&path, &to, world.clock.now()),
        Err(BackupError::Exists { .. })
    ));

    let (none, gone) = (path.with_file_name("none.db"), path.with_file_name("no.db"));
    assert!(matches!(
        backup(&none, &gone, world.clock.now()),
        Err(BackupError::Copy(_))
    ));
    std::fs::write(&none, "this is no database, and never was one").unwrap();
    assert!(backup(&none, &gone, world.clock.now()).is_err());
    let part = path.with_file_name("broken.db.part");
    std::fs::write(&part, "as far as it came").unwrap();
    let broken = path.with_file_name("broken.db");
    let refused = backup(&path, &broken, world.clock.now()).unwrap_err();
    assert!(refused.to_string().contains("broken.db.part"), "{refused}");
    assert!(refused.to_string().contains("remove it"), "{refused}");

    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with("no.db"))
        .collect();
    assert_eq!(left, [""; 0]);
}

fn rows_of(path: &Path, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}
