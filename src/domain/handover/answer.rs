//! What the bot platform is answered that has asked for an agent. It is decided once.

use std::time::Duration;

use super::{
    Outcome,
    choice::{Eligible, NextDesk},
    turn::Turn,
};
use crate::domain::{
    conversation::{Answer, Phase},
    effect::{Cancelled, Cause},
    ids::HandoverId,
    policy::{Notice, WhenUnsure},
    reason::{Ours, Reason},
};

impl Turn<'_> {
    /// The answer to the platform becomes `accepted`; the bot is paused by it or by its pause steps.
    pub(super) fn accept(&mut self, cause: Cause) {
        let now = self.context.now;
        let Some(handover) = self.open_mut() else {
            return;
        };
        if handover.answer != Answer::Pending {
            return;
        }
        handover.answer = Answer::Accepted;
        handover.answered_at = Some(now);
        handover.paused_at = Some(now);
        if cause == Cause::AcceptedInDoubt {
            handover.stalled_since.get_or_insert(now);
        }
        // Of an earlier handover. It would give the bot the word again.
        self.cancel(self.bot_lane(), Cancelled::Resumes);
        self.pause_accepted();
        self.notify(Notice::HandingOver);
    }

    /// The bot keeps the user; its own dialog says so.
    pub(super) fn decline(&mut self, cause: Cause, reason: Reason) {
        self.close_leg(Ours::Declined.into());
        self.end(cause, reason);
    }

    /// The time for an answer is over and no desk has said anything.
    pub(super) fn decide_unsure(&mut self) {
        if let NextDesk::Desk(desk) = self.next_desk(Eligible::AtOnce) {
            return self.change_leg(&desk, Cause::FellBack, Ours::DecideWithin.into());
        }
        match self.context.policy.limits.when_unsure {
            WhenUnsure::Decline => self.decline(Cause::Declined, Ours::Undecided.into()),
            WhenUnsure::Accept => {
                self.accept(Cause::AcceptedInDoubt);
                self.enter(Phase::Requested, Cause::AcceptedInDoubt, None);
            }
        }
    }

    /// The bot has been told that it keeps the user, so it does. If it was accepted by then, the bot may have been
    /// paused all the same, by a step or by what another request for the same handover was answered: it is resumed.
    /// Once an agent speaks with the user, the guard against a bot that speaks over the agent is what helps.
    pub(super) fn told_declined(&mut self, handover: Option<HandoverId>) -> Outcome {
        let unattended = self.open().is_some_and(|open| {
            Some(open.id) == handover && matches!(open.phase, Phase::Requested | Phase::Waiting)
        });
        if unattended {
            self.close_for(Cause::Declined, Ours::ToldDeclined.into());
        }
        self.taken()
    }

    /// What a call has repeated was there before it.
    pub(super) fn repeat_told_declined(
        &mut self,
        handover: Option<HandoverId>,
        ago: Duration,
    ) -> Outcome {
        let now = self.context.now;
        let before = self
            .open()
            .is_some_and(|open| open.requested_at <= now.minus(ago));
        self.told_declined(handover.filter(|_| before))
    }
}
