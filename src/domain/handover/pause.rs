//! Bots that are paused by calls of their own, not by the answer: when the calls are owed, and what becomes of them.
//!
//! They go ahead of all that waits for the bot, and none may go out behind a resume.

use super::turn::Turn;
use crate::domain::{
    conversation::{PauseState, Phase, ResumeContract},
    delivery::Task,
    effect::{Cancelled, Cause},
    ids::HandoverId,
    reason::Ours,
};

impl Turn<'_> {
    /// Owes the steps by which the bot is paused. Where the bot is not known they are left to a process that knows it.
    pub(super) fn pause_bot(&mut self) {
        let steps = self.bot().map(|bot| bot.pause_steps);
        let Some(handover) = self.open_mut() else {
            return;
        };
        if handover.pause == PauseState::Pausing {
            return;
        }
        let Some(steps) = steps else {
            handover.pause = PauseState::NotOwed;
            return;
        };
        if steps == 0 {
            return;
        }
        handover.pause = PauseState::Pausing;
        let id = handover.id;
        for index in 0..steps {
            // Nothing that waits for the bot from before may let it speak meanwhile.
            self.owe_bot_first(id, Task::Pause { index });
        }
    }

    /// The same where the answer to the platform does not pause it already.
    pub(super) fn pause_accepted(&mut self) {
        if !self.bot().is_some_and(|bot| bot.answer_pauses) {
            self.pause_bot();
        }
    }

    pub(super) fn owe_pause(&mut self) {
        if let Some(handover) = self.open_mut() {
            handover.pause = PauseState::Paused;
        }
        self.pause_accepted();
    }

    pub(super) fn pause_is_not_owed(&self) -> bool {
        self.open()
            .is_some_and(|open| open.pause == PauseState::NotOwed && open.phase != Phase::Closing)
    }

    pub(super) fn paused(&mut self, index: usize) {
        let now = self.context.now;
        let steps = self.bot().map_or(0, |bot| bot.pause_steps);
        let Some(handover) = self.open_mut() else {
            return;
        };
        let counts = match handover.pause {
            PauseState::Pausing => index + 1 >= steps,
            // An operator had it tried once more. The last of several steps says nothing about the others.
            PauseState::Failed => steps <= 1,
            PauseState::Paused | PauseState::NotOwed => false,
        };
        if counts {
            handover.pause = PauseState::Paused;
            handover.paused_at = Some(now);
            self.note(Cause::Paused, None);
        }
    }

    /// What follows on the step is not tried without it.
    pub(super) fn pause_failed(&mut self) {
        self.cancel(self.bot_lane(), Cancelled::Pauses);
        if let Some(handover) = self.open_mut() {
            handover.pause = PauseState::Failed;
        }
    }

    /// The bot has been silenced for a handover that is over, and nobody else would resume it.
    pub(super) fn undo_pause(&mut self, handover: HandoverId) {
        let contract = ResumeContract {
            reason: Ours::PausedTooLate.into(),
            agent: None,
            seconds: 0,
            unanswered: false,
            dialog_state: None,
        };
        for index in 0..self.bot().map_or(0, |bot| bot.resume_steps) {
            // No timer watches over it, so it must not stand behind a text that cannot go out.
            self.owe_bot_first(handover, Task::resume(index, &contract));
        }
    }
}
