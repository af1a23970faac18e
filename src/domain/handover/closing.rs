//! The way back: the desk is done, the bot is resumed, the user is the bot's again.

use std::ops::Range;

use super::{Outcome, not_said::NotSaid, owe::Way, timers, turn::Turn};
use crate::domain::{
    conversation::{Agent, Answer, Closing, Phase, ResumeContract},
    delivery::{Task, Unsaid},
    effect::{Cancelled, Cause, Effect, WarningKind},
    ids::HandoverId,
    policy::Notice,
    reason::{Ours, Reason},
    retry::ErrorClass,
};

impl Turn<'_> {
    /// The desk, or one of its agents, has closed it: it knows, and is told nothing more.
    pub(super) fn close_by_desk(&mut self, reason: Reason, by: Option<&Agent>) {
        let Some(open) = self.open_mut() else {
            return;
        };
        if let Some(agent) = by {
            let known = open.newest_agent().filter(|_| agent.name.is_none());
            open.agent = known.or(Some(agent)).cloned();
        }
        if open.leg().is_some_and(|leg| leg.reopened) {
            // What it has closed may be what it had before it was asked again.
            self.close_leg(reason.clone());
        } else {
            self.forget_leg();
        }
        self.resume(Cause::Closed, reason, self.farewell());
    }

    /// The bridge ends it, for a reason of its own: desk and user are told. A bot that was promised nothing has kept
    /// the user, so there it is a decline.
    pub(super) fn close_for(&mut self, cause: Cause, reason: Reason) {
        let open = self.open();
        if open.is_some_and(|open| open.answer == Answer::Pending) {
            return self.decline(cause, reason);
        }
        self.close_leg(reason.clone());
        self.resume(cause, reason, self.farewell());
    }

    /// A user whom an agent has had is not told that none is free.
    fn farewell(&self) -> Option<Notice> {
        let open = self.open()?;
        let had_one = open.newest_agent().is_some();
        Some(if had_one {
            Notice::Ended
        } else {
            Notice::Nobody
        })
    }

    /// The bot cannot be spoken to any more: its users are its own.
    pub(super) fn bot_removed(&mut self) -> Outcome {
        if self.open().is_some() {
            let subject = self.conversation.key.bot.to_string();
            self.warn(WarningKind::BotRemoved, subject);
            if self.closing_mut().is_none() {
                self.close_leg(Ours::BotRemoved.into());
            }
            self.owe_removed_bot();
            self.end(Cause::BotRemoved, Ours::BotRemoved.into());
        }
        self.taken()
    }

    /// A request has come while the bot was being resumed: it speaks, so what is left of the resume is not needed.
    pub(super) fn bot_speaks_again(&mut self) {
        self.cancel(self.bot_lane(), Cancelled::Resumes);
        self.end(Cause::BotSpeaksAgain, Ours::BotSpeaksAgain.into());
    }

    /// The resume step of this index is settled, and has reached the bot or not. With the last one the user is the bot's.
    pub(super) fn resume_step_settled(&mut self, index: usize, reached: bool) {
        let Some(closing) = self.closing_mut() else {
            return;
        };
        closing.reached |= reached;
        if closing.settled.contains(&index) {
            return;
        }
        closing.settled.push(index);
        closing.steps_left = closing.steps_left.saturating_sub(1);
        if closing.steps_left == 0 {
            self.resumed();
        }
    }

    /// The platform does not know the session any more, as a resume has found: nobody is left who could be stuck. Desks are
    /// told of their messages that were not said.
    pub(super) fn session_gone(&mut self) {
        self.cancel(self.bot_lane(), Cancelled::All);
        self.fail_unsaid(None, NotSaid::Failed(ErrorClass::Gone));
        self.end(Cause::Resumed, Ours::SessionGone.into());
    }

    /// So says the answer to a text. It may say so of something else, and the bot is paused: only a resume that is answered the
    /// same proves it. Desks are told of their messages that were not said, beginning with the one that found that out.
    pub(super) fn session_seems_gone(&mut self, found_by: Option<Unsaid>) {
        self.cancel(self.bot_lane(), Cancelled::All);
        self.fail_unsaid(found_by, NotSaid::Failed(ErrorClass::Gone));
        self.close_leg(Ours::SessionGone.into());
        self.resume(Cause::Closed, Ours::SessionGone.into(), None);
    }

    /// This and what waits does not reach the user any more. The desks whose agents said it are told, once of each message
    /// although it may be said in parts.
    fn fail_unsaid(&mut self, first: Option<Unsaid>, why: NotSaid) {
        let Some(handover) = self.open().map(|open| open.id) else {
            return;
        };
        let mut failed: Vec<Unsaid> = first.into_iter().collect();
        for unsaid in self.context.unsaid {
            if !failed.iter().any(|known| known.message == unsaid.message) {
                failed.push(unsaid.clone());
            }
        }
        for unsaid in &failed {
            self.tell_speaker(handover, unsaid, why);
        }
    }

    /// The desk whose agent said it is told that it was not heard, also if the handover is another's by now, or over. A desk
    /// that is asked later is not to read it as if the user had.
    pub(super) fn tell_speaker(&mut self, handover: HandoverId, unsaid: &Unsaid, why: NotSaid) {
        let message = unsaid.message;
        if unsaid.whole {
            self.push(Effect::Unsaid { message });
        }
        let failed = why.task(message);
        match &unsaid.speaker {
            Some(speaker) if !self.takes_at_once(&speaker.desk) => {
                let way = Way::to_leg(speaker.leg, speaker.desk.clone(), handover);
                self.deliver(way, failed, false);
            }
            Some(_) => {}
            None => self.owe_desk(failed),
        }
    }

    /// Nobody has seen what the user wrote: the user is told so, once.
    pub(super) fn ask_to_write_again(&mut self) {
        let first = self
            .closing_mut()
            .is_some_and(|closing| !std::mem::replace(&mut closing.user_wrote, true));
        if first {
            self.notify(Notice::EndedRepeat);
        }
    }

    pub(super) fn closing_mut(&mut self) -> Option<&mut Closing> {
        self.open_mut()
            .and_then(|handover| handover.closing.as_mut())
    }

    /// With what the user is told before, if anything.
    fn resume(&mut self, cause: Cause, reason: Reason, notice: Option<Notice>) {
        let lost = self.loses_what_was_said(cause);
        let repeat = lost && notice == Some(Notice::Ended);
        if let Some(notice) = notice {
            self.notify(if repeat { Notice::EndedRepeat } else { notice });
        }
        self.cancel(self.bot_lane(), Cancelled::Pauses);
        let now = self.context.now;
        let first_order = self.conversation.next_order;
        let dialog_state = self.resume_at.take();
        let Some(handover) = self.open_mut() else {
            return;
        };
        let why = Some(reason.to_string());
        let contract = ResumeContract {
            dialog_state,
            ..ResumeContract::of(handover, reason.clone(), now, lost)
        };
        handover.closing = Some(Closing {
            reason,
            since: now,
            user_wrote: repeat,
            alerted: false,
            steps_left: 0,
            settled: Vec::new(),
            reached: false,
            first_order,
            not_owed: Some(contract),
        });
        self.enter(Phase::Closing, cause, why);
        self.owe_resume();
    }

    /// Owes the steps by which the bot is resumed. Where the bot is not known they are left to a process that knows it: to
    /// count none of them would give the user to a bot that stays paused. If nobody knows it, its removal ends the handover.
    fn owe_resume(&mut self) {
        let Some(steps) = self.bot().map(|bot| bot.resume_steps) else {
            return;
        };
        let first_order = self.conversation.next_order;
        let Some(handover) = self.open_mut() else {
            return;
        };
        let id = handover.id;
        let Some(closing) = &mut handover.closing else {
            return;
        };
        let Some(contract) = closing.not_owed.take() else {
            return;
        };
        closing.steps_left = steps;
        closing.first_order = first_order;
        let reason = closing.reason.clone();
        self.owe_steps(id, 0..steps, &contract);
        if steps == 0 {
            // Nothing that could overtake what was said before it.
            self.end(Cause::Resumed, reason);
        }
    }

    /// Nobody here can resume this bot, and what it is owed is about to be given up. It stays silent until an operator has
    /// the first of its resume steps tried again, by a process that knows it: so that one is owed all the same.
    fn owe_removed_bot(&mut self) {
        let lost = self.loses_what_was_said(Cause::BotRemoved);
        let now = self.context.now;
        let Some(open) = self.open_mut() else {
            return;
        };
        let contract = match &mut open.closing {
            Some(closing) => closing.not_owed.take(),
            None if open.answer == Answer::Accepted => {
                Some(ResumeContract::of(open, Ours::BotRemoved.into(), now, lost))
            }
            None => None,
        };
        let id = open.id;
        if let Some(contract) = contract {
            let (index, stands_for_all) = (0, true);
            self.owe_bot(
                id,
                Task::Resume {
                    index,
                    contract,
                    stands_for_all,
                },
            );
        }
    }

    /// The first step of a bot that was gone has been tried again, and has succeeded.
    pub(super) fn owe_the_other_steps(&mut self, handover: HandoverId, contract: &ResumeContract) {
        let steps = self.bot().map_or(0, |bot| bot.resume_steps);
        self.owe_steps(handover, 1..steps, contract);
    }

    fn owe_steps(&mut self, handover: HandoverId, steps: Range<usize>, contract: &ResumeContract) {
        for index in steps {
            self.owe_bot(handover, Task::resume(index, contract));
        }
    }

    /// What a process that did not know the bot has not owed is owed by the first that does.
    pub(super) fn owe_what_nobody_owes(&mut self) {
        if self.pause_is_not_owed() {
            self.owe_pause();
            self.set_timer();
        }
        if self.resume_is_not_owed() {
            self.owe_resume();
            self.set_timer();
        }
    }

    /// Says when a timer must look. A pause or a resume that nobody has owed yet is due at once.
    pub(super) fn set_timer(&mut self) {
        let (now, policy) = (self.context.now, self.context.policy);
        let at_once = self.pause_is_not_owed() || self.resume_is_not_owed();
        if let Some(handover) = self.open_mut() {
            handover.wake_at = if at_once {
                now
            } else {
                timers::wake_at(handover, policy, now)
            };
        }
    }

    fn resume_is_not_owed(&self) -> bool {
        let closing = self.open().and_then(|open| open.closing.as_ref());
        closing.is_some_and(|closing| closing.not_owed.is_some())
    }

    /// Whether the desk did not take what the user has said, and will not now. Of a call that is on its way and has not
    /// failed yet it is not known, unless the desk has not taken the offer, or has just lost all of it. Where nothing
    /// resumes the bot the handover is over at once, and nobody would be left to say what came of the call.
    fn loses_what_was_said(&mut self, cause: Cause) -> bool {
        let ends_at_once = self.bot().is_some_and(|bot| bot.resume_steps == 0);
        let on_its_way = self.context.on_its_way;
        let Some(handover) = self.open_mut() else {
            return false;
        };
        let flies = handover.unheard.is_some()
            && handover.unheard == on_its_way
            && !handover.leg().is_some_and(|leg| leg.failing)
            && !ends_at_once;
        let in_vain = handover.phase == Phase::Requested
            || matches!(cause, Cause::Refused | Cause::DeskLost | Cause::DeskRemoved);
        (in_vain || !flies) && handover.take_unheard().is_some()
    }

    /// What agents said before a resume that went ahead of it is not said any more, and their desks are told so. If no step
    /// has reached the bot, it does not speak, and all of it is still to be said. What is still on its way to the desk counts
    /// as not heard: should it not arrive, the handover is over when that turns out.
    fn resumed(&mut self) {
        let Some(closing) = self.closing_mut() else {
            return;
        };
        let (order, reason) = (closing.first_order, closing.reason.clone());
        if closing.reached {
            self.cancel(self.bot_lane(), Cancelled::SaysBefore(order));
            self.fail_unsaid(None, NotSaid::Overtaken);
        }
        let open = self.open();
        if open.is_some_and(|open| open.newest_unheard().is_some()) {
            self.ask_to_write_again();
        }
        self.end(Cause::Resumed, reason);
    }
}
