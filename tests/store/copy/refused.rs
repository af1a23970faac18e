//! What cannot be moved, or not there: both sides stay as they were.

use std::fs;

use handover_bridge::store::{copy::CopyError, postgres, sqlite::OpenError};
use rusqlite::Connection;

use super::Move;
use crate::{
    postgres::Database,
    sqlite::Files,
    world::{World, policy},
};

async fn at_rest() -> (Move, World) {
    let files = Files::new();
    let world = World::new(files.again()).await;
    world.waiting("ann").await;
    world.store.close().await;
    let database = Database::new();
    (Move { files, database }, world)
}

fn changed(moved: &Move, sql: &str) {
    let connection = Connection::open(moved.file()).unwrap();
    connection.execute(sql, []).unwrap();
}

#[tokio::test]
async fn a_file_that_a_bridge_works_with_is_not_copied() {
    let files = Files::new();
    let world = World::new(files.again()).await;
    let moved = Move {
        files,
        database: Database::new(),
    };
    let refused = moved.copy().await.unwrap_err();
    let CopyError::Source(source) = &refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(source, OpenError::InUse { .. }), "{source:?}");
    world.store.close().await;
    moved.copy().await.unwrap();
}

#[tokio::test]
async fn a_database_that_bridges_work_with_is_not_written() {
    let (moved, world) = at_rest().await;
    let bridge = moved.database.replica(policy(), world.clock).await;
    let refused = moved.copy().await.unwrap_err();
    assert!(
        matches!(refused, CopyError::InUse { connections: 1.. }),
        "{refused:?}"
    );
    handover_bridge::store::Store::close(&bridge).await;
    drop(bridge);
    moved.database.until_left().await;
    moved.copy().await.unwrap();
}

#[tokio::test]
async fn a_database_that_holds_something_is_left_as_it_is() {
    let (moved, _) = at_rest().await;
    moved.copy().await.unwrap();
    let secret = "SELECT value FROM meta WHERE name = 'key_secret'";
    let before = moved.database.says(secret);
    let refused = moved.copy().await.unwrap_err();
    assert!(
        matches!(
            refused,
            CopyError::NotEmpty {
                table: "conversations"
            }
        ),
        "{refused:?}"
    );
    assert_eq!(moved.database.says("SELECT count(*) FROM handovers"), "1\n");
    assert_eq!(moved.database.says(secret), before);
}

#[tokio::test]
async fn a_file_of_another_version_is_refused_and_not_changed() {
    let (moved, _) = at_rest().await;
    let newest = "DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)";
    changed(&moved, newest);
    let before = fs::read(moved.file()).unwrap();
    let refused = moved.copy().await.unwrap_err();
    let CopyError::Source(source) = &refused else {
        panic!("{refused:?}");
    };
    assert!(
        matches!(source, OpenError::NotMigrated { .. }),
        "{source:?}"
    );
    assert_eq!(fs::read(moved.file()).unwrap(), before);

    changed(&moved, "DELETE FROM migrations");
    for number in 1..=99 {
        let sql = format!("INSERT INTO migrations VALUES ({number}, x'00', 0)");
        changed(&moved, &sql);
    }
    let refused = moved.copy().await.unwrap_err();
    let CopyError::Source(source) = &refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(source, OpenError::Newer { .. }), "{source:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let (moved, _) = at_rest().await;
    moved.database.migrated().await;
    let newer = "INSERT INTO migrations VALUES (99, '00', 0)";
    moved.database.says(newer);
    let refused = moved.copy().await.unwrap_err();
    assert!(
        matches!(
            refused,
            CopyError::Target(postgres::OpenError::Newer { .. })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn where_there_is_no_store_none_is_made() {
    let (moved, _) = at_rest().await;
    let file = moved.file();
    fs::remove_file(&file).unwrap();
    let refused = moved.copy().await.unwrap_err();
    assert!(matches!(refused, CopyError::NoSource { .. }), "{refused:?}");
    assert!(!file.exists());
    fs::write(&file, "this is no database, and never was one").unwrap();
    let refused = moved.copy().await.unwrap_err();
    assert!(matches!(refused, CopyError::Source(_)), "{refused:?}");
}

#[tokio::test]
async fn a_value_that_is_not_what_it_should_be_is_named_with_its_row() {
    let (moved, _) = at_rest().await;
    changed(&moved, "UPDATE handovers SET row = 41");
    changed(&moved, "UPDATE handovers SET desk = CAST(x'ff' AS TEXT)");
    let refused = moved.copy().await.unwrap_err();
    let told = refused.to_string();
    assert!(
        told.ends_with("unreadable: desk of handovers, row 41"),
        "{told}"
    );
    assert_eq!(
        moved.database.says("SELECT count(*) FROM conversations"),
        "0\n"
    );
}

#[tokio::test]
async fn the_file_stays_as_it_was_and_rows_go_on_where_they_were() {
    let (moved, _) = at_rest().await;
    let before = fs::read(moved.file()).unwrap();
    moved.copy().await.unwrap();
    assert_eq!(fs::read(moved.file()).unwrap(), before);
    let next = "SELECT nextval(pg_get_serial_sequence('journal', 'row')) - max(row) FROM journal";
    assert_eq!(moved.database.says(next), "1\n");
    let first = "SELECT nextval(pg_get_serial_sequence('erasures', 'row')), count(*) FROM erasures";
    assert_eq!(moved.database.says(first), "1|0\n");
}

#[tokio::test]
async fn texts_that_differ_by_a_character_0_keep_their_order_or_are_refused_together() {
    let (moved, _) = at_rest().await;
    let paused = "INSERT INTO pauses SELECT 'bot:a' || char(column1) || 'b', 1, 'refused' FROM";
    changed(
        &moved,
        &format!("{paused} (VALUES (0), (1), (98), (65532))"),
    );
    moved.copy().await.unwrap();
    assert_eq!(moved.database.says("SELECT count(*) FROM pauses"), "4\n");

    changed(&moved, &format!("{paused} (VALUES (65533))"));
    let database = Database::new();
    let refused = Move { database, ..moved }.copy().await.unwrap_err();
    let CopyError::Refused { code, message } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(code, "23505");
    assert!(message.contains("pauses_pkey"), "{message}");
}
