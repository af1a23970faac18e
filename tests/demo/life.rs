//! A demo's beginning and end, and what is left of it for the next.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    demo::Folder,
    talk::{By, Talk, set_away, set_faults, stream, texts},
};

const FIRST_PORT: u16 = 8080;

#[test]
fn a_taken_port_gives_way_to_the_next_free_one_and_it_says_so() {
    let _held = hold_first_port();
    let demo = Folder::new();
    let demo = demo.start();
    let said = "Port 8080 is taken, the bridge uses ";
    let port = demo.printed.split_once(said).expect(&demo.printed).1;
    let port = port.split_once(".\n").unwrap().0;
    assert!(
        demo.bridge.ends_with(&format!(":{port}")),
        "{}",
        demo.printed
    );
}

/// Somebody else may have it, for a while (another demo) or for good; then it is taken as well.
fn hold_first_port() -> Option<TcpListener> {
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_mins(1) {
        if let Ok(held) = TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST_PORT)) {
            return Some(held);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

#[test]
fn a_second_demo_in_the_same_folder_is_refused_and_leaves_the_first_alone() {
    let folder = Folder::new();
    let _demo = folder.start();
    let left = fs::read_to_string(folder.file("data/demo.toml")).unwrap();
    let second = folder.handover(&[]).output().unwrap();
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(
        told.contains("a demo runs in this folder already") && told.contains("another folder"),
        "{told}"
    );
    assert!(!told.contains("PostgreSQL"), "{told}");
    let now = fs::read_to_string(folder.file("data/demo.toml")).unwrap();
    assert_eq!(now, left);
}

#[test]
fn what_else_is_configured_does_not_count_and_it_says_so_once() {
    let folder = Folder::new();
    let demo = folder.start_with(&[
        ("HANDOVER_CONFIG", "elsewhere.toml"),
        ("HANDOVER__SERVER__LISTEN", "nowhere"),
    ]);
    drop(demo);
    let told = folder.complaints();
    let notes = told.lines().filter(|line| line.starts_with("note: "));
    let notes: Vec<_> = notes.collect();
    assert!(
        matches!(notes[..], [note] if note.contains("reads neither HANDOVER_CONFIG nor HANDOVER__…")),
        "{told}"
    );
}

#[tokio::test]
async fn ctrl_c_ends_it_soon_and_well_with_both_pages_open() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    talk.at_the_desk().await;
    let mut pages = [
        stream(format!("{}/desk/events", demo.desk)).await,
        stream(talk.events()).await,
    ];
    let (status, took) = tokio::task::spawn_blocking(|| demo.interrupt())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(0), "{}", folder.complaints());
    // It has no drain, and waits for no page.
    assert!(took < Duration::from_secs(15), "{took:?}");
    for page in &mut pages {
        while page.chunk().await.expect("ended, not cut").is_some() {}
    }
}

#[tokio::test]
async fn a_desk_that_refuses_brings_the_bots_closed_dialog_until_it_refuses_no_more() {
    let folder = Folder::new();
    let demo = folder.start();
    set_away(&demo, true).await;
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let lines = talk
        .chat_until(|lines| {
            let sorry = |text: &&str| text.contains("nobody can take over");
            texts(lines, By::Bot).iter().any(sorry)
        })
        .await;
    assert!(lines.iter().all(|line| line["state"] != "paused"));
    assert_eq!(texts(&lines, By::Agent), Vec::<&str>::new());

    set_away(&demo, false).await;
    talk.write("agent").await;
    talk.at_the_desk().await;
}

#[tokio::test]
async fn a_demo_that_is_killed_starts_again_and_ends_what_the_platform_has_forgotten() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    set_faults(&demo, json!({"api_5xx": {"percent": 100}})).await;
    talk.answer(&handover, "This will be owed").await;
    assert_eq!(folder.open_handovers().await, 1);
    drop(demo);

    let _demo = folder.start();
    folder.until_no_handover_is_open().await;
}

#[tokio::test]
async fn a_desks_page_that_outlives_its_demo_acts_on_what_the_next_one_has_kept() {
    let folder = Folder::new();
    let demo = folder.start();
    let mut talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    drop(demo);

    let demo = folder.start();
    talk.move_to(&demo);
    assert_eq!(folder.open_handovers().await, 1, "kept over the kill");
    talk.answer(&handover, "Are you still there?").await;
    talk.desk_until(|handover| handover["state"] == "closed")
        .await;
    let close = json!({"type": "closed", "reason": "solved"});
    assert_eq!(talk.try_act(&handover, &close).await.status(), 409);
    folder.until_no_handover_is_open().await;
}
