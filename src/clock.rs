//! The only place that asks the machine for the time or for randomness.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use uuid::{ContextV7, Uuid};

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

/// Goes as the wall clock does, but never back. Set back, the wall clock is waited for: until it has caught up, this one goes
/// a tenth slower than time passes, so that what is due in an hour is due seven minutes late at most, whatever the step.
#[derive(Debug)]
pub struct ForwardClock {
    wall: Arc<dyn Clock>,
    began: Instant,
    course: Mutex<Course>,
}

/// How far it has come, since the epoch, and how long after its beginning.
#[derive(Clone, Copy, Debug)]
struct Course {
    shows: Duration,
    after: Duration,
}

/// The share by which it is slower while it is ahead.
const SLOWER: u32 = 10;

impl ForwardClock {
    pub fn start(wall: Arc<dyn Clock>) -> Self {
        let course = Course {
            shows: since_epoch(wall.now()),
            after: Duration::ZERO,
        };
        Self {
            wall,
            began: Instant::now(),
            course: Mutex::new(course),
        }
    }
}

impl Clock for ForwardClock {
    fn now(&self) -> Timestamp {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock, so that nobody puts a later answer before an earlier one.
        course.go_on(self.began.elapsed(), since_epoch(self.wall.now()));
        Timestamp::default().plus(course.shows)
    }
}

impl Course {
    /// So long after the beginning the wall clock shows this.
    fn go_on(&mut self, after: Duration, wall: Duration) {
        let passed = after.saturating_sub(self.after);
        let slower = self.shows + passed.saturating_sub(passed / SLOWER);
        *self = Self {
            shows: slower.max(wall),
            after,
        };
    }
}

fn since_epoch(at: Timestamp) -> Duration {
    at.since(Timestamp::default())
}

/// A new id that sorts after those made before it by this process.
#[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Draws ids that sort by what a clock showed, and after those that it has drawn before.
#[derive(Debug)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    drawn: Mutex<ContextV7>,
}

impl Ids {
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            drawn: Mutex::new(ContextV7::new()),
        }
    }

    pub fn draw(&self) -> Uuid {
        let now = since_epoch(self.clock.now());
        let drawn = uuid::Timestamp::from_unix(&self.drawn, now.as_secs(), now.subsec_nanos());
        Uuid::new_v7(drawn)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const HOUR: u64 = 3600;

    /// What it shows at the end, in seconds, having been asked at each of these: the seconds since its beginning, and what the
    /// wall clock showed.
    fn shows(asked: &[(u64, u64)]) -> u64 {
        let mut course = Course {
            shows: Duration::from_secs(100 * HOUR),
            after: Duration::ZERO,
        };
        for (after, wall) in asked {
            course.go_on(Duration::from_secs(*after), Duration::from_secs(*wall));
        }
        course.shows.as_secs()
    }

    #[test]
    fn it_goes_as_the_wall_clock_does_and_follows_it_ahead() {
        assert_eq!(shows(&[(60, 100 * HOUR + 60)]), 100 * HOUR + 60);
        assert_eq!(shows(&[(60, 103 * HOUR)]), 103 * HOUR);
    }

    #[test]
    fn set_back_the_wall_clock_makes_it_a_tenth_slower_whatever_the_step() {
        for step in [HOUR, 24 * HOUR] {
            let set = 100 * HOUR - step;
            let asked = (1..=HOUR).map(|after| (after, set + after));
            let shows = shows(&asked.collect::<Vec<_>>());
            assert_eq!(shows, 100 * HOUR + HOUR - HOUR / 10);
        }
    }

    #[test]
    fn it_shows_what_the_wall_clock_does_when_that_has_caught_up() {
        let set = 100 * HOUR - 60;
        let asked = (1..=601).map(|after| (after, set + after));
        assert_eq!(shows(&asked.collect::<Vec<_>>()), set + 601);
    }

    #[test]
    fn it_never_goes_back() {
        #[derive(Debug)]
        struct Set(AtomicI64);
        impl Clock for Set {
            fn now(&self) -> Timestamp {
                Timestamp::from_millis(self.0.load(Ordering::Relaxed))
            }
        }
        let wall = Arc::new(Set(AtomicI64::new(2_000_000)));
        let clock = ForwardClock::start(wall.clone());
        wall.0.store(3_000_000, Ordering::Relaxed);
        assert!(clock.now() >= Timestamp::from_millis(3_000_000));
        wall.0.store(1_000_000, Ordering::Relaxed);
        assert!(clock.now() >= Timestamp::from_millis(3_000_000));
    }
}
