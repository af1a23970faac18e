//! The limit on wrong passwords: by name and source, so that nobody can lock somebody else out from elsewhere.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{domain::time::Timestamp, http::source::Source};

#[derive(Debug, Default)]
pub(in crate::console) struct Attempts(Mutex<Failures>);

type Failures = HashMap<Counted, Failed>;

/// One name from a source, or all that come from it.
type Counted = (Source, Option<String>);

#[derive(Clone, Copy, Debug)]
struct Failed {
    count: u32,
    since: Timestamp,
}

/// A try that counts as failed until it has succeeded.
#[derive(Debug)]
pub(super) struct Try {
    one: Counted,
    all: Counted,
}

const ALLOWED: u32 = 10;
/// For all names together: who tries one password with every name is nobody's colleague either.
const ALLOWED_TO_SOURCE: u32 = 50;
const WINDOW: Duration = Duration::from_mins(15);
/// Those that come when there are so many share one count.
const MOST: usize = 10_000;
const OTHERS: Counted = (Source::UNKNOWN, None);

impl Attempts {
    /// Begins a try, which counts at once: tries at the same time must not all be the first. Else how long it has to wait.
    pub(super) fn begin(
        &self,
        source: Source,
        name: &str,
        now: Timestamp,
    ) -> Result<Try, Duration> {
        let mut failures = self.lock();
        if failures.len() >= MOST {
            failures.retain(|_, failed| now.since(failed.since) < WINDOW);
        }
        let [one, all] =
            [Some(name.to_owned()), None].map(|name| counted_as(&failures, (source, name)));
        let limits = [(&one, ALLOWED), (&all, ALLOWED_TO_SOURCE)];
        let left = limits
            .into_iter()
            .find_map(|limit| wait(&failures, limit, now));
        if let Some(wait) = left {
            return Err(wait);
        }
        failed(&mut failures, &all, now);
        if one != all {
            failed(&mut failures, &one, now);
        }
        Ok(Try { one, all })
    }

    /// Forgives what failed before it under the name. What others share stands.
    pub(super) fn succeeded(&self, tried: &Try) {
        let Try { one, all } = tried;
        let mut failures = self.lock();
        if one != all {
            failures.remove(one);
        }
        if let Some(all) = failures.get_mut(all) {
            all.count = all.count.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted_as(failures: &Failures, who: Counted) -> Counted {
    if failures.len() >= MOST && !failures.contains_key(&who) {
        OTHERS
    } else {
        who
    }
}

fn wait(failures: &Failures, (who, allowed): (&Counted, u32), now: Timestamp) -> Option<Duration> {
    let failed = failures.get(who)?;
    let left = WINDOW.saturating_sub(now.since(failed.since));
    (failed.count >= allowed && !left.is_zero()).then_some(left)
}

fn failed(failures: &mut Failures, who: &Counted, now: Timestamp) {
    let none = Failed {
        count: 0,
        since: now,
    };
    let failed = failures.entry(who.clone()).or_insert(none);
    if now.since(failed.since) >= WINDOW {
        *failed = none;
    }
    failed.count = failed.count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn wait(attempts: &Attempts, (from, name): (&str, &str), now: Timestamp) -> Option<Duration> {
        attempts.begin(source(from), name, now).err()
    }

    #[test]
    fn ten_wrong_passwords_make_their_source_wait_and_nobody_else() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for name in ["ann", ""] {
            for _ in 0..ALLOWED {
                assert_eq!(wait(&attempts, ("10.0.0.1", name), now), None);
            }
            assert_eq!(wait(&attempts, ("10.0.0.1", name), now), Some(WINDOW));
        }
        assert_eq!(wait(&attempts, ("10.0.0.1", "ben"), now), None);
        assert_eq!(wait(&attempts, ("10.0.0.2", "ann"), now), None);
        let later = now.plus(WINDOW);
        assert_eq!(wait(&attempts, ("10.0.0.1", "ann"), later), None);
    }

    #[test]
    fn one_password_for_every_name_is_stopped_as_well() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for number in 0..ALLOWED_TO_SOURCE {
            let name = format!("n{number}");
            assert_eq!(wait(&attempts, ("10.0.0.1", &name), now), None);
        }
        assert_eq!(wait(&attempts, ("10.0.0.1", "zoe"), now), Some(WINDOW));
    }

    #[test]
    fn a_right_password_forgives() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        for _ in 0..2 * ALLOWED_TO_SOURCE {
            let tried = attempts.begin(source("10.0.0.1"), "ann", now).unwrap();
            attempts.succeeded(&tried);
        }
    }

    #[test]
    fn a_flood_takes_bounded_memory_and_right_passwords_lock_nobody_out_of_it() {
        let (attempts, now) = (Attempts::default(), Timestamp::default());
        let from = |number: u32| Source::from(IpAddr::from(Ipv4Addr::from_bits(number)));
        let most = u32::try_from(MOST).unwrap();
        for number in 0..most / 2 {
            let _ = attempts.begin(from(number), "ann", now);
        }
        for number in most..2 * most {
            let tried = attempts.begin(from(number), "ann", now).unwrap();
            attempts.succeeded(&tried);
        }
        assert!(attempts.lock().len() <= MOST + 2);
    }
}
