//! The only place that asks the machine for the time or for randomness.

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

/// A new id that sorts after those made before it by this process.
#[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
