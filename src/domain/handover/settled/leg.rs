//! What came of a call to a desk.

use crate::domain::{
    conversation::{Answer, Phase},
    delivery::{Destination, Done, StepResult, Task},
    effect::{Cause, Effect, LegRow},
    event::Settled,
    handover::{owe::Way, turn::Turn},
    ids::{LegId, MessageId},
    reason::Ours,
    retry::ErrorClass,
    routing::Unavailable,
    time::Timestamp,
};

impl Turn<'_> {
    pub(super) fn leg_settled(&mut self, leg: LegId, settled: &Settled) {
        self.desk_heard(leg, settled);
        let open = self.open();
        let open = open.filter(|open| open.is_in(leg) && open.phase != Phase::Closing);
        let Some(open) = open else {
            return self.leg_settled_too_late(leg, settled);
        };
        let asked = open.phase == Phase::Requested;
        match (&settled.task, &settled.result) {
            (Task::Open { .. }, StepResult::Done(done)) => self.opened(done),
            (
                Task::Open { .. },
                StepResult::Delayed {
                    class,
                    ambiguous,
                    since,
                },
            ) => {
                self.open_delayed(*class, *ambiguous, *since);
            }
            (Task::Open { .. }, _) if asked => self.move_on(Cause::Refused, Ours::NotTaken.into()),
            (Task::Message { message, .. }, StepResult::Dead { .. }) => {
                self.desk_misses(*message);
                self.desk_moves();
                self.hold_the_place(*message);
            }
            (
                Task::Message { message, .. } | Task::Placeholder { message },
                StepResult::Dead { .. } | StepResult::Skipped,
            ) => {
                self.desk_misses(*message);
                self.desk_moves();
            }
            (_, StepResult::Delayed { since, .. }) => self.desk_stalls(*since),
            // A desk that has spoken has the conversation, whatever became of the open call.
            (Task::Open { .. }, _)
            | (_, StepResult::Done(_) | StepResult::Skipped | StepResult::Dead { .. }) => {
                self.desk_moves();
            }
            (_, StepResult::Gone) => self.desk_lost(),
        }
    }

    /// A message that goes in parts is heard with its last one; a line in its place stands for all of it. Of what an older
    /// version has cut the last one is not known. What was missed is heard if an operator has it told after all.
    fn desk_heard(&mut self, leg: LegId, settled: &Settled) {
        let (message, part) = match (&settled.result, &settled.task) {
            (StepResult::Done(_), Task::Message { message, part }) => (*message, *part),
            (StepResult::Done(_), Task::Placeholder { message }) => (*message, None),
            _ => return,
        };
        let open = self.open_mut();
        let Some(handover) = open.filter(|open| open.is_in(leg)) else {
            return;
        };
        let is_last = |last| part == Some(last);
        if handover.unheard == Some(message)
            && (part.is_none() || handover.unheard_part.is_none_or(is_last))
        {
            (handover.unheard, handover.unheard_part) = (None, None);
            handover.missed = None;
        }
        let is_whole = matches!(settled.task, Task::Message { part: None, .. });
        if is_whole && handover.missed == Some(message) {
            handover.missed = None;
        }
    }

    /// It will not be told of it again: the user is asked to repeat it if nothing more is heard before the end.
    fn desk_misses(&mut self, message: MessageId) {
        if let Some(handover) = self.open_mut()
            && handover.unheard == Some(message)
        {
            handover.missed = handover.unheard.take();
            handover.unheard_part = None;
        }
    }

    fn opened(&mut self, done: &Done) {
        let Some(handover) = self.open_mut() else {
            return;
        };
        let (id, phase) = (handover.id, handover.phase);
        let asked = phase == Phase::Requested;
        let Some(leg) = handover.leg_mut() else {
            return;
        };
        if let Some(reason) = &done.refused {
            // One that has shown that it has the leg refuses to have it twice.
            if leg.offer.is_taken() || !asked {
                leg.offer.taken();
                return self.desk_moves();
            }
            let reason = reason.as_str().into();
            return self.move_on(Cause::Refused, reason);
        }
        leg.offer.taken();
        leg.offered = None;
        leg.position = done.position;
        // Of two conversations the user is in the one in which an agent is.
        let settled_in =
            leg.offer.may_be_twice() && leg.reference.is_some() && phase == Phase::Attended;
        if done.reference.is_some() && !settled_in {
            leg.reference.clone_from(&done.reference);
        }
        let row = LegRow::of(id, leg, false);
        self.name_leg(&row, done.reference.as_ref());
        self.push(Effect::Leg(row));
        self.desk_moves();
        if asked {
            self.accept(Cause::Accepted);
            self.enter(Phase::Waiting, Cause::Accepted, None);
        }
    }

    fn open_delayed(&mut self, class: ErrorClass, ambiguous: bool, since: Timestamp) {
        let Some(handover) = self.open_mut() else {
            return;
        };
        let asked = handover.phase == Phase::Requested;
        let promised = handover.answer == Answer::Accepted;
        let Some(leg) = handover.leg_mut() else {
            return;
        };
        if leg.offer.is_taken() {
            // It has arrived, an earlier call or this one.
            return self.push(Effect::Withdraw);
        }
        if ambiguous {
            leg.offer.unanswered();
        }
        let not_called = matches!(
            class,
            ErrorClass::Certificate | ErrorClass::Unauthorized | ErrorClass::RateLimited
        );
        if asked
            && (not_called || class == ErrorClass::NotSent)
            && self.fall_back(Ours::Unreachable.into())
        {
            return;
        }
        if asked && not_called && !promised {
            return self.decline(Cause::Declined, Unavailable::Paused.into());
        }
        if ambiguous {
            self.put_off_open();
        }
        if promised {
            self.desk_stalls(since);
        }
    }

    /// A call to a desk whose part was over when it came back. It is not tried again, and an open call that may have
    /// succeeded is followed by one close.
    fn leg_settled_too_late(&mut self, leg: LegId, settled: &Settled) {
        match (&settled.task, &settled.result) {
            (Task::Open { .. }, StepResult::Done(done @ Done { refused: None, .. })) => {
                self.close_late(leg, settled, done.reference.clone());
            }
            (Task::Open { .. }, StepResult::Delayed { ambiguous, .. }) => {
                self.push(Effect::Withdraw);
                if *ambiguous {
                    self.close_late(leg, settled, None);
                }
            }
            (Task::Message { .. } | Task::Placeholder { .. }, StepResult::Delayed { .. }) => {
                self.push(Effect::Withdraw);
            }
            _ => {}
        }
        let open = self.open();
        if open.is_some_and(|open| open.is_in(leg) && open.newest_unheard().is_some()) {
            // What stood behind it is not sent any more.
            self.ask_to_write_again();
        }
    }

    fn close_late(&mut self, leg: LegId, settled: &Settled, reference: Option<String>) {
        let Destination::Desk(desk) = settled.destination.clone() else {
            return;
        };
        let row = LegRow {
            id: leg,
            handover: settled.handover,
            desk,
            reference,
            closed: true,
        };
        if !settled.leg_closed {
            self.owe_close(&row, settled);
        } else if row.reference.is_none() {
            return;
        }
        // A close that waits already is made with the name that this call has given.
        self.name_leg(&row, row.reference.as_ref());
        self.push(Effect::Leg(row));
    }

    fn owe_close(&mut self, leg: &LegRow, settled: &Settled) {
        let open = self.open().filter(|open| open.id == settled.handover);
        let reason = match open.map(|open| &open.closing) {
            Some(Some(closing)) => closing.reason.clone(),
            Some(None) => Ours::Moved.into(),
            None => Ours::Declined.into(),
        };
        let way = Way::to_leg(leg.id, leg.desk.clone(), leg.handover);
        self.deliver(way, Task::Close { reason }, false);
    }

    /// The desk does not know the conversation any more: it is opened there anew, once. It is not told that the lost
    /// one is over: the handover's id is the same, and it could take that for the new one.
    fn desk_lost(&mut self) {
        let Some(leg) = self.leg() else {
            return;
        };
        let (again, desk) = (leg.reopened, leg.desk.clone());
        self.nobody_is_at_the_desk();
        // It stands in the next offer, or the bot is told that nobody has answered it.
        self.push(Effect::Withdraw);
        self.note(Cause::DeskLost, Some(desk.to_string()));
        if again {
            return self.move_on(Cause::DeskLost, Ours::DeskLost.into());
        }
        self.forget_leg();
        self.open_leg(desk, true);
        let now = self.context.now;
        if let Some(handover) = self.open_mut() {
            handover.let_go();
            handover.stalled_since = Some(now);
        }
        self.enter(Phase::Requested, Cause::DeskLost, None);
    }

    /// A message that cannot be shown leaves a line where it would have stood, but none ahead of the offer.
    fn hold_the_place(&mut self, message: MessageId) {
        let Some(handover) = self.open() else {
            return;
        };
        let urgent = !handover.is_asked();
        if let Some(way) = Way::to_leg_of(handover) {
            self.deliver(way, Task::Placeholder { message }, urgent);
        }
    }

    fn desk_stalls(&mut self, since: Timestamp) {
        if let Some(handover) = self.open_mut() {
            handover.stalled_since.get_or_insert(since);
            if let Some(leg) = handover.leg_mut() {
                leg.failing = true;
            }
        }
    }

    /// It takes what is meant for it: whatever else waits has waited for nothing but its turn. While it has not taken the offer,
    /// what is given up behind that says nothing of it.
    pub(in crate::domain::handover) fn desk_moves(&mut self) {
        let now = self.context.now;
        let open = self.open_mut();
        if let Some(handover) = open.filter(|open| !open.is_asked()) {
            handover.stalled_since = handover.unheard.map(|_| now);
            if let Some(leg) = handover.leg_mut() {
                leg.failing = false;
            }
        }
    }
}
