//! The embedded store: its harness, and what only one process with one file promises.

mod clock;

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

use crate::world::{
    Harness, ManualClock, START, World, bot, bot_said, keep, key, policy, says, step, team,
    team_name, text, user_said,
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
async fn a_second_process_is_refused_and_told_why() {
    let files = Files::new();
    let path = files.0.path().to_owned();
    let world = World::new(files).await;
    let again = Files::new();
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
async fn each_change_of_an_operator_leaves_a_row_that_says_who_did_what_to_what() {
    let (world, path) = with_file().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let claim = world.claim(&team()).await.unwrap();
    let id = claim.job.delivery;
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

/// Deleted rows lie about in a file in more ways than one: in free pages, in older versions of a page, and in the unused
/// part of pages that were split or joined.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_user_is_in_none_of_the_files_however_much_was_written_before_and_after() {
    let files = Files::new();
    let folder = files.0.path().join("data");
    let world = World::new(files).await;
    for round in 0..12 {
        let says = (0..60).map(|user| {
            let name = if user % 3 == 0 { "canary" } else { "linnet" };
            // Of every size, so that rows leave their pages and come back.
            let text = format!("{name} ").repeat(1 + (user * 7 + round * 131) % 900);
            let user = format!("{:x}-{name}-{user}", user * 7919 % 60);
            let step = Step {
                profile: Some(profile(&text)),
                ..says(&user, &text)
            };
            world.apply(step)
        });
        futures_util::future::join_all(says).await;
    }
    assert!(holding(&folder, "canary") > 0);
    for user in (0..60).step_by(3) {
        let name = format!("{:x}-canary-{user}", user * 7919 % 60);
        let whose = Whose {
            user: Named::Key(name),
            bot: None,
            version: None,
        };
        let begun = world.store.erase(whose, false).await.unwrap();
        assert_eq!(begun.conversations, 1);
    }
    while world.store.go_on_erasing(7).await.unwrap() != Erased::All {}
    assert_eq!(holding(&folder, "canary"), 0);
    assert!(holding(&folder, "linnet") > 0);
    world.store.close().await;
    assert_eq!(holding(&folder, "canary"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_is_not_finished_while_a_reader_keeps_the_log() {
    let (world, path) = with_file().await;
    world.user_says("ann", "canary").await;
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM messages")
        .unwrap();
    let mut statement = reader.prepare("SELECT row FROM messages").unwrap();
    let mut rows = statement.query([]).unwrap();
    assert!(rows.next().unwrap().is_some());
    let whose = Whose {
        user: Named::Key("ann".to_owned()),
        bot: None,
        version: None,
    };
    let begun = world.store.erase(whose, false).await.unwrap();
    let mut turn = Erased::More;
    while turn == Erased::More {
        turn = world.store.go_on_erasing(100).await.unwrap();
    }
    assert_eq!(turn, Erased::Waits);
    // Meanwhile everybody else goes on.
    tokio::join!(
        async {
            for _ in 0..5 {
                assert_eq!(world.store.go_on_erasing(100).await.unwrap(), Erased::Waits);
            }
        },
        async {
            for number in 0..100 {
                world.user_says("bea", &format!("text {number}")).await;
            }
        }
    );
    let seen = world.store.erasure(begun.id).await.unwrap().unwrap();
    assert_eq!(
        (seen.left, seen.finished_at),
        (0, None),
        "the rows are gone"
    );
    drop(rows);
    drop(statement);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(world.store.go_on_erasing(100).await.unwrap(), Erased::All);
    assert_eq!(holding(path.parent().unwrap(), "canary"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_chats_that_only_the_bot_had_are_gone_after_their_time_in_small_steps() {
    let (world, path) = with_file().await;
    chats(&world).await;
    assert_eq!(rows_of(&path, "messages"), 20_000);
    let day = Duration::from_hours(24);
    let retention = Retention {
        observed: day,
        keys: 8 * day,
        ..keep()
    };
    world.wait(day + Duration::from_millis(1));
    let mut turns = 0;
    loop {
        let removed = world.store.purge(retention, 500).await.unwrap();
        assert!(removed <= 600, "a step of {removed} rows");
        if removed == 0 {
            break;
        }
        turns += 1;
    }
    assert!(turns >= 50, "{turns} turns");
    for table in [
        "conversations",
        "messages",
        "journal",
        "deliveries",
        "echoes",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
    assert_eq!(rows_of(&path, "keys"), 20_000, "a repeat is still known");
    world.wait(8 * day);
    while world.store.purge(retention, 500).await.unwrap() > 0 {}
    assert_eq!(rows_of(&path, "keys"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_chats_leave_no_row_where_nothing_may_be_observed() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        ..policy()
    };
    let world = World::with(files, silent).await;
    chats(&world).await;
    let raw = "{}".to_owned();
    let unknown = Incoming {
        event: Event::PlatformUnknown { raw },
        keys: Vec::new(),
    };
    world.apply(step("ann", vec![unknown])).await;
    for table in [
        "conversations",
        "messages",
        "keys",
        "journal",
        "deliveries",
        "echoes",
        "unknown_events",
        "handovers",
        "legs",
        "warnings",
        "audit",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
}

#[tokio::test]
async fn where_nothing_is_observed_handovers_are_kept_whole_also_over_a_restart() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        ..policy()
    };
    let mut world = World::with(files, silent).await;
    world.apply(says("ann", "to the bot")).await;
    let handover = world.waiting("ann").await;
    world.apply(says("ann", "one")).await;
    world.store.close().await;
    world.reopen().await;
    world.apply(says("ann", "two")).await;
    let said = |transcript: Vec<(u64, String)>| -> Vec<String> {
        transcript.into_iter().map(|(_, text)| text).collect()
    };
    assert_eq!(said(world.transcript(handover).await), ["one", "two"]);
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    world.wait(Duration::from_mins(10));
    world.apply(says("ann", "to the bot again")).await;
    assert_eq!(rows_of(&path, "messages"), 2);
    let again = world.waiting("ann").await;
    world.apply(says("ann", "three")).await;
    assert_eq!(said(world.transcript(again).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_conversation_goes_with_the_last_that_is_kept_of_it_also_if_the_bot_spoke_after_the_handover()
 {
    let (world, path) = with_file().await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    let day = Duration::from_hours(24);
    let retention = Retention {
        transcripts: 10 * day,
        delivered: day,
        dead_letters: day,
        ..keep()
    };
    world.wait(5 * day);
    world.user_says("ann", "and later").await;
    for _ in 0..2 {
        world.wait(8 * day);
        while world.store.purge(retention, 99).await.unwrap() > 0 {}
    }
    for table in [
        "conversations",
        "messages",
        "handovers",
        "legs",
        "journal",
        "deliveries",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
}

#[tokio::test]
async fn what_operators_were_told_goes_too() {
    let (world, path) = with_file().await;
    let warning = Warning {
        kind: WarningKind::DeadLetter,
        subject: "a handover".to_owned(),
    };
    world.store.warn(warning).await.unwrap();
    let day = Duration::from_hours(24);
    let retention = Retention {
        dead_letters: day,
        ..keep()
    };
    world.wait(day);
    world.store.purge(retention, 99).await.unwrap();
    assert_eq!(rows_of(&path, "warnings"), 1);
    world.wait(Duration::from_millis(1));
    world.store.purge(retention, 99).await.unwrap();
    assert_eq!(rows_of(&path, "warnings"), 0);
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
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with("no.db"))
        .collect();
    assert_eq!(left, [""; 0]);
}

/// Ten thousand users who say something and are answered by the bot.
async fn chats(world: &World) {
    for many in 0..40 {
        let chats = (0..250).map(|one| {
            let user = format!("user-{many}-{one}");
            let keys = |id: &str| vec![DedupeKey::message_id(&key(&user), id)];
            let events = vec![
                user_said("hello", keys("1")),
                Incoming {
                    keys: keys("2"),
                    ..bot_said("good day")
                },
            ];
            world.apply(step(&user, events))
        });
        futures_util::future::join_all(chats).await;
    }
}

fn profile(name: &str) -> Profile {
    Profile {
        user: UserProfile {
            first_name: Some(name.to_owned()),
            ..UserProfile::default()
        },
        ..Profile::default()
    }
}

fn rows_of(path: &Path, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// How often a word stands in the files of a folder.
fn holding(folder: &Path, word: &str) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    let count = |file: PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        let windows = bytes.windows(word.len());
        windows.filter(|window| *window == word.as_bytes()).count()
    };
    files.map(|entry| count(entry.unwrap().path())).sum()
}

#[tokio::test]
async fn a_new_file_is_for_its_owner_alone_and_so_is_all_that_stands_beside_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let files = Files::new();
    let path = files.path();
    let world = World::new(files).await;
    world.user_says("ann", "hi").await;
    let folder = path.parent().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_owned());
    }
    names.sort();
    let all = [
        "handover.db",
        "handover.db-shm",
        "handover.db-wal",
        "handover.db.lock",
    ];
    assert_eq!(names, all);
}
