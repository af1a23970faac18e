//! A bot asks for an agent: how the request is opened, moved on and answered.

use super::{
    Guard, Outcome,
    choice::{Eligible, NextDesk},
    turn::Turn,
};
use crate::domain::{
    conversation::{Answer, Handover, Leg, PauseState, Phase},
    delivery::{Destination, Lane, Task},
    effect::{Cancelled, Cause, Effect, LegRow, WarningKind},
    event::Request,
    fallback::Choices,
    ids::{DeskName, HandoverId, LegId},
    policy::{ClosedBecause, Notice, PausedBecause, WhenUnsure},
};

impl Turn<'_> {
    pub(super) fn requested(&mut self, request: &Request) -> Outcome {
        if self.conversation.erasing.is_some() {
            return self.requested_while_erasing();
        }
        match self.conversation.handover.as_ref().map(|open| open.phase) {
            Some(Phase::Closing) if self.has(Guard::RequestWhileClosing) => self.bot_speaks_again(),
            Some(_) if self.has(Guard::Attach) => return self.attach(request),
            Some(_) => self.end(Cause::Closed, "replaced"),
            None => {}
        }
        self.record_past(&request.transcript);
        self.open(request)
    }

    /// The answer to the platform becomes `accepted`; the bot is paused by it or by its pause steps.
    pub(super) fn accept(&mut self, cause: Cause) {
        let now = self.context.now;
        let Some(handover) = &mut self.conversation.handover else {
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

    /// The desk of the present leg will not do: the next one is asked; without one, the request is declined or, where
    /// the bot has been promised an agent, the user is told and given back.
    pub(super) fn move_on(&mut self, cause: Cause, reason: &str) {
        if let NextDesk::Desk(desk) = self.next_desk(Eligible::InTime) {
            return self.change_leg(&desk, cause, reason);
        }
        self.close_for(cause, reason);
    }

    /// Asks another desk, if there is one. Says whether it did.
    pub(super) fn fall_back(&mut self, reason: &str) -> bool {
        match self.next_desk(Eligible::InTime) {
            NextDesk::Desk(desk) => {
                self.change_leg(&desk, Cause::FellBack, reason);
                true
            }
            NextDesk::TooLate | NextDesk::Nobody(_) => false,
        }
    }

    /// The time for an answer is over and no desk has said anything.
    pub(super) fn decide_unsure(&mut self) {
        if let NextDesk::Desk(desk) = self.next_desk(Eligible::AtOnce) {
            return self.change_leg(&desk, Cause::FellBack, "decide_within");
        }
        match self.context.policy.limits.when_unsure {
            WhenUnsure::Decline => self.decline(Cause::Declined, "undecided"),
            WhenUnsure::Accept => {
                self.accept(Cause::AcceptedInDoubt);
                self.enter(Phase::Requested, Cause::AcceptedInDoubt, None);
            }
        }
    }

    /// Opens a leg at this desk instead of the present one.
    pub(super) fn change_leg(&mut self, desk: &DeskName, cause: Cause, reason: &str) {
        self.close_leg(reason);
        self.offer_to(desk, cause);
    }

    /// A desk that has become the console's, or is the console's no more, is another one under its name: whoever is there now
    /// has nothing of the conversation.
    pub(super) fn follow_kind(&mut self) {
        let open = self.conversation.handover.as_ref();
        let open = open.filter(|open| open.phase != Phase::Closing && !self.is_looking_up());
        let Some(leg) = open.map(|open| &open.leg) else {
            return;
        };
        let desk = self.context.policy.desks.get(&leg.desk);
        if desk.is_some_and(|desk| desk.takes_at_once != leg.at_console) {
            let desk = leg.desk.clone();
            self.forget_leg();
            self.offer_to(&desk, Cause::DeskLost);
        }
    }

    fn offer_to(&mut self, desk: &DeskName, cause: Cause) {
        self.open_leg(desk.clone(), false);
        let (now, at_once) = (self.context.now, self.takes_at_once(desk));
        if let Some(handover) = &mut self.conversation.handover {
            handover.let_go();
            if at_once {
                handover.stalled_since = None;
            } else if handover.answer == Answer::Accepted {
                // However many desks are asked in turn, the user has waited since the first of them.
                handover.stalled_since.get_or_insert(now);
            }
        }
        if at_once {
            let open = self.conversation.handover.as_ref();
            if open.is_some_and(|open| open.answer == Answer::Pending) {
                self.note(Cause::Accepted, None);
            }
            self.accept(Cause::Accepted);
        }
        let phase = if at_once {
            Phase::Waiting
        } else {
            Phase::Requested
        };
        self.enter(phase, cause, Some(desk.to_string()));
    }

    /// Tells the present leg's desk that its part is over, if it may know of it, and sends it nothing else.
    pub(super) fn close_leg(&mut self, reason: &str) {
        if self.is_looking_up() {
            return;
        }
        let Some(handover) = &self.conversation.handover else {
            return;
        };
        let told = handover.leg.may_be_known();
        let row = LegRow::of(handover.id, &handover.leg, told);
        self.cancel(Lane::Leg(row.id), Cancelled::All);
        if told {
            self.owe_desk(Task::Close {
                reason: reason.to_owned(),
            });
        }
        self.push(Effect::Leg(row));
    }

    /// Opens a leg: the desk is owed the handover with everything said so far.
    pub(super) fn open_leg(&mut self, desk: DeskName, reopened: bool) {
        let at_once = self.takes_at_once(&desk);
        let id = LegId::from_uuid(self.new_id());
        let leg = Leg {
            opened: at_once,
            at_console: at_once,
            reopened,
            ..Leg::new(id, desk)
        };
        let upto = self.conversation.next_seq - 1;
        let Some(handover) = &mut self.conversation.handover else {
            return;
        };
        let row = LegRow::of(handover.id, &leg, false);
        let unheard = handover.take_unheard();
        handover.leg = leg;
        handover.leg.offered = unheard.filter(|_| !at_once);
        self.push(Effect::Leg(row));
        if !at_once {
            self.owe_desk(Task::Open { upto });
        }
    }

    pub(super) fn takes_at_once(&self, desk: &DeskName) -> bool {
        self.context
            .policy
            .desks
            .get(desk)
            .is_some_and(|desk| desk.takes_at_once)
    }

    fn attach(&mut self, request: &Request) -> Outcome {
        self.record_missed(&request.transcript);
        self.note(Cause::Attached, None);
        match &self.conversation.handover {
            Some(open) => Outcome::Requested {
                handover: open.id,
                answer: open.answer,
            },
            None => Outcome::Closed,
        }
    }

    fn open(&mut self, request: &Request) -> Outcome {
        let id = HandoverId::from_uuid(self.new_id());
        let Some(placeholder_desk) = self.context.policy.desks.keys().next().cloned() else {
            let subject = self.conversation.key.bot.to_string();
            self.warn(WarningKind::NoRoute, subject);
            self.note(Cause::Declined, Some("no_route".to_owned()));
            return Outcome::Requested {
                handover: id,
                answer: Answer::Declined,
            };
        };
        let first_order = self.conversation.next_order;
        self.begin_handover((id, placeholder_desk), request, Cause::Requested);
        if let Some(reason) = self.silent_bot() {
            self.end(Cause::Declined, reason);
        } else if let Some(question) = self.question() {
            self.look_up(question);
        } else {
            self.choose(None);
        }
        self.take_back_notices(first_order);
        let answer = self
            .conversation
            .handover
            .as_ref()
            .map_or(Answer::Declined, |open| open.answer);
        Outcome::Requested {
            handover: id,
            answer,
        }
    }

    /// What the user was about to be told of a handover before this one, if there is one.
    pub(super) fn take_back_notices(&mut self, first_order: u64) {
        if self.conversation.handover.is_some() {
            self.cancel(self.bot_lane(), Cancelled::NoticesBefore(first_order));
        }
    }

    /// In REQUESTED, with no desk asked. `placeholder_desk` stands where one has to be named.
    pub(super) fn begin_handover(
        &mut self,
        (id, placeholder_desk): (HandoverId, DeskName),
        request: &Request,
        cause: Cause,
    ) {
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
            leg: Leg::new(LegId::from_uuid(id.as_uuid()), placeholder_desk),
            fallbacks: Vec::new(),
            agent: None,
            last_agent: None,
            operator: None,
            unanswered_since: None,
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
            look_up: None,
        });
        self.journal(Some(id), (None, Some(Phase::Requested)), cause, None);
    }

    /// The bot keeps the user; its own dialog says so.
    pub(super) fn decline(&mut self, cause: Cause, reason: &str) {
        self.close_leg("declined");
        self.end(cause, reason);
    }

    /// The bot has been told that it keeps the user, so it does. If it was accepted by then, the bot may have been
    /// paused all the same, by a step or by what another request for the same handover was answered: it is resumed.
    /// Once an agent speaks with the user, the guard against a bot that speaks over the agent is what helps.
    pub(super) fn told_declined(&mut self, handover: Option<HandoverId>) -> Outcome {
        let unattended = self.conversation.handover.as_ref().is_some_and(|open| {
            Some(open.id) == handover && matches!(open.phase, Phase::Requested | Phase::Waiting)
        });
        if unattended {
            self.close_for(Cause::Declined, "told_declined");
        }
        self.taken()
    }

    /// Why this bot cannot be given an agent, if so. Without a way to reach the user, the agent would speak to nobody.
    /// A bot that is called too often only hears it a little later.
    pub(super) fn silent_bot(&self) -> Option<&'static str> {
        if !self.bot().is_some_and(|bot| bot.enabled) {
            return Some("bot_disabled");
        }
        let bot = Destination::Bot(self.conversation.key.bot.clone());
        match self.context.conditions.closed.get(&bot)? {
            ClosedBecause::BreakerOpen => Some("bot_does_not_answer"),
            ClosedBecause::Paused(PausedBecause::Refused) => Some("bot_refuses_calls"),
            ClosedBecause::Paused(PausedBecause::RateLimited) | ClosedBecause::NoAgent => None,
        }
    }
}
