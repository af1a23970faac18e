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

#[tokio::test]
async fn a_second_process_is_refused_whatever_path_it_takes_and_whatever_was_removed_beside_the_file()
 {
    let files = Files::new();
    let world = World::new(files.again()).await;
    let folder = files.0.path().join("data");
    std::os::unix::fs::symlink("data/handover.db", files.0.path().join("to-file.db")).unwrap();
    std::os::unix::fs::symlink("data", files.0.path().join("to-folder")).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "lock")
        {
            std::fs::remove_file(path).unwrap();
        }
    }
    let open = |path: &str| {
        let mut options = Files::new().options(policy(), Arc::clone(&world.clock));
        options.path = files.0.path().join(path);
        options.open().map(drop)
    };
    for path in ["data/handover.db", "to-file.db", "to-folder/handover.db"] {
        let refused = open(path).unwrap_err();
        assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    }
    let (copy, linked) = (folder.join("copy.db"), files.0.path().join("linked.db"));
    std::fs::hard_link(files.path(), &linked).unwrap();
    let refused = open("linked.db").unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    let refused = backup(&linked, &copy, world.clock.now()).unwrap_err();
    assert!(refused.to_string().contains("hard link"), "{refused}");
    world.store.close().await;
    let refused = open("linked.db").unwrap_err();
    assert!(matches!(refused, OpenError::Linked { .. }), "{refused:?}");
    std::fs::remove_file(linked).unwrap();
    open("to-file.db").unwrap();
}

#[tokio::test]
async fn a_store_is_made_where_a_link_leads() {
    let files = Files::new();
    std::fs::create_dir(files.0.path().join("elsewhere")).unwrap();
    std::fs::create_dir(files.0.path().join("data")).unwrap();
    std::os::unix::fs::symlink("../elsewhere/real.db", files.path()).unwrap();
    let world = World::new(files.again()).await;
    world.user_says("ann", "hi").await;
    let mut names: Vec<_> = std::fs::read_dir(files.0.path().join("elsewhere"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["real.db", "real.db-shm", "real.db-wal"]);
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
    let all = ["handover.db", "handover.db-shm", "handover.db-wal"];
    assert_eq!(names, all);
}
