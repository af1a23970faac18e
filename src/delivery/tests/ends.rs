//! Parts of what delivers that end although nobody has told them to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;

use super::{job::EPOCH, takes_all, world::World};
use crate::domain::time::{Clock, Timestamp};

const SOON: Duration = Duration::from_secs(5);

/// Panics when asked more than `count` times.
#[derive(Debug)]
struct PanickingClock(AtomicUsize);

impl PanickingClock {
    fn answers(count: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(count)))
    }
}

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        let less = |left: usize| left.checked_sub(1);
        let left = (self.0).fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        assert!(left.is_ok(), "a rule of the program is broken");
        EPOCH
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_dispatcher_ends_delivery() {
    let mut world = World::new();
    world.desk("live", Duration::ZERO, takes_all());
    // An outlet asks for the time when it is built.
    let delivering = world.start_by(PanickingClock::answers(1));
    timeout(SOON, delivering).await.expect("unasked").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_timers_ends_delivery() {
    let world = World::new();
    world.lanes.set_timer(Duration::from_mins(1));
    let delivering = world.start_by(PanickingClock::answers(0));
    timeout(SOON, delivering).await.expect("unasked").unwrap();
}
