//! What a desk tells: an agent joined, moved it on, or closed it.

use super::{Outcome, turn::Turn};
use crate::domain::{
    conversation::{Agent, Answer, PauseState, Phase},
    effect::Cause,
    event::DeskEvent,
    ids::{DeskName, HandoverId},
    policy::Notice,
    reason::{Ours, Reason},
};

impl Turn<'_> {
    pub(super) fn desk_told(
        &mut self,
        handover: HandoverId,
        desk: &DeskName,
        event: &DeskEvent,
    ) -> Outcome {
        let open = self.open().is_some_and(|open| open.id == handover)
            && self.conversation.desk() == Some(desk);
        self.hear_desk(handover, open, event)
    }

    /// `open`: it speaks of the leg that the handover has now.
    pub(super) fn hear_desk(
        &mut self,
        handover: HandoverId,
        open: bool,
        event: &DeskEvent,
    ) -> Outcome {
        match event {
            DeskEvent::Said(said) if open => self.agent_said(said),
            DeskEvent::Said(said) => {
                self.agent_said_late(handover, said);
                Outcome::Closed
            }
            _ if !open => Outcome::Closed,
            DeskEvent::Joined(agent) => {
                self.desk_shows_it_has_it();
                self.join(Some(agent));
                self.taken()
            }
            DeskEvent::Typing => self.taken(),
            DeskEvent::Transferred { to } => {
                self.desk_shows_it_has_it();
                self.transferred(to.clone());
                self.taken()
            }
            DeskEvent::Closed { reason, by } => {
                let reason = reason.as_deref().map_or(Ours::Closed.into(), Reason::from);
                self.desk_closed(reason, by.as_ref());
                self.taken()
            }
        }
    }

    /// What an agent closes, an agent has had, whatever the bridge was told of it.
    fn desk_closed(&mut self, reason: Reason, by: Option<&Agent>) {
        if by.is_some() {
            self.desk_shows_it_has_it();
        }
        if self.is_undecided() {
            self.turned_away(reason);
        } else {
            self.close_by_desk(reason, by);
        }
    }

    /// The bot has not been promised anything yet, or the desk is still being asked to take what was promised. One that is
    /// asked again for what it had lost may speak of what it had.
    fn is_undecided(&self) -> bool {
        self.open().is_some_and(|open| {
            open.answer == Answer::Pending
                || (open.phase == Phase::Requested && !open.leg().is_some_and(|leg| leg.reopened))
        })
    }

    /// A desk that closes what it has been asked to take refuses it, and need not hear of it again.
    fn turned_away(&mut self, reason: Reason) {
        self.forget_leg();
        self.nobody_is_at_the_desk();
        self.move_on(Cause::Refused, reason);
    }

    /// A desk that speaks about a handover has taken it, even if its answer to the open call never came.
    pub(super) fn desk_shows_it_has_it(&mut self) {
        let Some(handover) = self.open_mut() else {
            return;
        };
        let asked = handover.phase == Phase::Requested;
        if let Some(leg) = handover.leg_mut() {
            if asked {
                leg.offer.shown();
            }
            leg.offered = None;
        }
        self.accept(Cause::Accepted);
        if asked {
            self.enter(Phase::Waiting, Cause::Accepted, None);
        }
    }

    /// An agent has it now. Speaking counts as joining.
    pub(super) fn join(&mut self, agent: Option<&Agent>) {
        let now = self.context.now;
        let Some(handover) = self.open_mut() else {
            return;
        };
        let known = handover
            .agent
            .as_ref()
            .and_then(|agent| agent.name.as_deref());
        let name = agent.and_then(|agent| agent.name.as_deref());
        let new_name = name.is_some() && name != known;
        if handover.phase == Phase::Attended && !new_name {
            return;
        }
        if handover.phase != Phase::Attended && handover.unanswered_since.is_some() {
            handover.unanswered_since = Some(now);
        }
        if agent.is_some() || handover.agent.is_none() {
            handover.agent = Some(agent.cloned().unwrap_or_default());
        }
        handover.last_said_at = now;
        let unpaused = handover.pause == PauseState::Failed;
        let name = name.map(ToOwned::to_owned);
        self.enter(Phase::Attended, Cause::Joined, name);
        if unpaused {
            // Two who speak at once are worst from now on.
            self.pause_bot();
        }
        self.notify(Notice::Joined);
    }

    pub(super) fn transferred(&mut self, to: Option<String>) {
        if let Some(handover) = self.open_mut() {
            handover.let_go();
        }
        self.enter(Phase::Waiting, Cause::Transferred, to);
        self.notify(Notice::Transferred);
    }
}
