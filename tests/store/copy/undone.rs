//! A move that does not come to its end leaves the database empty.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use handover_bridge::store::copy::{CopyError, Difference};

use super::{Move, joined};
use crate::{postgres::Database, sqlite::Files, world::World};

/// Texts of so many bytes, so that there is a middle.
const LONG: usize = 4000;
const MESSAGES: usize = 400;
/// In the middle.
const CUT_AFTER: usize = LONG * MESSAGES / 2;

async fn at_rest() -> Move {
    let files = Files::new();
    let world = World::new(files.again()).await;
    world.waiting("ann").await;
    for number in 0..MESSAGES {
        let text = format!("{number} {}", "x".repeat(LONG));
        world.user_says("ann", &text).await;
    }
    world.store.close().await;
    let database = Database::new();
    database.migrated().await;
    Move { files, database }
}

/// Of all tables together, but for what is there of a database that was only made.
fn rows(database: &Database) -> String {
    database.says(
        "SELECT sum((xpath('//c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', table_name), \
         FALSE, TRUE, '')))[1]::TEXT::BIGINT) FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_name NOT IN ('migrations', 'meta', 'replicas')",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_come_out_as_it_went_in_undoes_the_copy_and_is_named() {
    let moved = at_rest().await;
    let changes = [
        ("NEW.late := TRUE; RETURN NEW;", Difference::Value("late")),
        ("RETURN NULL;", Difference::Missing),
        (
            "NEW.row := NEW.row + 1000; RETURN NEW;",
            Difference::Missing,
        ),
        (
            "NEW.content := NEW.content || ' '; RETURN NEW;",
            Difference::Value("content"),
        ),
    ];
    for (change, wanted) in changes {
        moved.database.says(&format!(
            "CREATE OR REPLACE FUNCTION spoil() RETURNS TRIGGER LANGUAGE plpgsql AS \
             $$ BEGIN IF NEW.seq = 200 THEN {change} END IF; RETURN NEW; END $$; \
             CREATE OR REPLACE TRIGGER spoiler BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION spoil()"
        ));
        let refused = moved.copy().await.unwrap_err();
        let CopyError::Unequal {
            table: "messages",
            row,
            difference,
        } = &refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!((row.as_str(), *difference), ("row 200", wanted), "{change}");
        assert_eq!(rows(&moved.database), "0\n");
    }
    moved.database.says("DROP TRIGGER spoiler ON messages");
    let copied = moved.copy().await.unwrap();
    let messages = copied.iter().find(|copied| copied.table == "messages");
    assert_eq!(messages.unwrap().rows, u64::try_from(MESSAGES).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_file_does_not_have_undoes_the_copy() {
    let moved = at_rest().await;
    moved.database.says(
        "CREATE FUNCTION spoil() RETURNS TRIGGER LANGUAGE plpgsql AS \
         $$ BEGIN INSERT INTO pauses VALUES ('bot:none', 1, 'refused'); RETURN NULL; END $$; \
         CREATE TRIGGER spoiler AFTER INSERT ON legs FOR EACH STATEMENT EXECUTE FUNCTION spoil()",
    );
    let refused = moved.copy().await.unwrap_err();
    let told = refused.to_string();
    assert_eq!(
        told,
        "pauses, destination \"bot:none\": the database has it and the file has not; the copy was undone"
    );
    assert_eq!(rows(&moved.database), "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_killed_in_the_middle_leaves_nothing() {
    let moved = at_rest().await;
    let folder = tempfile::tempdir().unwrap();
    let (reached, middle) = mpsc::channel();
    pass_on(folder.path(), moved.database.socket(), reached);
    let url = moved.database.url_through(folder.path());
    let mut copying = start(&moved.file(), &url);
    tokio::task::spawn_blocking(move || middle.recv().unwrap())
        .await
        .unwrap();
    let writing = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'";
    assert_eq!(moved.database.says(writing), "1\n");
    copying.kill().unwrap();
    copying.wait().unwrap();
    moved.database.until_left().await;
    assert_eq!(rows(&moved.database), "0\n");
    moved.copy().await.expect("and it can be done again");
}

fn start(file: &Path, url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HANDOVER_") {
            command.env_remove(name);
        }
    }
    command
        .args(["store", "copy", "--to", url, "--from"])
        .arg(format!("sqlite:{}", file.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A way to the database on which only so much gets through.
fn pass_on(folder: &Path, database: std::path::PathBuf, reached: mpsc::Sender<()>) {
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    std::thread::spawn(move || {
        let (mut client, mut server) = joined(&listener, &database);
        let (mut passed, mut buffer) = (0, [0; 8192]);
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            if passed >= CUT_AFTER {
                let _ = reached.send(());
                break;
            }
            server.write_all(&buffer[..count]).unwrap();
            passed += count;
        }
        // Until the client is gone, it waits.
        while let Ok(1..) = client.read(&mut buffer) {}
        server.shutdown(Shutdown::Both).unwrap();
    });
}
