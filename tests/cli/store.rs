//! What is done with the store itself, as far as no database is needed for it.

use crate::setup::{Setup, complaint, handover, printed, unused};

const DATABASE: &str = "postgres://owner@127.0.0.1:1/none";

#[test]
fn both_ends_of_a_move_are_named_and_are_what_they_should_be() {
    let setup = Setup::new(unused());
    for (arguments, told) in [
        (
            &["--to", DATABASE, "--from", "mysql:x"][..],
            "--from must be",
        ),
        (&["--to", DATABASE, "--from", DATABASE], "--from must be"),
        (
            &["--from", "sqlite:x.db", "--to", "sqlite:y.db"],
            "--to must be",
        ),
        (&["--from", "sqlite:x.db"], "say with --to"),
        (&[], "say with --to"),
    ] {
        let output = setup.run(&[&["store", "copy"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(complaint(&output).contains(told), "{output:?}");
        assert_eq!(printed(&output), "");
    }
    setup.append(&format!("[store]\nurl = \"{DATABASE}\""));
    let output = setup.run(&["store", "copy"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(complaint(&output).contains("say with --from"), "{output:?}");
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let setup = Setup::new(unused());
    for url in [
        "postgres://owner:canary@127.0.0.1/none",
        "postgresql://owner@127.0.0.1/none?sslmode=disable&password=canary",
        "postgres://owner:canary@/none?host=/run/postgresql",
    ] {
        let output = setup.run(&["store", "copy", "--from", "sqlite:x.db", "--to", url]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let complaint = complaint(&output);
        assert!(complaint.contains("store.password_file"), "{complaint}");
        assert!(!complaint.contains("canary"), "{complaint}");
    }
}

#[test]
fn a_move_that_cannot_begin_ends_with_1_and_makes_nothing() {
    let setup = Setup::new(unused());
    let folder = setup.directory.path();
    let from = format!("sqlite:{}/none.db", folder.display());
    let output = handover(&["store", "copy", "--to", DATABASE, "--from", &from])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        complaint(&output).contains("there is no store at"),
        "{output:?}"
    );
    let migrated = handover(&["migrate"])
        .env("HANDOVER__STORE__URL", &from)
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let told = printed(&migrated);
    assert!(told.starts_with("a new store was made"), "{told}");
    let migrated = handover(&["migrate"])
        .env("HANDOVER__STORE__URL", &from)
        .output()
        .unwrap();
    let told = printed(&migrated);
    assert!(told.contains("nothing to do"), "{told}");
    let output = setup.run(&["store", "copy", "--to", DATABASE, "--from", &from]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        complaint(&output).contains("cannot be reached"),
        "{output:?}"
    );
}

#[test]
fn a_store_is_kept_up_where_the_secrets_of_the_bridge_are_not() {
    let setup = Setup::new(unused());
    setup.append("[bots.second]\nplatform = \"chatlayer\"\nverify_token_file = \"/nowhere/token\"");
    let path = setup.directory.path().join("handover.db");
    let run = |arguments: &[&str]| {
        let mut command = handover(arguments);
        let url = format!("sqlite:{}", path.display());
        command.env("HANDOVER__STORE__URL", url);
        command.arg("--config").arg(setup.file()).output().unwrap()
    };
    assert_eq!(run(&["check"]).status.code(), Some(2));
    let made = run(&["migrate"]);
    assert!(made.status.success(), "{made:?}");
    let copy = setup.directory.path().join("copy.db");
    let copied = run(&["store", "backup", copy.to_str().unwrap()]);
    assert!(copied.status.success() && copy.exists(), "{copied:?}");
}

#[test]
fn a_file_that_is_no_store_is_named_with_what_to_do_and_left_as_it_is() {
    let setup = Setup::new(unused());
    let path = setup.directory.path().join("other.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "CREATE TABLE migrations (version TEXT); CREATE TABLE notes (text TEXT)";
    connection.execute_batch(sql).unwrap();
    drop(connection);
    let others = std::fs::read(&path).unwrap();
    for (content, told) in [
        (&others[..], "is a database of something else"),
        (
            b"nothing that SQLite has written",
            "look whether store.url names the right file",
        ),
    ] {
        std::fs::write(&path, content).unwrap();
        let url = format!("sqlite:{}", path.display());
        let output = handover(&["migrate"])
            .env("HANDOVER__STORE__URL", &url)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let complaint = complaint(&output);
        assert!(complaint.contains(told), "{complaint}");
        assert!(
            complaint.contains(&path.display().to_string()),
            "{complaint}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}
