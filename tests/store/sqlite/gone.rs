//! Files that are removed or exchanged while the store is open: nothing more is acknowledged.

use std::{fs, time::Instant};

use handover_bridge::store::Error;
use tokio::time::sleep;

use super::*;
use crate::world::clock;

/// How long the store went on, after something was done to its files.
async fn goes_on_after(files: &Files, meddle: impl FnOnce(&Path)) -> Duration {
    let store = files.options(policy(), clock()).open().unwrap();
    let fatal = store.fatal();
    store.apply(says("ann", "before")).await.unwrap();
    meddle(&files.path());
    let began = Instant::now();
    loop {
        match store.apply(says("ann", "after")).await {
            Ok(_) => assert!(began.elapsed() < Duration::from_secs(10), "it goes on"),
            Err(Error::Unavailable(_)) => break,
            Err(other) => panic!("{other:?}"),
        }
        sleep(Duration::from_millis(10)).await;
    }
    let went_on = began.elapsed();
    fatal.cancelled().await;
    assert!(store.probe().await.is_err());
    let log = fs::metadata(beside(&files.path(), "-wal"));
    assert_eq!(log.map_or(0, |log| log.len()), 0, "it is no other file's");
    store.close().await;
    went_on
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn remove_all(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(beside(path, end)).unwrap();
    }
}

fn exchange(path: &Path) {
    let other = beside(path, ".other");
    fs::copy(path, &other).unwrap();
    fs::rename(other, path).unwrap();
}

fn move_folder(path: &Path) {
    let folder = path.parent().unwrap();
    fs::rename(folder, folder.with_file_name("moved")).unwrap();
}

#[tokio::test]
async fn a_store_whose_file_is_not_there_any_more_takes_nothing() {
    let ways: [fn(&Path); 3] = [remove_all, exchange, move_folder];
    for meddle in ways {
        let went_on = goes_on_after(&Files::new(), meddle).await;
        assert!(went_on < Duration::from_secs(10), "{went_on:?}");
    }
}

#[tokio::test]
async fn an_idle_store_notices_too() {
    let files = Files::new();
    let store = files.options(policy(), clock()).open().unwrap();
    remove_all(&files.path());
    let fatal = store.fatal();
    let noticed = tokio::time::timeout(Duration::from_secs(10), fatal.cancelled());
    noticed.await.expect("nobody asks");
}

#[tokio::test]
async fn what_a_removed_log_held_is_in_the_file_afterwards() {
    let files = Files::new();
    let world = World::new(files.again()).await;
    world.waiting("ann").await;
    world.store.close().await;
    drop(world);
    goes_on_after(&files, |path| {
        let log = beside(path, "-wal");
        assert!(fs::metadata(&log).unwrap().len() > 0);
        fs::remove_file(log).unwrap();
    })
    .await;
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&files.path(), end));
    }
    let connection = rusqlite::Connection::open(files.path()).unwrap();
    let sound: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let sql = "SELECT count(*) FROM messages WHERE content LIKE '%before%'";
    let kept: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_log_that_is_cut_and_begun_anew_is_no_other_one() {
    let files = Files::new();
    let store = files.options(policy(), clock()).open().unwrap();
    let beside = rusqlite::Connection::open(files.path()).unwrap();
    for turn in 0..12 {
        store.apply(says("ann", &format!("{turn}"))).await.unwrap();
        beside
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        sleep(Duration::from_millis(200)).await;
    }
    drop(beside);
    store.probe().await.unwrap();
    assert!(!store.fatal().is_cancelled());
    store.close().await;
}
