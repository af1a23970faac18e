//! The other commands, beside a demo that runs, with the configuration that it leaves.

use std::process::Output;

use serde_json::json;

use crate::{
    demo::Folder,
    talk::{By, Talk, id, texts_at_desk},
};

#[tokio::test]
async fn the_configuration_that_a_demo_leaves_is_good_and_names_its_hooks() {
    let folder = Folder::new();
    let demo = folder.start();
    let check = folder.beside(&["check"]);
    assert!(
        printed(&check).ends_with("ok: 1 bot, 1 desk, 0 routes\n"),
        "{check:?}"
    );
    let urls = folder.beside(&["urls"]);
    let hook = format!("{}/hooks/chatlayer/demo/", demo.bridge);
    assert!(printed(&urls).contains(&hook), "{urls:?}");
    let health = folder.beside(&["healthcheck"]);
    assert_eq!(health.status.code(), Some(0), "{health:?}");
}

#[tokio::test]
async fn deliveries_are_listed_as_long_as_the_demo_runs() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    talk.at_the_desk().await;
    let listed = folder.beside(&["deliveries", "list"]);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    assert!(printed(&listed).contains("desk:team    open"), "{listed:?}");
    drop(demo);
    let alone = folder.beside(&["deliveries", "list"]);
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
}

#[tokio::test]
async fn a_simulated_user_comes_to_the_desk_and_can_be_answered() {
    let folder = Folder::new();
    let demo = folder.start();
    let told = folder.beside(&["simulate", "--offload", "--say", "hi"]);
    let told = printed(&told);
    assert!(told.contains("accepted: the bot is paused"), "{told}");
    assert!(told.ends_with("> hi\n  kept\n"), "{told}");
    let session = told.strip_prefix("session ").unwrap();
    let session = session.split_once(' ').unwrap().0;

    let talk = Talk::of_another(&demo, session);
    let handover = talk
        .desk_until(|handover| texts_at_desk(handover, By::User) == ["hi"])
        .await;
    let handover = id(&handover);
    talk.answer(&handover, "Hello").await;
    talk.act(&handover, json!({"type": "closed", "reason": "solved"}))
        .await;
    folder.until_no_handover_is_open().await;
    let all = printed(&folder.beside(&["deliveries", "list"]));
    let is_delivered = |line: &&str| line.contains("delivered");
    let delivered = all.lines().filter(is_delivered).count();
    assert!(
        delivered > 3 && delivered + 1 == all.lines().count(),
        "{all}"
    );
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
