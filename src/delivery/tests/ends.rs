//! Parts of what delivers that end although nobody has told them to.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{takes_all, world::World};
use crate::domain::time::{Clock, Timestamp};

const SOON: Duration = Duration::from_secs(5);

/// Nobody can go on who asks it.
#[derive(Debug)]
struct Broken;

impl Clock for Broken {
    fn now(&self) -> Timestamp {
        panic!("a rule of the program is broken");
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_calls_are_made_any_more_all_ends() {
    let mut world = World::new();
    world.desk("live", Duration::ZERO, takes_all());
    let delivering = world.start_by(Arc::new(Broken));
    timeout(SOON, delivering).await.expect("unasked").unwrap();
}

#[tokio::test(start_paused = true)]
async fn where_no_deadline_is_looked_at_any_more_all_ends() {
    let world = World::new();
    world.lanes.set_timer(Duration::from_mins(1));
    let delivering = world.start_by(Arc::new(Broken));
    timeout(SOON, delivering).await.expect("unasked").unwrap();
}
