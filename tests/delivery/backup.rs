//! A copy of the store is taken while the bridge works, and the bridge starts from it.

use std::fs;

use crate::{accepted, bridge::World, of_type, texts, vendors::Call};

#[tokio::test]
async fn a_bridge_starts_from_a_backup_and_sends_again_only_under_old_ids() {
    let world = World::new().await;
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    world.desk.set_down(true);
    bridge.say("s1", 1).await;
    let file = world.folder().join("copy.db");
    let file = file.to_str().unwrap();
    let copied = process.run(&["store", "backup", file]).await;
    assert!(copied.status.success(), "{copied:?}");
    let told = String::from_utf8(copied.stdout).unwrap();
    let size = fs::metadata(file).unwrap().len();
    assert_eq!(told, format!("{file} holds the store, {size} bytes\n"));

    // What happens from here on is not in it.
    world.desk.set_down(false);
    let first =
        |calls: &[Call]| texts(calls).contains(&"message 1") && calls.last().unwrap().status == 200;
    let before = world.desk.until("the first", first).await;
    bridge.say("s1", 2).await;
    let both = |calls: &[Call]| texts(calls).last() == Some(&"message 2");
    world.desk.until("the second", both).await;

    let refused = process.run(&["store", "backup", file]).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("nothing is overwritten"), "{why}");
    assert_eq!(fs::metadata(file).unwrap().len(), size);

    drop(process);
    let store = world.folder().join("handover.db");
    for rest in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{rest}", store.display()));
    }
    fs::rename(file, &store).unwrap();
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.warnings("restored").await, 1);
    let twice = |calls: &[Call]| {
        let taken = calls.iter().filter(|call| call.status == 200);
        texts(&taken.cloned().collect::<Vec<_>>())
            .iter()
            .filter(|text| **text == "message 1")
            .count()
            == 2
    };
    let calls = world.desk.until("it once more", twice).await;
    let id = |calls: &[Call]| {
        let found = calls
            .iter()
            .rev()
            .find(|call| texts(std::slice::from_ref(call)) == ["message 1"]);
        found.unwrap().id.clone()
    };
    assert_eq!(id(&calls), id(&before), "under its old id");
    assert_eq!(
        of_type(&calls, "handover.opened"),
        1,
        "what was settled before is not sent"
    );
    // The platform repeats what the copy knows, and what it does not.
    bridge.say("s1", 1).await;
    bridge.say("s1", 2).await;
    let calls = world
        .desk
        .until("the second", |calls| {
            texts(calls)
                .iter()
                .filter(|text| **text == "message 2")
                .count()
                == 2
        })
        .await;
    assert_eq!(
        texts(&calls)
            .iter()
            .filter(|text| **text == "message 1")
            .count(),
        texts(&before).len() + 1
    );
    let logged = process.lines();
    let gap = logged.iter().filter(|line| {
        line["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("the store is a backup"))
    });
    assert_eq!(gap.count(), 1, "{logged:?}");
    drop(process);
    let (bridge, _process) = world.start_process().await;
    assert_eq!(bridge.warnings("restored").await, 1, "once a restore");
}
