//! From desk to desk: which one has the present leg, and what becomes of the one before.

use super::{
    Guard, Outcome,
    choice::{Eligible, NextDesk},
    turn::Turn,
};
use crate::domain::{
    conversation::{Answer, At, Handover, Leg, Phase},
    delivery::{Lane, Task},
    effect::{Cancelled, Cause, Effect, LegRow, WarningKind},
    ids::{DeskName, LegId},
    reason::Reason,
    routing::Unavailable,
};

impl Turn<'_> {
    /// The desk of the present leg will not do: the next one is asked; without one, the request is declined or, where
    /// the bot has been promised an agent, the user is told and given back.
    pub(super) fn move_on(&mut self, cause: Cause, reason: Reason) {
        if let NextDesk::Desk(desk) = self.next_desk(Eligible::InTime) {
            return self.change_leg(&desk, cause, reason);
        }
        self.close_for(cause, reason);
    }

    /// Asks another desk, if there is one. Says whether it did.
    pub(super) fn fall_back(&mut self, reason: Reason) -> bool {
        match self.next_desk(Eligible::InTime) {
            NextDesk::Desk(desk) => {
                self.change_leg(&desk, Cause::FellBack, reason);
                true
            }
            NextDesk::TooLate | NextDesk::Nobody(_) => false,
        }
    }

    /// Opens a leg at this desk instead of the present one.
    pub(super) fn change_leg(&mut self, desk: &DeskName, cause: Cause, reason: Reason) {
        self.close_leg(reason);
        self.offer_to(desk, cause);
    }

    /// A desk that has become the console's, or is the console's no more, is another one under its name: whoever is there now
    /// has nothing of the conversation.
    pub(super) fn follow_kind(&mut self) {
        let open = self.open().filter(|open| open.phase != Phase::Closing);
        let Some(leg) = open.and_then(Handover::leg) else {
            return;
        };
        let desk = self.context.policy.desks.get(&leg.desk);
        if desk.is_some_and(|desk| desk.takes_at_once != leg.at_console) {
            let desk = leg.desk.clone();
            self.forget_leg();
            self.offer_to(&desk, Cause::DeskLost);
        }
    }

    pub(super) fn desk_removed(&mut self, desk: &DeskName) -> Outcome {
        let concerned = self.conversation.desk() == Some(desk);
        if concerned && self.has(Guard::DeskRemoved) {
            self.warn(WarningKind::DeskRemoved, desk.to_string());
            self.nobody_is_at_the_desk();
            self.move_on(Cause::DeskRemoved, Unavailable::Gone.into());
        }
        self.taken()
    }

    fn offer_to(&mut self, desk: &DeskName, cause: Cause) {
        self.open_leg(desk.clone(), false);
        let (now, at_once) = (self.context.now, self.takes_at_once(desk));
        if let Some(handover) = self.open_mut() {
            handover.let_go();
            if at_once {
                handover.stalled_since = None;
            } else if handover.answer == Answer::Accepted {
                // However many desks are asked in turn, the user has waited since the first of them.
                handover.stalled_since.get_or_insert(now);
            }
        }
        if at_once {
            let open = self.open();
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

    /// Opens a leg: the desk is owed the handover with everything said so far.
    pub(super) fn open_leg(&mut self, desk: DeskName, reopened: bool) {
        let at_once = self.takes_at_once(&desk);
        let id = LegId::from_uuid(self.new_id());
        let mut leg = Leg {
            at_console: at_once,
            reopened,
            ..Leg::new(id, desk)
        };
        if at_once {
            leg.offer.taken();
        }
        let upto = self.conversation.next_seq - 1;
        let Some(handover) = self.open_mut() else {
            return;
        };
        let row = LegRow::of(handover.id, &leg, false);
        leg.offered = handover.take_unheard().filter(|_| !at_once);
        handover.at = At::Desk(leg);
        self.push(Effect::Leg(row));
        if !at_once {
            self.owe_desk(Task::Open { upto });
        }
    }

    /// Tells the present leg's desk that its part is over, if it may know of it, and sends it nothing else.
    pub(super) fn close_leg(&mut self, reason: Reason) {
        let told = self.leg().is_some_and(|leg| leg.offer.may_be_known());
        let Some(row) = self.leg_row(told) else {
            return;
        };
        self.cancel(Lane::Leg(row.id), Cancelled::All);
        if told {
            self.owe_desk(Task::Close { reason });
        }
        self.push(Effect::Leg(row));
    }

    /// The desk's part is over, and it need not be told.
    pub(super) fn forget_leg(&mut self) {
        let Some(row) = self.leg_row(true) else {
            return;
        };
        self.cancel(Lane::Leg(row.id), Cancelled::All);
        self.push(Effect::Leg(row));
    }

    /// The present leg as it is kept.
    pub(super) fn leg_row(&self, closed: bool) -> Option<LegRow> {
        let handover = self.open()?;
        Some(LegRow::of(handover.id, handover.leg()?, closed))
    }

    /// It knows nothing of the leg, or of anything: nobody is to be told that its part is over.
    pub(super) fn nobody_is_at_the_desk(&mut self) {
        if let Some(leg) = self.leg_mut() {
            leg.offer.disowned();
        }
    }

    pub(super) fn takes_at_once(&self, desk: &DeskName) -> bool {
        self.context
            .policy
            .desks
            .get(desk)
            .is_some_and(|desk| desk.takes_at_once)
    }
}
