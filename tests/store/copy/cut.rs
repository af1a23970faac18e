//! A move whose connection breaks while it is committed: the database has all of it or nothing, and it is said that nobody
//! can tell which.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
};

use handover_bridge::{
    domain::time::Timestamp,
    store::copy::{Copy, CopyError},
};

use super::{Move, joined};
use crate::{
    postgres::Database,
    sqlite::Files,
    world::{START, World},
};

/// As it goes over the wire.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The database does not hear of it.
    Before,
    /// The database has done it, and its answer is lost.
    After,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_nobody_hears_of_leaves_nothing() {
    let moved = cut_off(Cut::Before).await;
    moved.copy().await.expect("and it can be done again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_leaves_all_of_it() {
    let moved = cut_off(Cut::After).await;
    let again = moved.copy().await.unwrap_err();
    assert!(matches!(again, CopyError::NotEmpty { .. }), "{again:?}");
    assert_eq!(moved.database.says("SELECT count(*) FROM messages"), "2\n");
}

async fn cut_off(cut: Cut) -> Move {
    let files = Files::new();
    let world = World::new(files.again()).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    world.store.close().await;
    let database = Database::new();
    database.migrated().await;
    let moved = Move { files, database };
    let folder = tempfile::tempdir().unwrap();
    pass_on(folder.path(), moved.database.socket(), cut);
    let copy = Copy {
        from: moved.file(),
        to: moved.database.url_through(folder.path()).into(),
        password: None,
    };
    let uncertain = copy.run(Timestamp::from_millis(START)).await.unwrap_err();
    assert!(
        matches!(uncertain, CopyError::Uncertain(_)),
        "{uncertain:?}"
    );
    moved.database.until_left().await;
    moved
}

/// A way to the database that ends with the commit.
fn pass_on(folder: &Path, database: PathBuf, cut: Cut) {
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    std::thread::spawn(move || {
        let (mut client, mut server) = joined(&listener, &database);
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let said = &buffer[..count];
            if said.ends_with(COMMIT) {
                if cut == Cut::After {
                    client.shutdown(Shutdown::Write).unwrap();
                    server.write_all(said).unwrap();
                    server.shutdown(Shutdown::Write).unwrap();
                } else {
                    server.shutdown(Shutdown::Both).unwrap();
                }
                break;
            }
            server.write_all(said).unwrap();
        }
        client.shutdown(Shutdown::Both).unwrap_or_default();
    });
}
