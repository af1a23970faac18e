//! The limit on wrong passwords: by name and source, so that nobody can lock somebody else out from elsewhere.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{domain::time::Timestamp, http::source::Source};

#[derive(Debug, Default)]
pub(in crate::console) struct Attempts(Mutex<HashMap<(Source, String), Failed>>);

#[derive(Clone, Copy, Debug)]
struct Failed {
    count: u32,
    since: Timestamp,
}

const ALLOWED: u32 = 10;
const WINDOW: Duration = Duration::from_mins(15);
/// More are not told apart: the oldest are forgotten first.
const MOST: usize = 10_000;

impl Attempts {
    /// Whether another try may be made. How long until then, if not.
    pub(super) fn wait(&self, who: &(Source, String), now: Timestamp) -> Option<Duration> {
        let failed = *self.lock().get(who)?;
        let left = WINDOW.saturating_sub(now.since(failed.since));
        (failed.count >= ALLOWED && !left.is_zero()).then_some(left)
    }

    pub(super) fn failed(&self, who: (Source, String), now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= MOST {
            failures.retain(|_, failed| now.since(failed.since) < WINDOW);
        }
        if failures.len() >= MOST {
            let oldest = failures.iter().min_by_key(|(_, failed)| failed.since);
            if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                failures.remove(&oldest);
            }
        }
        let failed = failures.entry(who).or_insert(Failed {
            count: 0,
            since: now,
        });
        if now.since(failed.since) >= WINDOW {
            *failed = Failed {
                count: 0,
                since: now,
            };
        }
        failed.count = failed.count.saturating_add(1);
    }

    pub(super) fn succeeded(&self, who: &(Source, String)) {
        self.lock().remove(who);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Source, String), Failed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn who(source: &str) -> (Source, String) {
        let address: IpAddr = source.parse().unwrap();
        (address.into(), "ann".to_owned())
    }

    #[test]
    fn ten_wrong_passwords_make_their_source_wait_and_nobody_else() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for _ in 0..ALLOWED {
            assert_eq!(attempts.wait(&who("10.0.0.1"), now), None);
            attempts.failed(who("10.0.0.1"), now);
        }
        assert_eq!(attempts.wait(&who("10.0.0.1"), now), Some(WINDOW));
        assert_eq!(attempts.wait(&who("10.0.0.2"), now), None);
        assert_eq!(attempts.wait(&who("10.0.0.1"), now.plus(WINDOW)), None);
    }

    #[test]
    fn a_right_password_forgives_and_a_flood_takes_bounded_memory() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for _ in 0..ALLOWED {
            attempts.failed(who("10.0.0.1"), now);
        }
        attempts.succeeded(&who("10.0.0.1"));
        assert_eq!(attempts.wait(&who("10.0.0.1"), now), None);
        for number in 0..20_000_u32 {
            let source: IpAddr = std::net::Ipv4Addr::from_bits(number).into();
            attempts.failed((source.into(), "ann".to_owned()), now);
        }
        assert!(attempts.lock().len() <= MOST);
    }
}
