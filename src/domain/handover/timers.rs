//! Deadlines: when a timer must look at a handover, and what it does when it looks.

use std::time::Duration;

use super::{Guard, Outcome, look_up::Without, notice::words, turn::Turn};
use crate::domain::{
    conversation::{Answer, Handover, Phase},
    effect::{Cancelled, Cause, Effect, WarningKind},
    ids::MessageId,
    policy::{Limits, Notice, Policy},
    reason::Ours,
    time::Timestamp,
};

/// A user who waits for an agent is first told after this, then once a window.
const WAITING_NOTICE: Duration = Duration::from_mins(2);
/// A user whose message the desk does not take is first told after this, then once a window.
const RECONNECTING_NOTICE: Duration = Duration::from_mins(1);
/// One notice per window, however much goes wrong in it.
const NOTICE_WINDOW: Duration = Duration::from_mins(5);
/// A late resume is not looked after more often than this, whatever the configured limit.
const RESUME_LOOK: Duration = Duration::from_secs(30);

/// The next moment at which something is due, or was. Never absent: a handover without one could be forgotten.
pub(super) fn wake_at(handover: &Handover, policy: &Policy, now: Timestamp) -> Timestamp {
    let limits = &policy.limits;
    let end = handover.requested_at.plus(limits.max_duration);
    let due = match handover.phase {
        Phase::Requested if handover.answer == Answer::Pending => {
            let decided = handover.requested_at.plus(limits.decide_within);
            let look_up = handover.look_up();
            look_up.map_or(decided, |look_up| look_up.until.min(decided))
        }
        Phase::Requested => handover.phase_since.plus(limits.request).min(end),
        Phase::Waiting => waits_until(handover, limits),
        Phase::Attended => handover.last_said_at.plus(limits.idle).min(end),
        Phase::Closing => {
            let closing = handover.closing.as_ref();
            let since = closing.map_or(handover.phase_since, |closing| closing.since);
            let alerted = closing.is_some_and(|closing| closing.alerted);
            if alerted {
                now.plus(limits.closing.max(RESUME_LOOK))
            } else {
                since.plus(limits.closing)
            }
        }
        Phase::Unknown => now,
    };
    let due = notice_due(handover, policy).map_or(due, |(at, _)| at.min(due));
    let comes_soon = now < handover.wake_at && handover.wake_at <= now.plus(RECONNECTING_NOTICE);
    // Of a text that has been heard meanwhile: to move it away, and back with the next text, would be written with each.
    if comes_soon && matches!(handover.phase, Phase::Waiting | Phase::Attended) {
        due.min(handover.wake_at)
    } else {
        due
    }
}

/// When a user for whom nobody has come is no longer made to wait.
pub fn waits_until(handover: &Handover, limits: &Limits) -> Timestamp {
    let end = handover.requested_at.plus(limits.max_duration);
    handover.phase_since.plus(limits.waiting).min(end)
}

/// The notice that the user will be owed next, and when. One without words now is passed over: its window would keep
/// another from being told.
fn notice_due(handover: &Handover, policy: &Policy) -> Option<(Timestamp, Notice)> {
    let promised = handover.answer == Answer::Accepted;
    let open = matches!(
        handover.phase,
        Phase::Requested | Phase::Waiting | Phase::Attended
    );
    if !promised || !open {
        return None;
    }
    let stalled = handover
        .stalled_since
        .map(|since| (since.plus(RECONNECTING_NOTICE), Notice::Reconnecting));
    let waiting = (handover.phase == Phase::Waiting)
        .then(|| (handover.phase_since.plus(WAITING_NOTICE), Notice::Waiting));
    let away = handover
        .unanswered_since
        .filter(|_| handover.phase == Phase::Attended)
        .map(|since| (since.plus(policy.limits.unanswered), Notice::Away));
    let window = handover.last_notice_at.map(|last| last.plus(NOTICE_WINDOW));
    let next =
        |(at, notice): (Timestamp, Notice)| (window.map_or(at, |window| at.max(window)), notice);
    // Of two that fall due together the first here is told: it says more.
    [stalled, away, waiting]
        .into_iter()
        .flatten()
        .filter(|(_, notice)| words(handover, *notice, &policy.texts).is_some())
        .map(next)
        .min_by_key(|(at, _)| *at)
}

impl Turn<'_> {
    pub(super) fn timer_fired(&mut self) -> Outcome {
        let (now, limits) = (self.context.now, self.context.policy.limits);
        let open = self.open();
        let due = open
            .filter(|open| open.wake_at <= now)
            .map(|open| open.phase);
        match due {
            Some(Phase::Closing) => self.resume_is_late(),
            Some(phase) => self.look(phase, now, &limits),
            None => {}
        }
        self.taken()
    }

    fn look(&mut self, phase: Phase, now: Timestamp, limits: &Limits) {
        let Some(handover) = self.open() else {
            return;
        };
        let look_up = handover.look_up();
        let pending = handover.answer == Answer::Pending;
        let over = now >= handover.requested_at.plus(limits.max_duration);
        let asked_too_long = now >= handover.phase_since.plus(limits.request);
        let waited_too_long = now >= handover.phase_since.plus(limits.waiting);
        let idle = now >= handover.last_said_at.plus(limits.idle);
        match phase {
            Phase::Requested if look_up.is_some() => {
                if look_up.is_some_and(|look_up| now >= look_up.until) {
                    self.go_on(Without::Slow);
                }
            }
            Phase::Requested if pending => {
                if now >= handover.requested_at.plus(limits.decide_within)
                    && self.has(Guard::RequestDeadline)
                {
                    self.decide_unsure();
                }
            }
            _ if over => self.close_for(Cause::TimedOut, Ours::MaxDuration.into()),
            Phase::Requested if asked_too_long && self.has(Guard::RequestDeadline) => {
                self.move_on(Cause::TimedOut, Ours::RequestLimit.into());
                self.tell_what_is_due(now);
            }
            Phase::Waiting if waited_too_long && self.has(Guard::WaitingLimit) => {
                self.move_on(Cause::TimedOut, Ours::WaitingLimit.into());
            }
            Phase::Attended if idle && self.has(Guard::IdleClose) => {
                self.close_for(Cause::TimedOut, Ours::IdleLimit.into());
            }
            _ => self.tell_what_is_due(now),
        }
    }

    fn tell_what_is_due(&mut self, now: Timestamp) {
        let policy = self.context.policy;
        let Some(handover) = self.open_mut() else {
            return;
        };
        let Some((at, notice)) = notice_due(handover, policy) else {
            return;
        };
        if at > now {
            return;
        }
        handover.last_notice_at = Some(now);
        if notice == Notice::Away && !self.has(Guard::UnansweredNotice) {
            return;
        }
        self.note(Cause::Notified, Some(notice.to_string()));
        // The last one of these is not sent beside this one, if it could not be sent yet. What else the user was told stays.
        let last = self.last_notice_mut().and_then(Option::take);
        if let Some(message) = last {
            self.cancel(self.bot_lane(), Cancelled::Notice(message));
        }
        let told = self.notify(notice);
        if let Some(last) = self.last_notice_mut() {
            *last = told;
        }
    }

    fn last_notice_mut(&mut self) -> Option<&mut Option<MessageId>> {
        self.open_mut().map(|open| &mut open.last_notice)
    }

    /// The resume goes on; an operator is told once, and nothing stands in its way any more.
    fn resume_is_late(&mut self) {
        let Some(closing) = self.closing_mut() else {
            return;
        };
        let first = !std::mem::replace(&mut closing.alerted, true);
        if first && self.has(Guard::ResumeWatched) {
            let subject = self.conversation.key.bot.to_string();
            self.warn(WarningKind::ResumeLate, subject);
            self.note(Cause::ResumeLate, None);
        }
        if self.has(Guard::ControlBypass) {
            let lane = self.bot_lane();
            self.push(Effect::Hurry { lane });
        }
    }
}
