//! Desks that do not know our ids: what they tell is about a leg, by the desk's own id of the conversation.
//!
//! Such a desk cannot be asked whether it has a conversation, so its events are also the proof that a call arrived whose
//! answer was lost. Where a call was made twice all the same, it may have two conversations of one leg.

use super::{Outcome, not_said::NotSaid, owe::Way, turn::Turn};
use crate::domain::{
    conversation::Phase,
    delivery::Lane,
    effect::{Cancelled, Cause, Effect, LegName, LegRow},
    event::{AgentSaid, DeskEvent, NamedLeg},
};

impl Turn<'_> {
    pub(super) fn leg_told(&mut self, leg: Option<&NamedLeg>, event: &DeskEvent) -> Outcome {
        let Some(leg) = leg else {
            return Outcome::Closed;
        };
        if let Some(reference) = leg.reference.clone().filter(|_| leg.is_new) {
            self.push(Effect::Name(LegName {
                leg: leg.id,
                handover: leg.handover,
                desk: leg.desk.clone(),
                reference,
            }));
        }
        let open = self.open().is_some_and(|open| open.is_in(leg.id))
            && self.conversation.desk().is_some();
        if open {
            self.learn_reference(leg.reference.as_deref());
            if self.is_other_conversation(leg.reference.as_deref())
                && !self.moves_to_conversation(leg.reference.as_deref(), event)
            {
                return self.other_conversation_told(leg, event);
            }
            self.proves_open(event);
        }
        match event {
            DeskEvent::Said(said) if !open => self.leg_said_late(leg, said),
            _ => self.hear_desk(leg.handover, open, event),
        }
    }

    fn leg_said_late(&mut self, leg: &NamedLeg, said: &AgentSaid) -> Outcome {
        if let Some(message) = self.agent_said_late(leg.handover, said)
            && said.tell_if_late
        {
            let way = Way::to_leg(leg.id, leg.desk.clone(), leg.handover);
            self.deliver(way, NotSaid::Closed.task(message), false);
        }
        Outcome::Closed
    }

    /// The call that offers the leg has arrived, whatever became of its answer. It is not made again.
    fn proves_open(&mut self, event: &DeskEvent) {
        let Some(leg) = self.leg_mut() else {
            return;
        };
        if !leg.offer.is_taken() {
            leg.offer.taken();
            let lane = Lane::Leg(leg.id);
            self.desk_moves();
            self.cancel(lane, Cancelled::Opens);
        }
        if !matches!(event, DeskEvent::Closed { .. }) {
            self.desk_shows_it_has_it();
        }
    }

    /// The first one counts: later calls are made with it.
    fn learn_reference(&mut self, reference: Option<&str>) {
        let known = self.leg().is_some_and(|leg| leg.reference.is_some());
        if let Some(reference) = reference.filter(|_| !known) {
            self.call_leg(reference);
        }
    }

    fn call_leg(&mut self, reference: &str) {
        if let Some(leg) = self.leg_mut() {
            leg.reference = Some(reference.to_owned());
        }
        if let Some(row) = self.leg_row(false) {
            self.push(Effect::Leg(row));
        }
    }

    /// Only a call that was made twice leaves two of them; else the desk just has two names for one.
    fn is_other_conversation(&self, reference: Option<&str>) -> bool {
        self.leg().is_some_and(|leg| {
            leg.offer.may_be_twice() && reference.is_some() && leg.reference.as_deref() != reference
        })
    }

    /// The one in which an agent shows up first is the one that the user is brought to.
    fn moves_to_conversation(&mut self, reference: Option<&str>, event: &DeskEvent) -> bool {
        let shows_up = match event {
            DeskEvent::Joined(_) => true,
            DeskEvent::Said(said) => !said.automatic,
            DeskEvent::Typing | DeskEvent::Transferred { .. } | DeskEvent::Closed { .. } => false,
        };
        let open = self.open();
        let attended = open.is_some_and(|open| open.phase == Phase::Attended);
        let moves = shows_up && !attended;
        if let Some(reference) = reference.filter(|_| moves) {
            self.call_leg(reference);
        }
        moves
    }

    /// What is said there is the agent's all the same. What else happens there happens to no user.
    fn other_conversation_told(&mut self, leg: &NamedLeg, event: &DeskEvent) -> Outcome {
        self.proves_open(event);
        match event {
            DeskEvent::Said(_) => self.hear_desk(leg.handover, true, event),
            DeskEvent::Typing => self.taken(),
            DeskEvent::Joined(_) | DeskEvent::Transferred { .. } | DeskEvent::Closed { .. } => {
                self.note(Cause::OtherConversation, None);
                self.taken()
            }
        }
    }

    /// From now on the desk's events are known by this.
    pub(super) fn name_leg(&mut self, row: &LegRow, reference: Option<&String>) {
        if let Some(reference) = reference {
            self.push(Effect::Name(LegName {
                leg: row.id,
                handover: row.handover,
                desk: row.desk.clone(),
                reference: reference.clone(),
            }));
        }
    }

    /// A desk that would take the same call for another conversation is given the time to show that it has this one.
    pub(super) fn put_off_open(&mut self) {
        let leg = self.leg();
        let desk = leg.and_then(|leg| self.context.policy.desks.get(&leg.desk));
        let after = desk.map(|desk| desk.reopen_after).unwrap_or_default();
        if !after.is_zero() {
            let until = self.context.now.plus(after);
            self.push(Effect::PutOff { until });
        }
    }
}
