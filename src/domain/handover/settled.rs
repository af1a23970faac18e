//! What came of a delivery, and what follows for the handover.

use super::{Guard, Outcome, turn::Turn};
use crate::domain::{
    conversation::{Answer, PauseState, Phase},
    delivery::{Destination, Done, Lane, StepResult, Task},
    effect::{Cause, Effect, LegRow, WarningKind},
    event::Settled,
    ids::{LegId, MessageId},
    retry::ErrorClass,
    time::Timestamp,
};

impl Turn<'_> {
    pub(super) fn settled(&mut self, settled: &Settled) -> Outcome {
        if let StepResult::Dead { .. } = settled.result {
            self.warn(WarningKind::DeadLetter, settled.handover.to_string());
            self.note(Cause::DeadLetter, Some(settled.task.kind().to_owned()));
        }
        match settled.lane {
            Lane::Bot(_) => self.bot_settled(settled),
            Lane::Leg(leg) => self.leg_settled(leg, settled),
        }
        self.taken()
    }

    fn bot_settled(&mut self, settled: &Settled) {
        if self
            .conversation
            .handover
            .as_ref()
            .is_none_or(|open| open.id != settled.handover)
        {
            return;
        }
        match (&settled.task, &settled.result) {
            (_, StepResult::Delayed { .. }) => {}
            (Task::Resume { .. }, StepResult::Gone) if self.has(Guard::ResumeWatched) => {
                self.session_gone();
            }
            (Task::Resume { .. }, StepResult::Dead { .. }) => {
                let subject = self.conversation.key.bot.to_string();
                self.warn(WarningKind::ResumeFailed, subject);
                self.resume_step_settled();
            }
            (Task::Resume { .. }, _) => self.resume_step_settled(),
            (Task::Pause { index }, StepResult::Done(_)) => self.paused(*index),
            (Task::Say { .. }, StepResult::Gone) => self.session_gone(),
            (
                Task::Say {
                    message,
                    notice: false,
                },
                StepResult::Dead { class },
            ) => {
                self.tell_desk_of_failure(*message, class.label());
            }
            (
                Task::Say {
                    message,
                    notice: false,
                },
                StepResult::Skipped,
            ) => {
                self.tell_desk_of_failure(*message, "skipped");
            }
            _ => {}
        }
    }

    fn leg_settled(&mut self, leg: LegId, settled: &Settled) {
        let current = self
            .conversation
            .handover
            .as_ref()
            .is_some_and(|open| open.leg.id == leg && open.phase != Phase::Closing);
        if !current {
            return self.late_open(leg, settled);
        }
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
            (Task::Open { .. }, _) => self.move_on(Cause::Refused, "not_taken"),
            (_, StepResult::Done(_)) => self.desk_moves(),
            (_, StepResult::Delayed { since, .. }) => self.desk_stalls(*since),
            (_, StepResult::Gone) => self.desk_lost(),
            (Task::Message { message }, StepResult::Dead { .. }) => self.hold_the_place(*message),
            _ => {}
        }
    }

    fn opened(&mut self, done: &Done) {
        if let Some(reason) = &done.refused {
            return self.move_on(Cause::Refused, reason);
        }
        let Some(handover) = &mut self.conversation.handover else {
            return;
        };
        handover.leg.opened = true;
        handover.leg.reference.clone_from(&done.reference);
        handover.leg.position = done.position;
        handover.stalled_since = None;
        let row = LegRow {
            id: handover.leg.id,
            handover: handover.id,
            desk: handover.leg.desk.clone(),
            reference: done.reference.clone(),
            closed: false,
        };
        let asked = handover.phase == Phase::Requested;
        self.push(Effect::Leg(row));
        if asked {
            self.accept(Cause::Accepted);
            self.enter(Phase::Waiting, Cause::Accepted, None);
        }
    }

    fn open_delayed(&mut self, class: ErrorClass, ambiguous: bool, since: Timestamp) {
        let Some(handover) = &mut self.conversation.handover else {
            return;
        };
        handover.leg.maybe_opened |= ambiguous;
        let asked = handover.phase == Phase::Requested;
        let promised = handover.answer == Answer::Accepted;
        if asked && class == ErrorClass::NotSent && self.fall_back("unreachable") {
            return;
        }
        if promised {
            self.desk_stalls(since);
        }
    }

    /// An open call has succeeded after the desk was given up: it is told that its part is over, once.
    fn late_open(&mut self, leg: LegId, settled: &Settled) {
        let StepResult::Done(done @ Done { refused: None, .. }) = &settled.result else {
            return;
        };
        let Task::Open { .. } = settled.task else {
            return;
        };
        if settled.leg_closed {
            return;
        }
        let moved = self
            .conversation
            .handover
            .as_ref()
            .is_some_and(|open| open.id == settled.handover);
        let reason = if moved { "moved" } else { "declined" };
        let Destination::Desk(desk) = settled.destination.clone() else {
            return;
        };
        let (lane, handover) = (Lane::Leg(leg), settled.handover);
        self.deliver(
            (lane, settled.destination.clone(), handover),
            Task::Close {
                reason: reason.to_owned(),
            },
            true,
        );
        self.push(Effect::Leg(LegRow {
            id: leg,
            handover,
            desk,
            reference: done.reference.clone(),
            closed: true,
        }));
    }

    /// The desk does not know the conversation any more: it is opened there anew, once.
    fn desk_lost(&mut self) {
        let Some(handover) = &self.conversation.handover else {
            return;
        };
        let (again, desk) = (handover.leg.reopened, handover.leg.desk.clone());
        self.note(Cause::DeskLost, Some(desk.to_string()));
        if again {
            return self.move_on(Cause::DeskLost, "desk_lost");
        }
        self.close_leg("lost");
        self.open_leg(desk, true);
        self.enter(Phase::Requested, Cause::DeskLost, None);
    }

    /// A message that cannot be shown leaves a line where it would have stood.
    fn hold_the_place(&mut self, message: MessageId) {
        let Some(handover) = &self.conversation.handover else {
            return;
        };
        let lane = (
            Lane::Leg(handover.leg.id),
            Destination::Desk(handover.leg.desk.clone()),
            handover.id,
        );
        self.deliver(lane, Task::Placeholder { message }, true);
    }

    fn tell_desk_of_failure(&mut self, message: MessageId, reason: &str) {
        let closing = self.closing_mut().is_some();
        if !closing {
            self.owe_desk(Task::Failed {
                message,
                reason: reason.to_owned(),
            });
        }
    }

    fn paused(&mut self, index: usize) {
        let last = self.bot().is_none_or(|bot| index + 1 >= bot.pause_steps);
        let Some(handover) = &mut self.conversation.handover else {
            return;
        };
        if last && handover.pause == PauseState::Pausing {
            handover.pause = PauseState::Paused;
            self.note(Cause::Paused, None);
        }
    }

    fn desk_stalls(&mut self, since: Timestamp) {
        if let Some(handover) = &mut self.conversation.handover {
            handover.stalled_since.get_or_insert(since);
        }
    }

    fn desk_moves(&mut self) {
        if let Some(handover) = &mut self.conversation.handover {
            handover.stalled_since = None;
        }
    }
}
