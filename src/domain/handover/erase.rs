//! What is kept of a user is to go. Nobody is left with nobody over it: the handover ends as it always does, and the
//! store takes the rows away when nothing is owed any more.

use super::{Outcome, turn::Turn};
use crate::domain::{
    conversation::{Answer, Erasing},
    delivery::{StepResult, Task},
    effect::{Cause, WarningKind},
    event::Settled,
    ids::HandoverId,
    reason::Ours,
};

impl Turn<'_> {
    /// Ends the handover, if one is open, and owes the platform its part behind the resume. Asked again, it changes
    /// nothing, or adds a platform that has not been asked.
    pub(super) fn erase(&mut self, at_platform: bool) -> Outcome {
        if self.open().is_some() && self.closing_mut().is_none() {
            self.close_for(Cause::Erased, Ours::Erased.into());
        }
        let asked = self
            .conversation
            .erasing
            .is_some_and(|erasing| erasing.at_platform);
        self.conversation.erasing = Some(Erasing {
            at_platform: asked || (at_platform && self.forget_at_platform()),
        });
        self.taken()
    }

    /// A bot that asks for an agent speaks, so a resume that is under way is not needed; but no agent is asked.
    pub(super) fn requested_while_erasing(&mut self) -> Outcome {
        if self.closing_mut().is_some() {
            self.bot_speaks_again();
        }
        Outcome::Requested {
            handover: HandoverId::from_uuid(self.new_id()),
            answer: Answer::Declined,
        }
    }

    /// The platform has deleted what it kept, or never will by our asking.
    pub(super) fn forgotten(&mut self, settled: &Settled) {
        if let StepResult::Dead { .. } | StepResult::Skipped = settled.result {
            self.platform_keeps_it();
        }
    }

    /// Whether it is asked: nobody could where nobody knows the bot.
    fn forget_at_platform(&mut self) -> bool {
        if self.bot().is_none() {
            self.platform_keeps_it();
            return false;
        }
        let open = self.open().map(|open| open.id);
        let handover = open.unwrap_or_else(|| HandoverId::from_uuid(self.new_id()));
        self.owe_bot(handover, Task::Forget);
        true
    }

    fn platform_keeps_it(&mut self) {
        let subject = self.conversation.key.bot.to_string();
        self.warn(WarningKind::NotErased, subject);
    }
}
