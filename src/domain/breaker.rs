//! Stops calling a destination that is unwell, and asks it now and then whether it is better.
//!
//! One per destination and process, kept by `delivery`; it holds nothing that must survive a restart. It only delays
//! deliveries, it never fails them. A wall clock that is set back cannot keep it open.

use std::{collections::VecDeque, time::Duration};

use super::time::Timestamp;

/// Closed, open, or half open with at most one probe under way.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    recent: VecDeque<Second>,
    failures_in_a_row: u32,
    open: Option<Open>,
}

/// Whether the destination may be called now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Call,
    /// The one call that finds out whether the destination is back.
    Probe,
    /// Not before this time.
    Wait(Timestamp),
}

/// What the end of a call says of its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    Well,
    Unwell,
    /// It is as it was thought to be.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Timestamp,
    interval: Duration,
    probe_since: Option<Timestamp>,
}

/// The calls that ended within one second, which bounds the memory at any rate of calls.
#[derive(Clone, Copy, Debug)]
struct Second {
    start: Timestamp,
    calls: u32,
    failures: u32,
}

const SPAN: Duration = Duration::from_secs(30);
const MIN_CALLS: u32 = 20;
const MAX_IN_A_ROW: u32 = 10;
const FIRST_INTERVAL: Duration = Duration::from_secs(1);
const LAST_INTERVAL: Duration = Duration::from_secs(10);
/// Longer than any call takes: a probe whose outcome was never recorded must not close the way for good.
const PROBE_PATIENCE: Duration = Duration::from_secs(15);

impl Breaker {
    /// Asks to call. A [`Permit::Probe`] reserves the probe; its outcome must be recorded, or it forgone.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        let Some(open) = &mut self.open else {
            return Permit::Call;
        };
        if let Some(wait) = open.waits_until(now) {
            return Permit::Wait(wait);
        }
        open.probe_since = Some(now);
        Permit::Probe
    }

    /// The probe that was permitted is not made after all: another may be, at once.
    pub fn forgo_probe(&mut self) {
        if let Some(open) = &mut self.open {
            open.probe_since = None;
        }
    }

    /// Whether a new handover should be declined on this account. Once the interval is over it should not, since its opening
    /// call may be the probe; unless that is under way, and everybody else waits for what comes of it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.open
            .is_some_and(|open| open.waits_until(now).is_some())
    }

    /// Records how the probe ended. Answers whether the breaker was closed by it.
    pub fn record_probe(&mut self, now: Timestamp, report: Report) -> bool {
        let Some(open) = &mut self.open else {
            return self.record(now, report);
        };
        match report {
            Report::Well => return self.record(now, report),
            Report::Unwell => {
                *open = Open {
                    since: now,
                    interval: open.interval.saturating_mul(2).min(LAST_INTERVAL),
                    probe_since: None,
                }
            }
            Report::Nothing => open.probe_since = None,
        }
        false
    }

    /// Records how any other call ended. Answers whether the breaker went from closed to open or back.
    pub fn record(&mut self, now: Timestamp, report: Report) -> bool {
        let failed = match report {
            Report::Well => false,
            Report::Unwell => true,
            Report::Nothing => return false,
        };
        if self.open.is_some() {
            // A call that began before the breaker opened says nothing that is not known, unless it went well.
            if !failed {
                *self = Self::default();
            }
            return !failed;
        }
        self.count(now, failed);
        if !failed || !self.is_unwell() {
            return false;
        }
        self.open = Some(Open {
            since: now,
            interval: FIRST_INTERVAL,
            probe_since: None,
        });
        true
    }

    fn count(&mut self, now: Timestamp, failed: bool) {
        let oldest = now.minus(SPAN);
        self.recent
            .retain(|second| second.start > oldest && second.start <= now);
        self.failures_in_a_row = if failed {
            self.failures_in_a_row.saturating_add(1)
        } else {
            0
        };
        let failures = u32::from(failed);
        match self.recent.back_mut() {
            Some(last) if now.since(last.start) < Duration::from_secs(1) => {
                last.calls = last.calls.saturating_add(1);
                last.failures = last.failures.saturating_add(failures);
            }
            _ => self.recent.push_back(Second {
                start: now,
                calls: 1,
                failures,
            }),
        }
    }

    fn is_unwell(&self) -> bool {
        let (calls, failures) =
            self.recent
                .iter()
                .fold((0_u32, 0_u32), |(calls, failures), second| {
                    (
                        calls.saturating_add(second.calls),
                        failures.saturating_add(second.failures),
                    )
                });
        let half = calls >= MIN_CALLS && failures.saturating_mul(2) >= calls;
        half || self.failures_in_a_row >= MAX_IN_A_ROW
    }
}

impl Open {
    fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(probe_since) = self.probe_since {
            return pending(probe_since, PROBE_PATIENCE, now);
        }
        pending(self.since, self.interval, now)
    }
}

/// When the span that began at `since` ends, if `now` lies within it. A `now` before it means that the clock was set back.
fn pending(since: Timestamp, span: Duration, now: Timestamp) -> Option<Timestamp> {
    let end = since.plus(span);
    (since <= now && now < end).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Report::{Nothing, Unwell, Well},
        *,
    };

    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn at(millis: u64) -> Timestamp {
        START.plus(Duration::from_millis(millis))
    }

    fn well_unless(failed: bool) -> Report {
        if failed { Unwell } else { Well }
    }

    fn opened_at(millis: u64) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..MAX_IN_A_ROW {
            breaker.record(at(millis), Unwell);
        }
        breaker
    }

    #[test]
    fn ten_failures_in_a_row_open_it_and_nine_do_not() {
        let mut breaker = Breaker::default();
        for call in 0..9 {
            assert!(!breaker.record(at(call), Unwell));
        }
        breaker.record(at(9), Well);
        for call in 10..19 {
            assert!(!breaker.record(at(call * 31_000), Unwell));
        }
        assert_eq!(breaker.permit(at(600_000)), Permit::Call);
        assert!(breaker.record(at(600_000), Unwell));
        assert_eq!(breaker.permit(at(600_000)), Permit::Wait(at(601_000)));
    }

    #[test]
    fn half_of_twenty_calls_within_thirty_seconds_open_it() {
        let mut breaker = Breaker::default();
        for call in 0..19 {
            assert!(!breaker.record(at(call * 1_000), well_unless(call % 2 == 1)));
        }
        assert!(breaker.record(at(19_000), Unwell));

        let mut slower = Breaker::default();
        for call in 0..40 {
            assert!(
                !slower.record(at(call * 2_000), well_unless(call % 2 == 1)),
                "never twenty calls within the span"
            );
        }
    }

    #[test]
    fn a_probe_that_is_not_made_is_anothers_at_once() {
        let mut breaker = opened_at(0);
        assert_eq!(breaker.permit(at(1_000)), Permit::Probe);
        assert!(matches!(breaker.permit(at(1_000)), Permit::Wait(_)));
        breaker.forgo_probe();
        assert_eq!(breaker.permit(at(1_000)), Permit::Probe);
    }

    #[test]
    fn the_interval_doubles_from_one_to_ten_seconds_and_one_probe_goes_at_a_time() {
        let mut breaker = opened_at(0);
        let mut now = 0;
        for interval in [1_000, 2_000, 4_000, 8_000, 10_000, 10_000] {
            assert_eq!(
                breaker.permit(at(now + interval - 1)),
                Permit::Wait(at(now + interval))
            );
            assert!(breaker.is_open(at(now + interval - 1)));
            now += interval;
            assert!(!breaker.is_open(at(now)), "half open declines nobody");
            assert_eq!(breaker.permit(at(now)), Permit::Probe);
            assert!(breaker.is_open(at(now)), "nobody else is let through");
            assert!(matches!(breaker.permit(at(now)), Permit::Wait(_)));
            assert!(!breaker.record_probe(at(now), Unwell));
        }
        now += 10_000;
        assert_eq!(breaker.permit(at(now)), Permit::Probe);
        assert!(breaker.record_probe(at(now), Well));
        assert_eq!(breaker.permit(at(now)), Permit::Call);
    }

    #[test]
    fn a_probe_that_was_never_heard_of_again_gives_way_to_another() {
        let mut breaker = opened_at(0);
        assert_eq!(breaker.permit(at(1_000)), Permit::Probe);
        assert_eq!(breaker.permit(at(15_999)), Permit::Wait(at(16_000)));
        assert!(breaker.is_open(at(15_999)));
        assert!(!breaker.is_open(at(16_000)), "nobody is asking any more");
        assert_eq!(breaker.permit(at(16_000)), Permit::Probe);
    }

    #[test]
    fn calls_that_were_under_way_when_it_opened_do_not_lengthen_the_interval() {
        let mut breaker = opened_at(0);
        breaker.record(at(900), Unwell);
        assert_eq!(breaker.permit(at(1_000)), Permit::Probe);
        breaker.record(at(1_100), Unwell);
        assert!(matches!(breaker.permit(at(1_100)), Permit::Wait(_)));
        breaker.record_probe(at(1_200), Unwell);
        assert_eq!(breaker.permit(at(1_200)), Permit::Wait(at(3_200)));
    }

    #[test]
    fn what_says_nothing_ends_a_probe_and_changes_nothing_else() {
        let mut breaker = Breaker::default();
        for call in 0..9 {
            breaker.record(at(call), Unwell);
            assert!(!breaker.record(at(call), Nothing));
        }
        assert!(breaker.record(at(9), Unwell));
        assert!(!breaker.record(at(10), Nothing));
        assert_eq!(breaker.permit(at(1_009)), Permit::Probe);
        assert!(!breaker.record(at(1_010), Nothing));
        assert!(matches!(breaker.permit(at(1_010)), Permit::Wait(_)));
        assert!(!breaker.record_probe(at(1_020), Nothing));
        assert_eq!(breaker.permit(at(1_020)), Permit::Probe);
        assert!(!breaker.record_probe(at(1_030), Unwell));
        assert_eq!(breaker.permit(at(1_030)), Permit::Wait(at(3_030)));
    }

    #[test]
    fn a_clock_set_back_does_not_keep_it_open() {
        let mut breaker = opened_at(86_400_000);
        assert_eq!(breaker.permit(at(0)), Permit::Probe);
    }

    proptest! {
        #[test]
        fn it_never_waits_long_and_a_good_call_always_closes_it(
            steps in proptest::collection::vec((0_u64..20_000, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let mut breaker = Breaker::default();
            let mut now = 0;
            for (pause, failed, answered) in steps {
                now += pause;
                match breaker.permit(at(now)) {
                    Permit::Wait(until) => {
                        prop_assert!(until > at(now));
                        prop_assert!(until.since(at(now)) <= PROBE_PATIENCE);
                    }
                    permit if answered => {
                        let report = well_unless(failed);
                        if permit == Permit::Probe {
                            breaker.record_probe(at(now), report);
                        } else {
                            breaker.record(at(now), report);
                        }
                        if !failed && breaker.open.is_some() {
                            return Err(TestCaseError::fail("a good call left it open"));
                        }
                    }
                    Permit::Call | Permit::Probe => {}
                }
                prop_assert!(breaker.recent.len() <= 31);
            }
        }
    }
}
