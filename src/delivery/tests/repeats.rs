//! Which calls may be repeats.

use std::time::Duration;

use tokio::time::sleep;

use super::{AT_ONCE, failure, job, job::EPOCH, world::World};
use crate::domain::{delivery::Done, retry::ErrorClass};

#[tokio::test(start_paused = true)]
async fn a_desk_is_told_what_may_have_arrived_before_and_of_nothing_else() {
    let owed = |lane, since| {
        let mut job = job(lane, 1);
        job.about.created_at = since;
        job
    };
    let mut world = World::new();
    let (live, desk) = world.desk("live", AT_ONCE, |about, _| match about.created_at {
        EPOCH => failure(ErrorClass::Ambiguous),
        _ => Ok(Done::default()),
    });
    world.lanes.postpone_retries(Duration::from_mins(5));
    let of_another_process = owed(1, EPOCH.minus(Duration::from_millis(1)));
    world.lanes.add(&live, of_another_process.clone());
    let fails = owed(2, EPOCH);
    world.lanes.add(&live, fails.clone());
    world.start();
    world.until(|| desk.log().calls.len() == 2).await;
    assert_eq!(desk.log().again, [of_another_process.about.delivery]);

    sleep(Duration::from_secs(20)).await;
    let ago = |span| EPOCH.plus(Duration::from_secs(20)).minus(span);
    let young = owed(3, ago(Duration::from_secs(9)));
    let may_be_taken_over = owed(4, ago(Duration::from_secs(10)));
    world.lanes.add(&live, young);
    world.lanes.add(&live, may_be_taken_over.clone());
    world.until(|| desk.log().calls.len() == 4).await;
    assert_eq!(desk.log().again[1..], [may_be_taken_over.about.delivery]);

    world.until(|| desk.log().calls.len() == 5).await;
    assert_eq!(desk.log().again[2..], [fails.about.delivery]);
}
