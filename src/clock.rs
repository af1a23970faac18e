//! The only place that asks the machine for the time or for randomness.

use std::time::Instant;

use uuid::Uuid;

use crate::domain::time::{Clock, Timestamp};

/// The machine's own wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// Counts on from what the wall clock showed at the start, by the machine's monotonic clock: whoever sets the wall clock
/// meanwhile does not move this one.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock {
    began: Instant,
    showed: Timestamp,
}

impl SteadyClock {
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            showed: SystemClock.now(),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.showed.plus(self.began.elapsed())
    }
}

/// A new id that sorts after those made before it by this process.
#[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
