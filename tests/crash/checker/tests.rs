//! One for each kind of fault.

use super::*;
use crate::ledger::{Damage, Identity, Side};

const LANE: LaneId = LaneId {
    conversation: 0,
    side: Side::User,
};

/// A ledger with `acked` acknowledged events, and these arrivals: number, process, answer. When another process comes,
/// the one before was killed.
fn history(acked: u32, arrivals: &[(u32, u32, Answer)]) -> Ledger {
    let ledger = Ledger::default();
    ledger.begin();
    for _ in 0..acked {
        ledger.write(LANE);
        ledger.acknowledge(LANE);
    }
    let mut alive = None;
    for &(number, process, answer) in arrivals {
        if let Some(before) = alive.replace(process).filter(|before| *before != process) {
            ledger.strike(before, Damage::Killed);
        }
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
            verdict.tally.repeats_after_strikes,
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
    ledger.strike(1, Damage::Killed);
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

/// Two processes that share the lane; 1 is struck after it has made its call of number 0.
fn struck(damage: Damage) -> Ledger {
    let ledger = history(2, &[(0, 1, Taken)]);
    ledger.strike(1, damage);
    ledger
}

fn comes(ledger: &Ledger, number: u32, process: u32) {
    let receipt = ledger.arrive(LANE, arrival(number, process, Taken));
    ledger.answer(receipt);
}

const UNPROVOKED: Fault = Fault::Unprovoked {
    lane: LANE,
    number: 0,
};

#[test]
fn nobody_repeats_what_a_healthy_process_has_made() {
    let ledger = history(1, &[(0, 1, Taken)]);
    comes(&ledger, 0, 2);
    assert_eq!(judge(&ledger).faults, [UNPROVOKED]);
}

#[test]
fn what_happens_to_a_process_explains_one_repeat_in_a_lane() {
    for damage in [Damage::Killed, Damage::Stalled] {
        let ledger = struck(damage);
        comes(&ledger, 0, 2);
        comes(&ledger, 1, 2);
        let verdict = judge(&ledger);
        assert_eq!(verdict.faults, []);
        assert_eq!(verdict.tally.repeats_after_strikes, 1);
        let ledger = struck(damage);
        comes(&ledger, 0, 2);
        comes(&ledger, 0, 2);
        comes(&ledger, 1, 2);
        assert_eq!(judge(&ledger).faults, [UNPROVOKED], "{damage:?}");
    }
}

#[test]
fn a_process_that_wakes_may_make_the_call_that_it_held_and_no_other() {
    let ledger = history(2, &[]);
    let stalled = ledger.strike(1, Damage::Stalled);
    comes(&ledger, 0, 2);
    ledger.heal(stalled);
    let late = ledger.arrive(LANE, arrival(0, 1, Taken));
    comes(&ledger, 1, 2);
    ledger.answer(late);
    assert_eq!(judge(&ledger).faults, []);
    comes(&ledger, 0, 1);
    let went_back = Fault::WentBack {
        lane: LANE,
        number: 0,
    };
    assert_eq!(judge(&ledger).faults, [went_back]);
}

#[test]
fn what_was_not_heard_may_be_asked_again() {
    let ledger = history(1, &[]);
    let deafened = ledger.strike(1, Damage::Deafened);
    for _ in 0..3 {
        comes(&ledger, 0, 1);
    }
    ledger.heal(deafened);
    comes(&ledger, 0, 1);
    assert_eq!(judge(&ledger).faults, []);
    comes(&ledger, 0, 1);
    assert_eq!(judge(&ledger).faults, [UNPROVOKED]);
}

#[test]
fn two_healthy_processes_do_not_share_a_lane() {
    let ledger = history(2, &[]);
    let first = ledger.arrive(LANE, arrival(0, 1, Taken));
    comes(&ledger, 1, 2);
    ledger.answer(first);
    let overlapped = Fault::Overlapped {
        lane: LANE,
        number: 1,
    };
    assert_eq!(judge(&ledger).faults, [overlapped]);
}
