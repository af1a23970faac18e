//! Before a desk is asked the platform may be: what was said before, and the session data that a route looks at.
//!
//! A look-up is a help and never a condition. It is made once; when it fails, finds nothing or takes longer than its
//! share of `decide_within`, the request goes on without. Until then the handover has no desk: nothing is owed to one,
//! and one that spoke would not be heard. What is said meanwhile stands in the transcript behind what is found.

use std::fmt::Write as _;

use serde_json::Value;

use super::turn::{NewMessage, Turn};
use crate::domain::{
    conversation::{At, Handover, LookUp},
    delivery::{Destination, Found, StepResult, Task},
    effect::{Cancelled, Cause, Effect},
    event::{Settled, TranscriptItem},
    retry::ErrorClass,
};

/// Session data decides and is forgotten: it is the bot's, and nobody asked for it to be kept.
pub(super) type Session<'s> = Option<&'s Value>;

/// What is worth asking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    history: bool,
    session: bool,
}

/// Why nothing was found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Without {
    Failed(ErrorClass),
    /// By an operator, or since it was not needed any more.
    Skipped,
    /// It has taken longer than its share.
    Slow,
}

/// The first place in the transcript behind what a look-up may find.
const BEHIND_FOUND: u64 = Found::MOST + 1;

impl Turn<'_> {
    /// What the platform has to be asked before a desk can be; none where it would not be answered, or where no desk
    /// could take the handover whatever it said.
    pub(super) fn question(&self) -> Option<Question> {
        let bot = self.bot()?;
        let platform = Destination::Bot(self.conversation.key.bot.clone());
        if self.context.conditions.closed.contains_key(&platform) {
            return None;
        }
        let question = Question {
            history: bot.look_ups.history && self.conversation.next_seq == 1,
            session: bot.look_ups.session && self.waits_for_session(),
        };
        let decided = !question.session && !self.any_desk_takes_it();
        ((question.history || question.session) && !decided).then_some(question)
    }

    /// Asks the platform, ahead of whatever else waits for it.
    pub(super) fn look_up(&mut self, question: Question) {
        let Question { history, session } = question;
        let until = self
            .context
            .now
            .plus(self.context.policy.limits.decide_within / 2);
        let Some(handover) = self.open_mut() else {
            return;
        };
        handover.at = At::Platform(LookUp { history, until });
        let id = handover.id;
        self.owe_bot_first(id, Task::LookUp { history, session });
    }

    pub(super) fn looked_up(&mut self, settled: &Settled) {
        if let StepResult::Delayed { .. } = settled.result {
            self.push(Effect::Withdraw);
        }
        let Some(look_up) = self.conversation.looks_up(settled.handover) else {
            return;
        };
        match &settled.result {
            StepResult::Done(done) => self.found(look_up, &done.found),
            StepResult::Delayed { class, .. } | StepResult::Dead { class } => {
                self.go_on(Without::Failed(*class));
            }
            StepResult::Gone => self.go_on(Without::Failed(ErrorClass::Gone)),
            StepResult::Skipped => self.go_on(Without::Skipped),
        }
    }

    /// Goes on without what was asked for.
    pub(super) fn go_on(&mut self, without: Without) {
        self.stop_looking();
        self.note(Cause::LookedUp, Some(without.label().to_owned()));
        self.choose(None);
    }

    /// The answer, should there be one, is not waited for any more.
    pub(super) fn stop_looking(&mut self) {
        let Some(open) = self.open_mut().filter(|open| open.look_up().is_some()) else {
            return;
        };
        open.at = At::Nobody;
        self.cancel(self.bot_lane(), Cancelled::LookUps);
    }

    /// Leaves room in an empty transcript for what may be found.
    pub(super) fn leave_room(&mut self) {
        let look_up = self.open().and_then(Handover::look_up);
        let history = look_up.is_some_and(|look_up| look_up.history);
        if history && self.conversation.next_seq == 1 {
            self.conversation.next_seq = BEHIND_FOUND;
        }
    }

    fn found(&mut self, look_up: LookUp, found: &Found) {
        if let Some(open) = self.open_mut() {
            open.at = At::Nobody;
        }
        let count = if look_up.history {
            self.record_found(&found.transcript)
        } else {
            0
        };
        let mut detail = format!("messages: {count}");
        if found.session.is_some() {
            let _ = write!(detail, ", session data");
        }
        self.note(Cause::LookedUp, Some(detail));
        self.choose(found.session.as_ref());
    }

    /// Before what was said meanwhile, which left room for it, and without what is known. Says how many there were.
    fn record_found(&mut self, transcript: &[TranscriptItem]) -> usize {
        let fresh: Vec<_> = transcript
            .iter()
            .filter(|item| item.seen.is_none())
            .collect();
        let most = usize::try_from(Found::MOST).unwrap_or(usize::MAX);
        let newest = fresh.len().saturating_sub(most);
        let count = fresh.len() - newest;
        let next = self.conversation.next_seq;
        if next >= BEHIND_FOUND {
            let count = u64::try_from(count).unwrap_or(0);
            self.conversation.next_seq = BEHIND_FOUND.saturating_sub(count);
        }
        for item in fresh.into_iter().skip(newest) {
            self.record(&NewMessage {
                actor: item.actor,
                at: item.said.at,
                content: &item.said.content,
                raw: item.said.raw.as_deref(),
                late_for: None,
            });
        }
        self.conversation.next_seq = self.conversation.next_seq.max(next);
        count
    }
}

impl Without {
    const fn label(self) -> &'static str {
        match self {
            Self::Failed(class) => class.label(),
            Self::Skipped => "skipped",
            Self::Slow => "slow",
        }
    }
}
