//! What came of a call to the bot platform.

use crate::domain::{
    conversation::{Answer, Handover, Phase},
    delivery::{StepResult, Task},
    effect::{Cancelled, Effect, WarningKind},
    event::Settled,
    handover::{Guard, not_said::NotSaid, turn::Turn},
    retry::ErrorClass,
};

impl Turn<'_> {
    pub(super) fn bot_settled(&mut self, settled: &Settled) {
        self.give_up_with(settled);
        if self.open().is_none_or(|open| open.id != settled.handover) {
            return self.settled_too_late(settled);
        }
        let closing = self.closing_mut().is_some();
        match (&settled.task, &settled.result) {
            // The resume is behind it.
            (Task::Pause { .. }, StepResult::Delayed { .. }) if closing => {
                self.push(Effect::Withdraw);
            }
            (_, StepResult::Delayed { .. }) => {}
            (Task::Resume { .. }, StepResult::Gone) if self.has(Guard::ResumeWatched) => {
                self.session_gone();
            }
            (Task::Resume { index, .. }, StepResult::Dead { .. } | StepResult::Skipped) => {
                let subject = self.conversation.key.bot.to_string();
                self.warn(WarningKind::ResumeFailed, subject);
                self.resume_step_settled(*index, false);
            }
            (Task::Resume { index, .. }, _) => self.resume_step_settled(*index, true),
            (Task::Pause { index }, StepResult::Done(_)) => self.paused(*index),
            (Task::Pause { .. }, _) => self.pause_failed(),
            (Task::Say { .. }, StepResult::Gone) if !closing => {
                self.session_seems_gone(settled.task.unsaid());
            }
            (Task::Say { answer, .. }, StepResult::Done(_)) => self.answer_is_heard(*answer),
            (
                Task::Say { notice: false, .. },
                StepResult::Dead { .. } | StepResult::Skipped | StepResult::Gone,
            ) => self.say_failed(settled),
            _ => {}
        }
    }

    fn say_failed(&mut self, settled: &Settled) {
        if let Some(unsaid) = settled.task.unsaid() {
            if let Task::Say { answer, .. } = settled.task
                && unsaid.whole
            {
                self.answer_is_lost(answer);
            }
            self.tell_speaker(settled.handover, &unsaid, given_up(&settled.result));
        }
    }

    /// A message of which one part was given up is given up from there on. A session that is gone while somebody has the user
    /// takes all that waits with it.
    fn give_up_with(&mut self, settled: &Settled) {
        let open = self.open();
        let attended =
            open.is_some_and(|open| open.id == settled.handover && open.phase != Phase::Closing);
        let given_up = match settled.result {
            StepResult::Dead { .. } | StepResult::Skipped => true,
            StepResult::Gone => !attended,
            StepResult::Done(_) | StepResult::Delayed { .. } => false,
        };
        if let Task::Say {
            message,
            part: Some(_),
            ..
        } = settled.task
            && given_up
        {
            self.cancel(settled.lane, Cancelled::PartsOf(message));
        }
    }

    /// A call to the bot that was on its way when its handover ended.
    fn settled_too_late(&mut self, settled: &Settled) {
        let open = self.open();
        let promised = open.is_some_and(|open| open.answer == Answer::Accepted);
        let silenced = open.is_some_and(Handover::silences_bot);
        match (&settled.task, &settled.result) {
            (Task::Resume { .. }, StepResult::Delayed { ambiguous, .. }) if silenced => {
                self.push(Effect::Withdraw);
                if *ambiguous {
                    self.pause_bot();
                }
            }
            (
                Task::Resume {
                    contract,
                    stands_for_all: true,
                    ..
                },
                StepResult::Done(_),
            ) if !silenced => self.owe_the_other_steps(settled.handover, contract),
            // It has given the bot the word.
            (Task::Resume { .. }, StepResult::Done(_)) if silenced => self.pause_bot(),
            // It speaks of a handover before the one that is open.
            (Task::Say { notice: true, .. }, StepResult::Delayed { .. }) if open.is_some() => {
                self.push(Effect::Withdraw);
            }
            (Task::Pause { .. }, StepResult::Delayed { ambiguous, .. }) => {
                self.push(Effect::Withdraw);
                if *ambiguous && !promised {
                    self.undo_pause(settled.handover);
                }
            }
            (Task::Pause { .. }, StepResult::Done(_)) if !promised => {
                self.undo_pause(settled.handover);
            }
            (
                Task::Say {
                    speaker: Some(_), ..
                },
                StepResult::Dead { .. } | StepResult::Skipped | StepResult::Gone,
            ) => self.say_failed(settled),
            _ => {}
        }
    }
}

/// What a desk is told of its message that was not said.
fn given_up(result: &StepResult) -> NotSaid {
    match result {
        StepResult::Dead { class } => NotSaid::Failed(*class),
        StepResult::Gone => NotSaid::Failed(ErrorClass::Gone),
        _ => NotSaid::Skipped,
    }
}
