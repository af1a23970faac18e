//! The store's files are taken away under a running bridge.

use std::fs;

use crate::{accepted, bridge::World};

const ENDED: &str = "the store's file was removed or exchanged, so the bridge ends; put it back before the next start, or a backup after removing -wal and -shm beside it";

#[tokio::test]
async fn a_bridge_whose_store_is_gone_acknowledges_nothing_more_and_ends_and_a_new_store_is_told_of()
 {
    let world = World::new().await;
    let (bridge, mut process) = world.start_process().await;
    let made = "a new store was made";
    assert_eq!(bridge.offload("s1").await, accepted());
    assert!(bridge.is_ready().await);
    assert_eq!(process.logged(made), 1, "{:?}", process.lines());
    for entry in fs::read_dir(world.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("handover.db") {
            fs::remove_file(path).unwrap();
        }
    }
    // Nobody calls.
    assert_eq!(process.ended().await, Some(1), "{:?}", process.lines());
    assert_eq!(process.logged(ENDED), 1, "{:?}", process.lines());
    let last = process.lines().pop().unwrap();
    let told = "error: the store has failed, and was left at once";
    assert_eq!(last.as_str(), Some(told));

    for times in [1, 0] {
        let (bridge, process) = world.start_process().await;
        assert!(bridge.is_ready().await);
        assert_eq!(process.logged(made), times, "{:?}", process.lines());
    }
}
