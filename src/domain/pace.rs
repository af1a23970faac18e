//! How fast a destination is called after it has said that it is called too fast.
//!
//! One per destination and process, kept by `delivery` beside the breaker; nothing of it survives a restart. Until the
//! destination limits its rate this only counts. Then calls go at half the rate that it had, a fixed step faster after
//! every ten seconds without another complaint, and unhindered again once that is more than before or five minutes have
//! passed. It delays calls and never fails them, by less than a second each; a wall clock that is set back lifts it.

use std::{collections::VecDeque, time::Duration};

use super::time::Timestamp;

/// Counts calls, and hands them out while a limit stands.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    recent: VecDeque<Second>,
    limit: Option<Limit>,
}

/// A call that was refused for the rate of calls.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// When the destination may be called again.
    pub until: Timestamp,
}

/// Rates are calls within [`SPAN`], so that whole numbers do.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The rate that it begins with.
    half: u64,
    /// The rate before the first refusal. More than this needs no limit.
    before: u64,
    refused_at: Timestamp,
    /// When calls begin again, and the time without a refusal.
    from: Timestamp,
    bucket: Bucket,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In milliseconds of the rate: a call costs [`CALL`].
    credit: u64,
    filled_at: Timestamp,
}

/// The calls that were started within one second, which bounds the memory at any rate of calls.
#[derive(Clone, Copy, Debug)]
struct Second {
    start: Timestamp,
    calls: u64,
}

/// Rates are measured over this, and raised each time it has passed.
const SPAN: Duration = Duration::from_secs(10);
/// One call a second: slower is no use to anybody who waits, and no relief for any vendor.
const LEAST: u64 = 10;
/// One more call a second.
const STEP: u64 = 10;
const LASTS: Duration = Duration::from_mins(5);
/// One call within the span costs the whole span.
const CALL: u64 = 10_000;
/// The calls of so many milliseconds may be made up for. Timers are late by a few, which must not lower the rate.
const BURST: u64 = 100;

impl Pace {
    /// Asks for up to `most` calls now; gives at least one, or says when to ask again.
    pub fn take(&mut self, now: Timestamp, most: usize) -> Result<usize, Timestamp> {
        self.lift(now);
        match &mut self.limit {
            Some(limit) => limit.take(now, most),
            None => Ok(most),
        }
    }

    /// Some of what was taken is not needed.
    pub fn give_back(&mut self, calls: usize) {
        if let Some(limit) = &mut self.limit {
            let credit = limit.bucket.credit.saturating_add(cost(calls));
            limit.bucket.credit = credit.min(capacity(limit.rate(limit.bucket.filled_at)));
        }
    }

    /// A call begins.
    pub fn started(&mut self, now: Timestamp) {
        self.forget(now);
        match self.recent.back_mut() {
            Some(last) if now.since(last.start) < Duration::from_secs(1) => last.calls += 1,
            _ => self.recent.push_back(Second {
                start: now,
                calls: 1,
            }),
        }
    }

    /// A call was refused. One that was under way at the refusal before says nothing new.
    pub fn refused(&mut self, refusal: Refusal) {
        let Refusal {
            started_at,
            ended_at: now,
            until,
        } = refusal;
        self.lift(now);
        let (had, before) = match &mut self.limit {
            Some(limit) if started_at <= limit.refused_at => {
                limit.from = limit.from.max(until);
                return;
            }
            Some(limit) => (limit.rate(now), limit.before),
            None => {
                let measured = self.measured(now);
                (measured, measured)
            }
        };
        self.limit = Some(Limit {
            half: (had / 2).max(LEAST),
            before,
            refused_at: now,
            from: until.max(now),
            bucket: Bucket {
                credit: CALL,
                filled_at: now,
            },
        });
    }

    fn lift(&mut self, now: Timestamp) {
        self.limit = self.limit.filter(|limit| limit.stands(now));
    }

    fn measured(&mut self, now: Timestamp) -> u64 {
        self.forget(now);
        self.recent.iter().map(|second| second.calls).sum()
    }

    fn forget(&mut self, now: Timestamp) {
        let oldest = now.minus(SPAN);
        self.recent
            .retain(|second| second.start > oldest && second.start <= now);
    }
}

impl Limit {
    fn stands(&self, now: Timestamp) -> bool {
        let set_back = now < self.refused_at;
        let regained = self.steps(now) > 0 && self.rate(now) > self.before;
        !set_back && !regained && now.since(self.from) < LASTS
    }

    fn rate(&self, now: Timestamp) -> u64 {
        self.half
            .saturating_add(STEP.saturating_mul(self.steps(now)))
    }

    fn steps(&self, now: Timestamp) -> u64 {
        now.since(self.from).as_secs() / SPAN.as_secs()
    }

    fn take(&mut self, now: Timestamp, most: usize) -> Result<usize, Timestamp> {
        let rate = self.rate(now);
        let waited = millis(now.since(self.bucket.filled_at));
        let credit = self
            .bucket
            .credit
            .saturating_add(waited.saturating_mul(rate))
            .min(capacity(rate));
        let calls = usize::try_from(credit / CALL).map_or(most, |calls| calls.min(most));
        self.bucket = Bucket {
            credit: credit.saturating_sub(cost(calls)),
            filled_at: now,
        };
        if calls == 0 {
            let missing = CALL.saturating_sub(credit).div_ceil(rate);
            return Err(now.plus(Duration::from_millis(missing)));
        }
        Ok(calls)
    }
}

fn capacity(rate: u64) -> u64 {
    CALL.saturating_add(rate.saturating_mul(BURST))
}

fn cost(calls: usize) -> u64 {
    u64::try_from(calls).map_or(u64::MAX, |calls| calls.saturating_mul(CALL))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
