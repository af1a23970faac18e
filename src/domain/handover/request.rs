//! A bot asks for an agent: a handover begins, or the one that is open is asked for again.

use super::{Guard, Outcome, turn::Turn};
use crate::domain::{
    conversation::{Answer, At, Handover, PauseState, Phase},
    delivery::Destination,
    effect::{Cancelled, Cause},
    event::Request,
    fallback::Choices,
    ids::HandoverId,
    policy::{ClosedBecause, PausedBecause},
    reason::Ours,
};

impl Turn<'_> {
    pub(super) fn requested(&mut self, request: &Request) -> Outcome {
        if self.conversation.erasing.is_some() {
            return self.requested_while_erasing();
        }
        match self.open().map(|open| open.phase) {
            Some(Phase::Closing) if self.has(Guard::RequestWhileClosing) => self.bot_speaks_again(),
            Some(_) if self.has(Guard::Attach) => return self.attach(request),
            Some(_) => self.end(Cause::Closed, Ours::Replaced.into()),
            None => {}
        }
        self.record_past(&request.transcript);
        self.hand_over(request)
    }

    fn attach(&mut self, request: &Request) -> Outcome {
        self.record_missed(&request.transcript);
        self.note(Cause::Attached, None);
        match self.open() {
            Some(open) => Outcome::Requested {
                handover: open.id,
                answer: open.answer,
            },
            None => Outcome::Closed,
        }
    }

    fn hand_over(&mut self, request: &Request) -> Outcome {
        let id = HandoverId::from_uuid(self.new_id());
        let first_order = self.conversation.next_order;
        self.begin_handover(id, request, Cause::Requested);
        if let Some(reason) = self.silent_bot() {
            self.end(Cause::Declined, reason.into());
        } else if let Some(question) = self.question() {
            self.look_up(question);
        } else {
            self.choose(None);
        }
        self.take_back_notices(first_order);
        let answer = self.open().map_or(Answer::Declined, |open| open.answer);
        Outcome::Requested {
            handover: id,
            answer,
        }
    }

    /// What the user was about to be told of a handover before this one, if there is one.
    pub(super) fn take_back_notices(&mut self, first_order: u64) {
        if self.open().is_some() {
            self.cancel(self.bot_lane(), Cancelled::NoticesBefore(first_order));
        }
    }

    /// In REQUESTED, with no desk asked.
    pub(super) fn begin_handover(&mut self, id: HandoverId, request: &Request, cause: Cause) {
        let now = self.context.now;
        let language = self.language();
        self.conversation.handover = Some(Handover {
            id,
            phase: Phase::Requested,
            answer: Answer::Pending,
            answered_at: None,
            paused_at: None,
            requested_at: now,
            phase_since: now,
            wake_at: now,
            language,
            payload: request.payload.clone(),
            options: serde_json::Map::new(),
            at: At::Nobody,
            fallbacks: Vec::new(),
            agent: None,
            last_agent: None,
            operator: None,
            unanswered_since: None,
            answering: None,
            unheard: None,
            unheard_part: None,
            missed: None,
            last_said_at: now,
            last_notice_at: None,
            last_notice: None,
            stalled_since: None,
            pause: PauseState::Paused,
            choices: Choices::default(),
            closing: None,
        });
        self.journal(Some(id), (None, Some(Phase::Requested)), cause, None);
    }

    /// Why this bot cannot be given an agent, if so. Without a way to reach the user, the agent would speak to nobody.
    /// A bot that is called too often only hears it a little later.
    pub(super) fn silent_bot(&self) -> Option<Ours> {
        if !self.bot().is_some_and(|bot| bot.enabled) {
            return Some(Ours::BotDisabled);
        }
        let bot = Destination::Bot(self.conversation.key.bot.clone());
        match self.context.conditions.closed.get(&bot)? {
            ClosedBecause::BreakerOpen => Some(Ours::BotDoesNotAnswer),
            ClosedBecause::Paused(PausedBecause::Refused) => Some(Ours::BotRefusesCalls),
            ClosedBecause::Paused(PausedBecause::RateLimited) | ClosedBecause::NoAgent => None,
        }
    }
}
