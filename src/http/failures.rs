//! The limit on failed calls: a source that keeps presenting wrong secrets gets 429 instead of 401.
//!
//! It is asked only after a call has failed, so a call with the right secret is never refused because of others.
//! Memory is bounded: sources that have calmed down are forgotten, and past [`MAX_SOURCES`] new ones share one count.

use std::{
    fmt,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};

use super::{
    problem::{Kind, Problem},
    source::Source,
};

/// Counts failed calls per source.
pub struct FailedCalls<C: Clock = DefaultClock> {
    limiter: RateLimiter<Source, DashMapStateStore<Source>, C, NoOpMiddleware<C::Instant>>,
    since_sweep: AtomicU32,
}

const PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// About a megabyte of sources.
const MAX_SOURCES: usize = 10_000;
/// A sweep looks at every source, so it is not done for each failure.
const SWEEP_EVERY: u32 = 1_000;

impl FailedCalls {
    pub fn new() -> Self {
        Self::with_clock(DefaultClock::default())
    }
}

impl Default for FailedCalls {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock> FailedCalls<C> {
    /// Counts a failed call of `source` and gives the answer to it.
    pub fn refuse(&self, source: Source) -> Problem {
        self.sweep_now_and_then();
        let counted = if self.limiter.len() < MAX_SOURCES {
            source
        } else {
            Source::UNKNOWN
        };
        match self.limiter.check_key(&counted) {
            Ok(()) => Kind::Unauthorized.into(),
            Err(_) => Kind::TooManyFailures.into(),
        }
    }

    fn with_clock(clock: C) -> Self {
        Self {
            limiter: RateLimiter::dashmap_with_clock(Quota::per_minute(PER_MINUTE), clock),
            since_sweep: AtomicU32::new(0),
        }
    }

    fn sweep_now_and_then(&self) {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP_EVERY {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
    }
}

impl<C: Clock> fmt::Debug for FailedCalls<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedCalls")
            .field("sources", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        time::Duration,
    };

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn source(number: u32) -> Source {
        IpAddr::V4(Ipv4Addr::from_bits(number)).into()
    }

    #[test]
    fn the_sixty_first_failure_of_a_minute_is_told_so_and_others_are_not() {
        let clock = FakeRelativeClock::default();
        let failures = FailedCalls::with_clock(clock.clone());
        for _ in 0..60 {
            assert_eq!(failures.refuse(source(1)).kind(), Kind::Unauthorized);
        }
        assert_eq!(failures.refuse(source(1)).kind(), Kind::TooManyFailures);
        assert_eq!(failures.refuse(source(2)).kind(), Kind::Unauthorized);
        clock.advance(Duration::from_secs(1));
        assert_eq!(failures.refuse(source(1)).kind(), Kind::Unauthorized);
        assert_eq!(failures.refuse(source(1)).kind(), Kind::TooManyFailures);
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_memory_and_is_forgotten() {
        let clock = FakeRelativeClock::default();
        let failures = FailedCalls::with_clock(clock.clone());
        for number in 0..50_000 {
            failures.refuse(source(number));
        }
        assert!(failures.limiter.len() <= MAX_SOURCES + 1);
        clock.advance(Duration::from_mins(2));
        for _ in 0..=SWEEP_EVERY {
            failures.refuse(source(1));
        }
        assert!(failures.limiter.len() < 10);
    }
}
