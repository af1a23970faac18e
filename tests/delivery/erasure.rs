//! A user is erased from the command line: what everybody is told, and what is left in the files.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};

use crate::{accepted, agent_says, bridge::World, declined, handover_of, of_type, vendors::Answer};

/// In every text, name and id of the user who is erased.
const CANARY: &str = "canary";
/// In those of a user who stays.
const OTHER: &str = "linnet";

#[tokio::test]
async fn nothing_is_left_of_an_erased_user_and_everybody_was_told_first() {
    let world = World::new().await;
    let (bridge, process) = world.start_process().await;
    for bird in [CANARY, OTHER] {
        assert_eq!(bridge.hook(offload(bird)).await, accepted());
        bridge.hook(messages(bird)).await;
        bridge.hook(unknown(bird)).await;
    }
    let calls = world
        .desk
        .until("both", |calls| of_type(calls, "message.created") == 2)
        .await;
    let handover = handover_of(&calls);
    let named = json!({"type": "attended", "agent": {"name": format!("{CANARY} Ann")}});
    assert_eq!(bridge.desk_says(&handover, named).await, 202);
    world.platform.answer_next([Answer::Status(422)]);
    let text = format!("{CANARY} hello");
    assert_eq!(bridge.desk_says(&handover, agent_says(&text)).await, 202);
    world
        .desk
        .until("a dead letter", |calls| {
            of_type(calls, "message.failed") == 1
        })
        .await;
    assert!(found(world.folder()) > 0, "there is something to erase");

    let session = format!("{CANARY}-session");
    let erased = process.run(&["erase", "--session", &session]).await;
    let printed = stdout(&erased);
    let end = "erased; the platform deleted its part in 1 of them and keeps it in 0\n";
    assert!(printed.ends_with(end), "{printed}");
    assert!(printed.starts_with("erasure "), "{printed}");
    let calls = world.desk.calls();
    let closed = calls
        .iter()
        .find(|call| call.body["type"] == "handover.closed")
        .unwrap();
    assert_eq!(closed.body["data"]["reason"], "erased");
    let to_platform = world.platform.calls();
    let paths: Vec<_> = to_platform
        .iter()
        .map(|call| call.path.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["actions", "actions", "session-data"],
        "said, resumed, deleted"
    );
    assert_eq!(found(world.folder()), 0, "in {:?}", holding(world.folder()));

    // A late repeat is known, and creates nothing.
    assert_eq!(bridge.hook(offload(CANARY)).await, declined());
    bridge.hook(messages(CANARY)).await;
    let again = stdout(&process.run(&["erase", "--session", &session]).await);
    assert!(
        again.ends_with(": nothing is kept of whom you named\n"),
        "{again}"
    );
    assert_eq!(found(world.folder()), 0);

    let left = of_other(&world);
    assert!(left > 0, "who was not meant stays");
    drop(process);
    assert_eq!(
        world.rows(
            "SELECT action FROM audit WHERE subject IN (SELECT lower(hex(id)) FROM erasures)
                    OR action = 'erasures.request'"
        ),
        ["erasures.request", "erasures.request"]
    );
}

#[tokio::test]
async fn an_erasure_that_a_kill_interrupts_goes_on_at_the_next_start() {
    let world = World::new().await;
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.hook(offload(CANARY)).await, accepted());
    world.platform.set_down(true);
    let session = format!("{CANARY}-session");
    let begun = stdout(
        &process
            .run(&["erase", "--session", &session, "--no-wait"])
            .await,
    );
    assert!(begun.contains("waits for resume to bot:webshop"), "{begun}");
    assert!(begun.contains("waits for forget to bot:webshop"), "{begun}");
    let id = begun.split_whitespace().last().unwrap().to_owned();
    drop(process);

    world.platform.set_down(false);
    let (_, process) = world.start_process().await;
    let followed = stdout(&process.run(&["erase", "--follow", &id]).await);
    assert!(
        followed.ends_with("deleted its part in 1 of them and keeps it in 0\n"),
        "{followed}"
    );
    assert_eq!(found(world.folder()), 0, "in {:?}", holding(world.folder()));
}

#[tokio::test]
async fn a_platform_that_is_away_can_be_given_up_and_is_told_of() {
    let world = World::new().await;
    let (bridge, process) = world.start_process().await;
    bridge.hook(messages(CANARY)).await;
    world.platform.set_down(true);
    let begun = stdout(
        &process
            .run(&[
                "erase",
                "--user",
                &format!("{CANARY}-user"),
                "--bot",
                "webshop",
                "--version",
                "live",
                "--no-wait",
            ])
            .await,
    );
    let waits = begun
        .lines()
        .find(|line| line.starts_with("waits for forget"));
    let delivery = waits.unwrap().rsplit(' ').next().unwrap();
    let given_up = crate::until(async || {
        process
            .run(&["deliveries", "skip", delivery])
            .await
            .status
            .success()
    });
    given_up.await;
    let id = begun.split_whitespace().last().unwrap();
    let followed = process.run(&["erase", "--follow", id]).await;
    assert_eq!(followed.status.code(), Some(1), "{followed:?}");
    let told = String::from_utf8_lossy(&followed.stderr).into_owned();
    assert!(
        told.contains("in 1 conversations the platform did not delete"),
        "{told}"
    );
    assert_eq!(found(world.folder()), 0, "in {:?}", holding(world.folder()));
    assert_eq!(bridge.warnings("not_erased").await, 1);
}

#[tokio::test]
async fn a_platform_without_a_call_that_forgets_ends_the_erasure_at_once_and_is_told_of() {
    let mut world = World::new().await;
    let platform = world.platform.address;
    world.tables = format!(
        r#"
        [bots.fashion]
        platform = "certainly"
        api_url = "http://{platform}"
        deployment_id = "d7"
        access_token = "access"
        hook_key = "hook-key-of-the-bot-fashion"
        "#
    );
    let (bridge, process) = world.start_process().await;
    let said = json!({"interlocutor": "user", "data": {"error": null, "message": {
        "user_profile": {}, "ref": null, "user_id": format!("webbot:{CANARY}"), "timestamp": 1_767_225_600,
        "message": format!("{CANARY} hello"), "attachments": [],
    }}});
    let hook = "/hooks/certainly/fashion/hook-key-of-the-bot-fashion/messages";
    bridge.hook_at(hook, said).await;
    assert!(found(world.folder()) > 0, "there is something to erase");

    let erased = process.run(&["erase", "--session", CANARY]).await;
    assert_eq!(erased.status.code(), Some(1), "{erased:?}");
    let told = String::from_utf8_lossy(&erased.stderr).into_owned();
    let kept = "in 1 conversations the platform did not delete what it keeps";
    assert!(told.contains(kept), "{told}");
    assert_eq!(bridge.warnings("not_erased").await, 1);
    assert_eq!(found(world.folder()), 0, "in {:?}", holding(world.folder()));
}

fn offload(bird: &str) -> Value {
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": format!("{bird}-session"), "event": "offload",
        "timestamp": "2026-01-01T00:00:01.000Z",
        "payload": {"order": format!("{bird} order")},
        "transcript": [said(bird, "first")],
    })
}

fn messages(bird: &str) -> Value {
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": format!("{bird}-session"), "event": "messages",
        "timestamp": "2026-01-01T00:01:00.000Z", "messages": [said(bird, "second")],
    })
}

fn unknown(bird: &str) -> Value {
    json!({
        "botId": "b1", "version": "LIVE", "sessionId": format!("{bird}-session"), "event": "waved",
        "note": format!("{bird} waves"),
    })
}

fn said(bird: &str, text: &str) -> Value {
    json!({"actor": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {
        "messageType": "text", "text": format!("{bird} {text}"), "channelType": "web",
        "id": format!("{bird}-{text}"),
        "sender": {
            "id": format!("{bird}-user"), "botId": "b1", "firstName": format!("{bird} first"),
            "lastName": format!("{bird} last"), "email": format!("{bird}@example.com"),
        },
    }})
}

/// How often the erased user is found in what the bridge has written: store, log of the store, log of the process.
fn found(folder: &Path) -> usize {
    holding(folder).iter().map(|(_, count)| count).sum()
}

fn holding(folder: &Path) -> Vec<(String, usize)> {
    count(folder, CANARY)
}

fn of_other(world: &World) -> usize {
    count(world.folder(), OTHER)
        .iter()
        .map(|(_, count)| count)
        .sum()
}

fn count(folder: &Path, word: &str) -> Vec<(String, usize)> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            let bytes = fs::read(&file).unwrap();
            let found = bytes
                .windows(word.len())
                .filter(|window| *window == word.as_bytes());
            (file.display().to_string(), found.count())
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
