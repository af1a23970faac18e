//! Says what the history in a ledger proves, once nothing is under way any more.
//!
//! Acknowledged is delivered; first deliveries come in source order, each after its predecessor was taken; a repeat is
//! the last message again, under the name of its first delivery, and has a cause: a failed answer, or something that
//! happened to the process that made the call; nothing arrives that was not sent.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::ledger::{Answer, Arrival, Damage, LaneId, Ledger, Strike};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{lane}: {number} was acknowledged and never delivered")]
    Lost { lane: LaneId, number: u32 },
    #[error("{lane}: {number} arrived and was never sent")]
    Invented { lane: LaneId, number: u32 },
    #[error("{lane}: {number} arrived before its predecessor was taken")]
    Overtook { lane: LaneId, number: u32 },
    #[error("{lane}: {number} was repeated after its successor had arrived")]
    WentBack { lane: LaneId, number: u32 },
    #[error("{lane}: {number} arrived while the call before it was not answered")]
    Overlapped { lane: LaneId, number: u32 },
    #[error("{lane}: {number} was repeated under another name or with another content")]
    Renamed { lane: LaneId, number: u32 },
    #[error("{lane}: {number} was repeated without a cause after it had been taken")]
    Unprovoked { lane: LaneId, number: u32 },
    #[error("{lane}: {number} does not have a higher seq than its predecessor")]
    SeqStoodStill { lane: LaneId, number: u32 },
    #[error("{lane}: {number} carries the webhook-id of another message")]
    SharedName { lane: LaneId, number: u32 },
    #[error("{0} settlements of former holders of a lane were taken")]
    Stale(u64),
    #[error("{what} took {took} ms, which may take {allowed} ms")]
    Slow {
        what: &'static str,
        took: u128,
        allowed: u128,
    },
    #[error("{0}")]
    Failed(String),
    #[error("{0}")]
    Odd(String),
}

/// What happened, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    pub sent: u64,
    pub acked: u64,
    /// Offloads that were answered with no …
    pub declined: u64,
    /// … and whose handover the desk has all the same. No fault of delivery, so it is only counted.
    pub contradicted: u64,
    pub arrivals: u64,
    /// Repeats of what had been taken, each from or by a process to which something happened.
    pub repeats_after_strikes: u64,
    /// Repeats of what a stub had refused or cut.
    pub repeats_after_failures: u64,
}

impl Tally {
    pub fn add(&mut self, part: Self) {
        self.sent += part.sent;
        self.acked += part.acked;
        self.declined += part.declined;
        self.contradicted += part.contradicted;
        self.arrivals += part.arrivals;
        self.repeats_after_strikes += part.repeats_after_strikes;
        self.repeats_after_failures += part.repeats_after_failures;
    }
}

pub struct Verdict {
    pub tally: Tally,
    pub faults: Vec<Fault>,
}

/// Judges the whole ledger.
pub fn judge(ledger: &Ledger) -> Verdict {
    let mut verdict = Verdict {
        tally: Tally::default(),
        faults: ledger.oddities().into_iter().map(Fault::Odd).collect(),
    };
    (verdict.tally.declined, verdict.tally.contradicted) = ledger.declined();
    let mut names = HashMap::new();
    let strikes = ledger.strikes();
    for (id, lane) in ledger.lanes() {
        verdict.tally.sent += u64::from(lane.sent);
        verdict.tally.acked += u64::from(lane.acked);
        verdict
            .faults
            .extend(lane.lost().map(|number| Fault::Lost { lane: id, number }));
        let mut reading = Reading::new((id, lane.sent), &strikes, &mut verdict);
        for arrival in &lane.arrivals {
            reading.read(arrival);
            if let Some(identity) = &arrival.identity {
                let owner = *names
                    .entry(identity.webhook_id.clone())
                    .or_insert((id, arrival.number));
                if owner != (id, arrival.number) {
                    reading.fault(Fault::SharedName {
                        lane: id,
                        number: arrival.number,
                    });
                }
            }
        }
    }
    verdict
}

/// Goes through the arrivals of one lane in their order.
struct Reading<'a> {
    lane: LaneId,
    sent: u32,
    strikes: &'a [Strike],
    verdict: &'a mut Verdict,
    firsts: HashMap<u32, &'a Arrival>,
    before: Option<&'a Arrival>,
    /// The number whose turn it is: all below it have been taken.
    turn: u32,
    /// Each strike explains one repeat in a lane.
    spent: HashSet<usize>,
}

impl<'a> Reading<'a> {
    fn new((lane, sent): (LaneId, u32), strikes: &'a [Strike], verdict: &'a mut Verdict) -> Self {
        Self {
            lane,
            sent,
            strikes,
            verdict,
            firsts: HashMap::new(),
            before: None,
            turn: 0,
            spent: HashSet::new(),
        }
    }

    fn read(&mut self, arrival: &'a Arrival) {
        let (lane, number) = (self.lane, arrival.number);
        self.verdict.tally.arrivals += 1;
        if number >= self.sent {
            self.fault(Fault::Invented { lane, number });
        }
        if let Some(before) = self.before
            && before
                .answered
                .is_none_or(|answered| answered > arrival.arrived)
            && !self.may_overlap(before, arrival)
        {
            self.fault(Fault::Overlapped { lane, number });
        }
        let is_late = if let Some(first) = self.firsts.get(&number).copied() {
            self.read_repeat(first, arrival)
        } else {
            self.read_first(arrival);
            false
        };
        if arrival.answer == Answer::Taken {
            self.turn = self.turn.max(number + 1);
        }
        if !is_late {
            self.before = Some(arrival);
        }
    }

    /// Only the last call may be repeated, since everything older was settled, and only for a reason. But a process that
    /// was struck may still make the one call that it held, after others have gone on: says whether it is one of these.
    fn read_repeat(&mut self, first: &Arrival, arrival: &Arrival) -> bool {
        let (lane, number) = (self.lane, arrival.number);
        if first.identity != arrival.identity {
            self.fault(Fault::Renamed { lane, number });
        }
        let Some(before) = self.before else {
            return false;
        };
        if before.number == number && !self.was_heard(before) {
            self.verdict.tally.repeats_after_failures += 1;
            return false;
        }
        let has_moved_on = before.number != number;
        let cause = self.strikes.iter().enumerate().position(|(at, strike)| {
            !self.spent.contains(&at)
                && (wakes_late(*strike, arrival)
                    || !has_moved_on && takes_over(*strike, before, arrival))
        });
        let Some(cause) = cause else {
            self.fault(if has_moved_on {
                Fault::WentBack { lane, number }
            } else {
                Fault::Unprovoked { lane, number }
            });
            return false;
        };
        self.spent.insert(cause);
        self.verdict.tally.repeats_after_strikes += 1;
        has_moved_on
    }

    fn read_first(&mut self, arrival: &'a Arrival) {
        let (lane, number) = (self.lane, arrival.number);
        if number > self.turn {
            self.fault(Fault::Overtook { lane, number });
        }
        let predecessor = number
            .checked_sub(1)
            .and_then(|number| self.firsts.get(&number));
        if let Some(before) = predecessor.and_then(|arrival| arrival.identity.as_ref())
            && arrival
                .identity
                .as_ref()
                .is_none_or(|identity| identity.seq <= before.seq)
        {
            self.fault(Fault::SeqStoodStill { lane, number });
        }
        self.firsts.insert(number, arrival);
    }

    /// Whoever made the call knows that it was taken.
    fn was_heard(&self, call: &Arrival) -> bool {
        call.answer == Answer::Taken
            && !self.strikes.iter().any(|strike| {
                strike.damage == Damage::Deafened
                    && strike.process == call.process
                    && strike.until.is_none_or(|until| call.arrived < until)
                    && call.answered.is_none_or(|answered| answered > strike.from)
            })
    }

    /// A call of a process that is gone, or asleep, may still be under way when another makes it again.
    fn may_overlap(&self, before: &Arrival, arrival: &Arrival) -> bool {
        before.process != arrival.process
            && self.strikes.iter().any(|strike| {
                strike.from < arrival.arrived
                    && strike.damage != Damage::Deafened
                    && (strike.process == before.process || strike.process == arrival.process)
            })
    }

    fn fault(&mut self, fault: Fault) {
        self.verdict.faults.push(fault);
    }
}

/// Another process makes again what the one that was struck had made, and had not written that it was taken.
fn takes_over(strike: Strike, before: &Arrival, arrival: &Arrival) -> bool {
    let is_survivor = match strike.damage {
        Damage::Killed => arrival.process != before.process,
        // It may be the first to come again for what it had itself left too long.
        Damage::Stalled => true,
        Damage::Deafened => false,
    };
    is_survivor
        && before.process == strike.process
        && arrival.arrived > strike.from
        && strike.until.is_none_or(|until| before.arrived < until)
}

/// A process makes the call that it had in hand when it was stalled, although others have made it meanwhile; or what it
/// had sent outlives it.
fn wakes_late(strike: Strike, arrival: &Arrival) -> bool {
    strike.damage != Damage::Deafened
        && strike.process == arrival.process
        && arrival.arrived > strike.from
}
