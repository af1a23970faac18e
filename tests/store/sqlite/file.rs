//! The file itself: who may have it, which versions of it are taken, and what stands beside it.

use super::*;

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

/// Why a store is not opened after this was done to its file.
async fn refusal_after(sql: &str) -> OpenError {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let world = World::new(files).await;
    world.store.close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute(sql, []).unwrap();
    drop(connection);
    let mut options = Files::new().options(policy(), Arc::clone(&world.clock));
    options.path = path;
    options.open().unwrap_err()
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let refused = refusal_after("INSERT INTO migrations VALUES (99, x'00', 0)").await;
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let refused = refusal_after("UPDATE migrations SET checksum = x'00'").await;
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
async fn a_closed_store_leaves_one_file_that_needs_no_log() {
    let files = Files::new();
    let directory = files.0.path().join("data");
    let world = World::new(files).await;
    world.request("ann").await;
    world.store.close().await;
    let log = std::fs::metadata(directory.join("handover.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
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
