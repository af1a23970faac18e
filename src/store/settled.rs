//! What a call has brought, and what follows from it once it is decided: the same whatever the database.

use std::time::Duration;

use super::DeliveryState;
use crate::domain::{
    conversation::Conversation,
    delivery::StepResult,
    effect::Effect,
    event::{Event, NamedLeg, Settled, TranscriptItem},
    ids::HandoverId,
    time::Timestamp,
};

/// How long an outcome waits before it is tried to be written again, while the disk is full or the database away.
pub(super) const SETTLE_AGAIN: Duration = Duration::from_millis(500);

/// What follows for the delivery itself, and for what has waited for its answer.
#[derive(Debug, Default)]
pub(super) struct Follows {
    /// It is not to be made again.
    pub(super) withdrawn: bool,
    /// The next attempt is not made before this.
    pub(super) put_off: Option<Timestamp>,
    /// A desk may tell of its conversation before it has answered the call that began it.
    pub(super) named: Vec<NamedLeg>,
}

impl Follows {
    pub(super) fn of(effects: &[Effect]) -> Self {
        let mut follows = Self::default();
        for effect in effects {
            match effect {
                Effect::Withdraw => follows.withdrawn = true,
                Effect::PutOff { until } => follows.put_off = follows.put_off.max(Some(*until)),
                Effect::Name(name) => follows.named.push(NamedLeg::from(name)),
                _ => {}
            }
        }
        follows
    }
}

/// What its conversation hears of an outcome. What had been called off by the time that its call failed is no dead letter.
pub(super) fn heard(result: StepResult, row: DeliveryState) -> StepResult {
    match result {
        StepResult::Dead { .. } if row == DeliveryState::Cancelled => StepResult::Skipped,
        result => result,
    }
}

/// What was found of the transcript. Too late, or not asked for, nothing of it is recorded, so nothing of it may be known
/// from now on.
pub(super) fn found<'r>(
    result: &'r mut StepResult,
    state: &Conversation,
    of: HandoverId,
) -> &'r mut [TranscriptItem] {
    let StepResult::Done(done) = result else {
        return &mut [];
    };
    let items = &mut done.found.transcript;
    let waits = state.looks_up(of);
    if !waits.is_some_and(|look_up| look_up.history) {
        items.clear();
    }
    items
}

/// The same of what has been decided.
pub(super) fn found_in(event: &Event) -> &[TranscriptItem] {
    match event {
        Event::Settled(Settled {
            result: StepResult::Done(done),
            ..
        }) => &done.found.transcript,
        _ => &[],
    }
}
