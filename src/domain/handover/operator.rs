//! Somebody at the console does something. One person at a time has a conversation; whoever is late is told who has it.

use super::{Outcome, turn::Turn};
use crate::domain::{
    conversation::{Agent, Answer, Handover, Leg, Phase},
    effect::{Cancelled, Cause},
    event::{AgentSaid, Request},
    fallback::{self, Capabilities},
    ids::{DeskName, HandoverId, OperatorName},
    message::Content,
    operator::{Action, Colleague, OperatorAction, Refusal},
    policy::Notice,
    reason::{ClosedAs, Ours},
};

impl Turn<'_> {
    pub(super) fn operated(&mut self, operated: &OperatorAction) -> Outcome {
        if self.conversation.erasing.is_some() {
            return Outcome::Refused(Refusal::Erasing);
        }
        self.by = Some(operated.by.clone());
        self.act(operated).unwrap_or_else(Outcome::Refused)
    }

    fn act(&mut self, operated: &OperatorAction) -> Result<Outcome, Refusal> {
        let by = &operated.by;
        match &operated.action {
            Action::Claim { handover } => self.claim(*handover, operated)?,
            Action::Say { handover, content } => return self.say_as(*handover, operated, content),
            Action::Note { handover, text } => self.keep_note(*handover, text),
            Action::Assign { handover, to } => self.assign(*handover, operated, to.as_ref())?,
            Action::Transfer { handover, desk } => self.send_on(*handover, by, desk)?,
            Action::Close {
                handover,
                closed_as,
                dialog_state,
            } => self.close_as(*handover, by, *closed_as, dialog_state.as_ref())?,
            Action::TakeOver => self.take_over(operated)?,
        }
        Ok(self.taken())
    }

    fn claim(&mut self, handover: HandoverId, operated: &OperatorAction) -> Result<(), Refusal> {
        let open = self.at_console(handover)?;
        if open.operator.as_ref() == Some(&operated.by) {
            return Ok(());
        }
        not_anothers(open, &operated.by)?;
        self.give_to(&operated.by, operated.shown_as.as_ref());
        self.note(Cause::Claimed, None);
        Ok(())
    }

    fn say_as(
        &mut self,
        handover: HandoverId,
        operated: &OperatorAction,
        content: &Content,
    ) -> Result<Outcome, Refusal> {
        let open = self.at_console(handover)?;
        not_anothers(open, &operated.by)?;
        if open.operator.is_none() {
            return Err(Refusal::NotClaimed);
        }
        let able = self.bot().map(|bot| &bot.capabilities);
        fallback::show(content, able.unwrap_or(&Capabilities::EVERY_USER))
            .map_err(Refusal::Unshowable)?;
        Ok(self.agent_said(&AgentSaid {
            content: content.clone(),
            agent: Some(agent(&operated.by, operated.shown_as.as_ref())),
            automatic: false,
            keep_if_late: false,
            tell_if_late: false,
            raw: None,
        }))
    }

    /// The store has seen that the handover is this conversation's; it may be over.
    fn keep_note(&mut self, handover: HandoverId, text: &str) {
        let open = self.open();
        let phase = open
            .filter(|open| open.id == handover)
            .map(|open| open.phase);
        let text = Some(text.to_owned());
        self.journal(Some(handover), (phase, phase), Cause::Noted, text);
    }

    fn assign(
        &mut self,
        handover: HandoverId,
        operated: &OperatorAction,
        to: Option<&Colleague>,
    ) -> Result<(), Refusal> {
        let open = self.at_console(handover)?;
        if !operated.overrules {
            not_anothers(open, &operated.by)?;
        }
        let held = open.operator.is_some();
        match to {
            Some(to) => {
                self.note(Cause::Assigned, Some(to.name.to_string()));
                self.give_to(&to.name, to.shown_as.as_ref());
            }
            None if held => {
                if let Some(open) = self.open_mut() {
                    open.let_go();
                }
                self.enter(Phase::Waiting, Cause::Assigned, None);
                self.notify(Notice::Transferred);
            }
            None => {}
        }
        Ok(())
    }

    /// A console desk that gave it away takes it back if the other one does not want it.
    fn send_on(
        &mut self,
        handover: HandoverId,
        by: &OperatorName,
        desk: &DeskName,
    ) -> Result<(), Refusal> {
        let (open, leg) = self.open_to(handover, by)?;
        let before = leg.desk.clone();
        if before == *desk {
            return Err(Refusal::AtDesk(before));
        }
        if self.unavailable(desk).is_some() {
            return Err(Refusal::DeskClosed(desk.clone()));
        }
        let promised = open.answer == Answer::Accepted;
        let takes_back = self.takes_at_once(&before).then_some(before);
        if let Some(open) = self.open_mut() {
            let others = std::mem::take(&mut open.fallbacks);
            let all = takes_back.into_iter().chain(others);
            open.fallbacks = all.filter(|other| other != desk).collect();
        }
        self.change_leg(desk, Cause::SentOn, Ours::Transferred.into());
        if promised {
            self.notify(Notice::Transferred);
        }
        Ok(())
    }

    fn close_as(
        &mut self,
        handover: HandoverId,
        by: &OperatorName,
        closed_as: ClosedAs,
        dialog_state: Option<&String>,
    ) -> Result<(), Refusal> {
        self.open_to(handover, by)?;
        self.resume_at = dialog_state.cloned();
        self.close_for(Cause::Closed, closed_as.into());
        Ok(())
    }

    /// Nobody has asked for it, so nobody waits for an answer; it is the pause steps that silence the bot.
    fn take_over(&mut self, operated: &OperatorAction) -> Result<(), Refusal> {
        if self.open().is_some() {
            return Err(Refusal::HandedOver);
        }
        let steps = self.bot().map_or(0, |bot| bot.pause_steps);
        if steps == 0 || self.silent_bot().is_some() {
            return Err(Refusal::CannotPause);
        }
        let desk = self.desk_to_take_over()?;
        let nothing_asked = Request {
            payload: None,
            transcript: Vec::new(),
        };
        let id = HandoverId::from_uuid(self.new_id());
        let first_order = self.conversation.next_order;
        self.begin_handover(id, &nothing_asked, Cause::TakenOver);
        self.take_back_notices(first_order);
        self.open_leg(desk, false);
        let now = self.context.now;
        if let Some(open) = self.open_mut() {
            open.answer = Answer::Accepted;
            open.answered_at = Some(now);
            // A bot that speaks on from here shows that its pause steps have failed.
            open.paused_at = Some(now);
        }
        self.cancel(self.bot_lane(), Cancelled::Resumes);
        self.pause_bot();
        self.give_to(&operated.by, operated.shown_as.as_ref());
        Ok(())
    }

    fn give_to(&mut self, operator: &OperatorName, shown_as: Option<&String>) {
        if let Some(open) = self.open_mut() {
            open.operator = Some(operator.clone());
        }
        self.join(Some(&agent(operator, shown_as)));
    }

    /// The handover, if it is open and at a desk of the console.
    fn at_console(&self, handover: HandoverId) -> Result<&Handover, Refusal> {
        let (open, leg) = self.open_handover(handover)?;
        if self.takes_at_once(&leg.desk) {
            Ok(open)
        } else {
            Err(Refusal::AtDesk(leg.desk.clone()))
        }
    }

    /// The handover, if it is open, at whichever desk, and nobody else at the console has it.
    fn open_to(
        &self,
        handover: HandoverId,
        by: &OperatorName,
    ) -> Result<(&Handover, &Leg), Refusal> {
        let (open, leg) = self.open_handover(handover)?;
        not_anothers(open, by)?;
        Ok((open, leg))
    }

    fn open_handover(&self, handover: HandoverId) -> Result<(&Handover, &Leg), Refusal> {
        let open = self.open();
        let open = open
            .filter(|open| open.id == handover && open.phase != Phase::Closing)
            .ok_or(Refusal::Over)?;
        let leg = open.leg().ok_or(Refusal::Undecided)?;
        Ok((open, leg))
    }
}

fn not_anothers(open: &Handover, by: &OperatorName) -> Result<(), Refusal> {
    match &open.operator {
        Some(other) if other != by => Err(Refusal::TakenBy(other.clone())),
        _ => Ok(()),
    }
}

/// How the user is told of them.
fn agent(operator: &OperatorName, shown_as: Option<&String>) -> Agent {
    let name = shown_as.cloned();
    Agent {
        name: Some(name.unwrap_or_else(|| operator.to_string())),
        avatar_url: None,
    }
}
