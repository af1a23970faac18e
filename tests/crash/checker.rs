//! Says what the history in a ledger proves, once nothing is under way any more.
//!
//! Acknowledged is delivered; first deliveries come in source order, each after its predecessor was taken; a repeat is
//! the last message again, under the name of its first delivery, and has a cause: a failed answer or a kill; nothing
//! arrives that was not sent.

use std::collections::HashMap;

use crate::ledger::{Answer, Arrival, LaneId, Ledger};

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
    #[error("{lane}: {number} was repeated by the process whose call had been taken")]
    Unprovoked { lane: LaneId, number: u32 },
    #[error("{lane}: {number} does not have a higher seq than its predecessor")]
    SeqStoodStill { lane: LaneId, number: u32 },
    #[error("{lane}: {number} carries the webhook-id of another message")]
    SharedName { lane: LaneId, number: u32 },
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
    /// Repeats of what an earlier process had brought.
    pub repeats_after_kills: u64,
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
        self.repeats_after_kills += part.repeats_after_kills;
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
    for (id, lane) in ledger.lanes() {
        verdict.tally.sent += u64::from(lane.sent);
        verdict.tally.acked += u64::from(lane.acked);
        verdict
            .faults
            .extend(lane.lost().map(|number| Fault::Lost { lane: id, number }));
        let mut reading = Reading::new(id, lane.sent, &mut verdict);
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
    verdict: &'a mut Verdict,
    firsts: HashMap<u32, &'a Arrival>,
    before: Option<&'a Arrival>,
    /// The number whose turn it is: all below it have been taken.
    turn: u32,
}

impl<'a> Reading<'a> {
    fn new(lane: LaneId, sent: u32, verdict: &'a mut Verdict) -> Self {
        Self {
            lane,
            sent,
            verdict,
            firsts: HashMap::new(),
            before: None,
            turn: 0,
        }
    }

    fn read(&mut self, arrival: &'a Arrival) {
        let (lane, number) = (self.lane, arrival.number);
        self.verdict.tally.arrivals += 1;
        if number >= self.sent {
            self.fault(Fault::Invented { lane, number });
        }
        if let Some(before) = self.before
            && before.process == arrival.process
            && before
                .answered
                .is_none_or(|answered| answered > arrival.arrived)
        {
            self.fault(Fault::Overlapped { lane, number });
        }
        match self.firsts.get(&number) {
            Some(first) => self.read_repeat(first, arrival),
            None => self.read_first(arrival),
        }
        if arrival.answer == Answer::Taken {
            self.turn = self.turn.max(number + 1);
        }
        self.before = Some(arrival);
    }

    /// Only the last call may be repeated, since everything older was settled, and only for a reason.
    fn read_repeat(&mut self, first: &Arrival, arrival: &Arrival) {
        let (lane, number) = (self.lane, arrival.number);
        if first.identity != arrival.identity {
            self.fault(Fault::Renamed { lane, number });
        }
        match self.before {
            Some(before) if before.number != number => self.fault(Fault::WentBack { lane, number }),
            Some(before) if before.answer != Answer::Taken => {
                self.verdict.tally.repeats_after_failures += 1;
            }
            Some(before) if before.process == arrival.process => {
                self.fault(Fault::Unprovoked { lane, number });
            }
            _ => self.verdict.tally.repeats_after_kills += 1,
        }
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

    fn fault(&mut self, fault: Fault) {
        self.verdict.faults.push(fault);
    }
}

mod tests {
    use super::*;
    use crate::ledger::{Identity, Side};

    const LANE: LaneId = LaneId {
        conversation: 0,
        side: Side::User,
    };

    /// A ledger with `acked` acknowledged events, and these arrivals: number, process, answer.
    fn history(acked: u32, arrivals: &[(u32, u32, Answer)]) -> Ledger {
        let ledger = Ledger::default();
        ledger.begin();
        for _ in 0..acked {
            ledger.write(LANE);
            ledger.acknowledge(LANE);
        }
        for &(number, process, answer) in arrivals {
            let receipt = ledger.arrive(LANE, arrival(number, process, answer));
            ledger.answer(receipt);
        }
        ledger
    }

    fn arrival(number: u32, process: u32, answer: Answer) -> Arrival {
        let identity = Identity {
            webhook_id: format!("msg_{number}"),
            message_id: number.to_string(),
            seq: u64::from(number),
            digest: u64::from(number),
        };
        Arrival {
            number,
            process,
            answer,
            identity: Some(identity),
            arrived: 0,
            answered: None,
        }
    }

    use Answer::{Cut, Refused, Taken};

    #[test]
    fn repeats_with_a_cause_are_counted_and_no_fault() {
        let verdict = judge(&history(
            3,
            &[
                (0, 1, Refused),
                (0, 1, Taken),
                (1, 1, Taken),
                (1, 2, Taken),
                (2, 2, Cut),
                (2, 2, Taken),
            ],
        ));
        assert_eq!(verdict.faults, []);
        assert_eq!(
            (
                verdict.tally.repeats_after_kills,
                verdict.tally.repeats_after_failures
            ),
            (1, 2)
        );
    }

    #[test]
    fn what_was_acknowledged_and_not_taken_is_lost() {
        let faults = judge(&history(2, &[(0, 1, Taken), (1, 1, Refused)])).faults;
        assert_eq!(
            faults,
            [Fault::Lost {
                lane: LANE,
                number: 1
            }]
        );
    }

    #[test]
    fn what_was_never_sent_is_invented() {
        let faults = judge(&history(1, &[(0, 1, Taken), (1, 1, Taken)])).faults;
        assert_eq!(
            faults,
            [Fault::Invented {
                lane: LANE,
                number: 1
            }]
        );
    }

    #[test]
    fn a_text_may_not_pass_one_that_was_not_taken() {
        let faults = judge(&history(
            2,
            &[(0, 1, Refused), (1, 1, Taken), (0, 1, Taken)],
        ))
        .faults;
        assert!(
            faults.contains(&Fault::Overtook {
                lane: LANE,
                number: 1
            }),
            "{faults:?}"
        );
        assert!(
            faults.contains(&Fault::WentBack {
                lane: LANE,
                number: 0
            }),
            "{faults:?}"
        );
    }

    #[test]
    fn a_process_may_not_repeat_what_was_taken_from_it() {
        let faults = judge(&history(1, &[(0, 1, Taken), (0, 1, Taken)])).faults;
        assert_eq!(
            faults,
            [Fault::Unprovoked {
                lane: LANE,
                number: 0
            }]
        );
    }

    #[test]
    fn a_repeat_keeps_its_name() {
        let ledger = history(1, &[(0, 1, Taken)]);
        let mut renamed = arrival(0, 2, Taken);
        renamed
            .identity
            .as_mut()
            .expect("the desk has ids")
            .webhook_id = "msg_other".to_owned();
        ledger.arrive(LANE, renamed);
        assert_eq!(
            judge(&ledger).faults,
            [Fault::Renamed {
                lane: LANE,
                number: 0
            }]
        );
    }

    #[test]
    fn two_messages_do_not_share_a_name_and_seq_grows() {
        let ledger = history(2, &[(0, 1, Taken)]);
        let mut shared = arrival(1, 1, Taken);
        shared.identity = arrival(0, 1, Taken).identity;
        ledger.arrive(LANE, shared);
        let faults = judge(&ledger).faults;
        assert!(
            faults.contains(&Fault::SharedName {
                lane: LANE,
                number: 1
            }),
            "{faults:?}"
        );
        assert!(
            faults.contains(&Fault::SeqStoodStill {
                lane: LANE,
                number: 1
            }),
            "{faults:?}"
        );
    }

    #[test]
    fn two_calls_of_one_lane_may_not_be_under_way_at_once() {
        let ledger = history(2, &[]);
        let first = ledger.arrive(LANE, arrival(0, 1, Taken));
        ledger.arrive(LANE, arrival(1, 1, Taken));
        ledger.answer(first);
        assert_eq!(
            judge(&ledger).faults,
            [Fault::Overlapped {
                lane: LANE,
                number: 1
            }]
        );
    }
}
