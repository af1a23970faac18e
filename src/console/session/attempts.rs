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
/// For all names together: who tries one password with every name is nobody's colleague either.
const ALLOWED_TO_SOURCE: u32 = 50;
const WINDOW: Duration = Duration::from_mins(15);
/// Those that come when there are so many share one count.
const MOST: usize = 10_000;

impl Attempts {
    /// Begins a try, which counts as failed until it has succeeded: tries at the same time must not all be the first. How
    /// long it has to wait, if it may not be made.
    pub(super) fn begin(&self, source: Source, name: &str, now: Timestamp) -> Option<Duration> {
        let (one, all) = ((source, name.to_owned()), (source, String::new()));
        let wait = self.wait(&one, ALLOWED, now);
        let wait = wait.or_else(|| self.wait(&all, ALLOWED_TO_SOURCE, now));
        if wait.is_none() {
            self.failed(&one, now);
            self.failed(&all, now);
        }
        wait
    }

    fn wait(&self, who: &(Source, String), allowed: u32, now: Timestamp) -> Option<Duration> {
        let failures = self.lock();
        let failed = *failures.get(&counted_as(&failures, who))?;
        let left = WINDOW.saturating_sub(now.since(failed.since));
        (failed.count >= allowed && !left.is_zero()).then_some(left)
    }

    fn failed(&self, who: &(Source, String), now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= MOST {
            failures.retain(|_, failed| now.since(failed.since) < WINDOW);
        }
        let who = counted_as(&failures, who);
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

    pub(super) fn succeeded(&self, source: Source, name: &str) {
        let mut failures = self.lock();
        failures.remove(&(source, name.to_owned()));
        if let Some(all) = failures.get_mut(&(source, String::new())) {
            all.count = all.count.saturating_sub(1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Source, String), Failed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted_as(
    failures: &HashMap<(Source, String), Failed>,
    who: &(Source, String),
) -> (Source, String) {
    if failures.len() >= MOST && !failures.contains_key(who) {
        (Source::UNKNOWN, String::new())
    } else {
        who.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn ten_wrong_passwords_make_their_source_wait_and_nobody_else() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for _ in 0..ALLOWED {
            assert_eq!(attempts.begin(source("10.0.0.1"), "ann", now), None);
        }
        assert_eq!(attempts.begin(source("10.0.0.1"), "ann", now), Some(WINDOW));
        assert_eq!(attempts.begin(source("10.0.0.1"), "ben", now), None);
        assert_eq!(attempts.begin(source("10.0.0.2"), "ann", now), None);
        let later = now.plus(WINDOW);
        assert_eq!(attempts.begin(source("10.0.0.1"), "ann", later), None);
    }

    #[test]
    fn one_password_for_every_name_is_stopped_as_well() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for number in 0..ALLOWED_TO_SOURCE {
            let name = format!("n{number}");
            assert_eq!(attempts.begin(source("10.0.0.1"), &name, now), None);
        }
        assert_eq!(attempts.begin(source("10.0.0.1"), "zoe", now), Some(WINDOW));
    }

    #[test]
    fn a_right_password_forgives_and_a_flood_takes_bounded_memory() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for _ in 0..2 * ALLOWED_TO_SOURCE {
            assert_eq!(attempts.begin(source("10.0.0.1"), "ann", now), None);
            attempts.succeeded(source("10.0.0.1"), "ann");
        }
        for number in 0..20_000_u32 {
            let address: IpAddr = std::net::Ipv4Addr::from_bits(number).into();
            attempts.begin(address.into(), "ann", now);
        }
        assert!(attempts.lock().len() <= MOST + 2);
    }
}
