//! What is looked after now and then.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_a_removed_desk_has_left_behind_is_moved_on_after_a_minute_little_by_little() {
    let mut world = World::new();
    world.desk("live", AT_ONCE, takes_all());
    world.lanes.leave_behind("old", 120);
    world.start();
    sleep(Duration::from_mins(2)).await;
    let removed = world.lanes.seen().removed;
    assert!(removed.iter().all(|(at, _)| at.as_secs() == 60));
    let ended: Vec<_> = removed.iter().map(|(_, ended)| *ended).collect();
    assert_eq!(ended, [50, 50, 20, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_has_been_kept_for_long_enough_is_removed_every_ten_minutes_until_nothing_is_left() {
    let world = World::new();
    world.start();
    sleep(Duration::from_mins(25)).await;
    let minutes: Vec<_> = world
        .lanes
        .seen()
        .purged_at
        .iter()
        .map(|at| at.as_secs() / 60)
        .collect();
    assert_eq!(minutes, [10, 10, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn what_others_know_is_left_to_them_until_a_minute_after_the_last_of_them_is_gone() {
    for others in [Some(true), None] {
        let mut world = World::new();
        world.desk("live", AT_ONCE, takes_all());
        world.lanes.leave_behind("old", 1);
        world.lanes.is_known_to_others(others);
        world.start();
        sleep(Duration::from_secs(5 * 60 + 30)).await;
        assert_eq!(world.lanes.seen().removed, [], "{others:?}");
        world.lanes.is_known_to_others(Some(false));
        sleep(Duration::from_mins(1)).await;
        let removed = world.lanes.seen().removed;
        let ended: Vec<_> = removed
            .iter()
            .map(|(at, ended)| (at.as_secs(), *ended))
            .collect();
        assert_eq!(ended, [(360, 1), (360, 0)], "{others:?}");
    }
}
