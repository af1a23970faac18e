//! `[store]`: which database, and how a bridge comes to it.

use handover_bridge::config::{Config, Listen, Source, Store, StoreUrl};
use secrecy::ExposeSecret as _;

use crate::{GOOD, good_with, told_of};

const URL: &str = "postgres://bridge:secret@db.example/handover?sslmode=verify-full";

fn store(lines: &str) -> Store {
    good_with(&format!("[store]\n{lines}")).store
}

fn postgres(store: &Store) -> &str {
    match &store.url {
        StoreUrl::Postgres(url) => url.0.expose_secret(),
        StoreUrl::Sqlite(path) => unreachable!("{}", path.display()),
    }
}

#[test]
fn a_database_server_is_named_by_its_url_or_by_a_file_that_holds_it() {
    let written = store(&format!("url = \"{URL}\""));
    assert_eq!(postgres(&written), URL);
    assert!(matches!(written.listen, Listen::Here));
    assert_eq!(written.pool, 16);
    assert!(
        !format!("{written:?}").contains("secret@"),
        "no password is printed"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, format!("{URL}\n")).unwrap();
    let by_file = format!("url_file = \"{}\"", file.display());
    assert_eq!(postgres(&store(&by_file)), URL, "the default is no answer");

    let told = told_of(&format!("[store]\nurl = \"sqlite:x.db\"\n{by_file}"));
    assert!(
        matches!(&told[..], [one] if one.ends_with("store.url_file is set together with url; keep one of the two")),
        "{told:?}"
    );
}

#[test]
fn a_variable_goes_over_the_url_whichever_way_either_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, URL).unwrap();
    let file = file.display().to_string();
    let loaded = |line: &str, variables: &[(&str, &str)]| {
        let text = format!("{GOOD}[store]\n{line}");
        let source = Source::text("handover.toml", text).with_environment(variables.to_vec());
        Config::load(&source)
    };
    let by_text = ("HANDOVER__STORE__URL", "sqlite:of-a-variable.db");
    let by_file = ("HANDOVER__STORE__URL_FILE", &*file);
    let config = loaded("url_file = \"/nowhere/at/all\"", &[by_text]).unwrap();
    assert_eq!(
        config.store.url,
        StoreUrl::Sqlite("of-a-variable.db".into())
    );
    let config = loaded("url = \"sqlite:of-the-file.db\"", &[by_file]).unwrap();
    assert_eq!(postgres(&config.store), URL);

    let told = loaded("", &[by_text, by_file]).unwrap_err().to_string();
    let start = "HANDOVER__STORE__URL_FILE: store.url_file is set together with url";
    assert!(told.starts_with(start), "{told}");
}

#[test]
fn what_is_heard_of_others_goes_past_a_pooler_or_is_done_without() {
    let off = store("listen_url = \"off\"");
    assert!(matches!(off.listen, Listen::Off));
    let past = store(&format!("listen_url = \"{URL}\""));
    assert!(matches!(past.listen, Listen::At(url) if url.0.expose_secret() == URL));
}

#[test]
fn what_names_no_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let two = folder.path().join("two");
    std::fs::write(&two, format!("{URL}\n{URL}\n")).unwrap();
    let two = format!("url_file = \"{}\"", two.display());
    for (line, key) in [
        ("url = \"mysql://user@host/db\"", "store.url"),
        ("url = \"sqlite::memory:\"", "store.url"),
        ("url_file = \"/nowhere/at/all\"", "store.url_file"),
        (&two, "store.url_file"),
        ("listen_url = \"on\"", "store.listen_url"),
        ("pool = 1", "store.pool"),
    ] {
        let told = told_of(&format!("[store]\n{line}"));
        assert!(told.len() == 1 && told[0].contains(key), "{line}: {told:?}");
    }
}

#[test]
fn what_is_wrong_with_a_databases_url_is_told_without_its_values() {
    for (url, wrong) in [
        (
            "postgres://u:canary@db.example/h?sslmode=canary",
            "sslmode is none of disable, ",
        ),
        (
            "postgres://u:canary@db.example/h?sslrootcert=/canary",
            "unknown option `sslrootcert`",
        ),
        ("postgres://u:canary@db.example:99999/h", "port"),
        (
            "postgres://u:p@ss?canary=1@db.example/h",
            "it cannot be read; characters such as ",
        ),
        ("postgres://", "it names no host"),
    ] {
        for key in ["url", "listen_url"] {
            let told = told_of(&format!("[store]\n{key} = \"{url}\""));
            let [told] = &told[..] else {
                panic!("{url}: {told:?}")
            };
            assert!(
                told.contains(&format!("store.{key} cannot be used: ")),
                "{told}"
            );
            assert!(told.contains(wrong) && !told.contains("canary"), "{told}");
        }
    }
}
