//! Somebody at the console does something.

use super::{Outcome, turn::Turn};
use crate::domain::{
    conversation::{Agent, Answer, Handover, Phase},
    effect::{Cause, Effect, JournalEntry},
    event::{AgentSaid, Request},
    fallback::{self, Capabilities},
    ids::{DeskName, HandoverId, OperatorName},
    message::Content,
    operator::{Act, Operated, Refusal},
    policy::Notice,
};

impl Turn<'_> {
    pub(super) fn operated(&mut self, operated: &Operated) -> Outcome {
        self.by = Some(operated.by.clone());
        self.act(operated).unwrap_or_else(Outcome::Refused)
    }

    fn act(&mut self, operated: &Operated) -> Result<Outcome, Refusal> {
        if self.conversation.erasing.is_some() {
            return Err(Refusal::Erasing);
        }
        match &operated.act {
            Act::Claim { handover } => self.claim(*handover, operated)?,
            Act::Say { handover, content } => {
                return self.say_as(*handover, content, operated);
            }
            Act::Note { handover, text } => self.note_for_colleagues(*handover, text),
            Act::Assign { handover, to } => self.assign(*handover, to.as_ref(), &operated.by)?,
            Act::Transfer { handover, desk } => self.send_on(*handover, desk, &operated.by)?,
            Act::Close {
                handover,
                reason,
                dialog_state,
            } => {
                self.not_of_another(*handover, &operated.by)?;
                self.resume_at.clone_from(dialog_state);
                self.close_by_operator(reason);
            }
            Act::TakeOver { desk } => self.take_over(desk, operated)?,
        }
        Ok(self.taken())
    }

    fn claim(&mut self, handover: HandoverId, operated: &Operated) -> Result<(), Refusal> {
        self.not_of_another(handover, &operated.by)?;
        let open = self.at_console(handover)?;
        if open.operator.is_some() {
            return Ok(());
        }
        self.note(Cause::Claimed, None);
        self.attend(operated);
        Ok(())
    }

    fn say_as(
        &mut self,
        handover: HandoverId,
        content: &Content,
        operated: &Operated,
    ) -> Result<Outcome, Refusal> {
        self.not_of_another(handover, &operated.by)?;
        if self.at_console(handover)?.operator.is_none() {
            return Err(Refusal::NotClaimed);
        }
        let able = self.bot().map(|bot| &bot.capabilities);
        fallback::show(content, able.unwrap_or(&Capabilities::EVERY_USER))
            .map_err(Refusal::Unshowable)?;
        Ok(self.agent_said(&AgentSaid {
            content: content.clone(),
            agent: Some(shown(operated)),
            automatic: false,
            keep_if_late: false,
            raw: None,
        }))
    }

    /// Of a handover that has ended only the id is known.
    fn note_for_colleagues(&mut self, handover: HandoverId, text: &str) {
        let open = self.conversation.handover.as_ref();
        let phase = open
            .filter(|open| open.id == handover)
            .map(|open| open.phase);
        let entry = JournalEntry {
            at: self.context.now,
            handover: Some(handover),
            from: phase,
            to: phase,
            cause: Cause::Noted,
            detail: Some(text.to_owned()),
            by: self.by.clone(),
        };
        self.push(Effect::Journal(entry));
    }

    /// The user hears the colleague's name with the first answer.
    fn assign(
        &mut self,
        handover: HandoverId,
        to: Option<&OperatorName>,
        by: &OperatorName,
    ) -> Result<(), Refusal> {
        self.not_of_another(handover, by)?;
        let open = self.at_console(handover)?;
        if open.operator.as_ref() == to {
            return Ok(());
        }
        self.note(Cause::Assigned, to.map(ToString::to_string));
        let Some(to) = to else {
            self.transferred(None);
            return Ok(());
        };
        if let Some(open) = &mut self.conversation.handover {
            open.operator = Some(to.clone());
            open.agent = None;
        }
        self.join(None);
        Ok(())
    }

    fn send_on(
        &mut self,
        handover: HandoverId,
        desk: &DeskName,
        by: &OperatorName,
    ) -> Result<(), Refusal> {
        let open = self.not_of_another(handover, by)?;
        let promised = open.answer == Answer::Accepted;
        if self.conversation.desk() == Some(desk) {
            return Err(Refusal::AtDesk(desk.clone()));
        }
        self.takes_more(desk)?;
        self.stop_looking();
        if let Some(open) = &mut self.conversation.handover {
            open.fallbacks.retain(|left| left != desk);
        }
        self.change_leg(desk, Cause::SentOn, "transferred");
        if promised {
            self.notify(Notice::Transferred);
        }
        Ok(())
    }

    fn close_by_operator(&mut self, reason: &str) {
        let open = self.conversation.handover.as_ref();
        let attended = open.is_some_and(|open| open.phase == Phase::Attended);
        let notice = if attended {
            Notice::Ended
        } else {
            Notice::Nobody
        };
        self.close_for(Cause::Closed, reason, notice);
    }

    /// The bot goes on speaking until its pause is confirmed, so what is said meanwhile stands behind the pause.
    fn take_over(&mut self, desk: &DeskName, operated: &Operated) -> Result<(), Refusal> {
        if self.conversation.handover.is_some() {
            return Err(Refusal::HandedOver);
        }
        let pauses = self.bot().is_some_and(|bot| bot.pause_steps > 0);
        if !pauses || self.silent_bot().is_some() {
            return Err(Refusal::CannotPause);
        }
        if !self.takes_at_once(desk) {
            return Err(Refusal::DeskClosed(desk.clone()));
        }
        self.takes_more(desk)?;
        let id = HandoverId::from_uuid(self.new_id());
        let request = Request {
            payload: None,
            transcript: Vec::new(),
        };
        self.begin_handover((id, desk.clone()), &request);
        self.note(Cause::TakenOver, Some(desk.to_string()));
        self.ask(desk);
        let steps = self.bot().map_or(0, |bot| bot.pause_steps);
        self.pause_bot(steps);
        self.attend(operated);
        Ok(())
    }

    fn attend(&mut self, operated: &Operated) {
        if let Some(open) = &mut self.conversation.handover {
            open.operator = Some(operated.by.clone());
        }
        self.join(Some(&shown(operated)));
    }

    /// The open handover of this id, unless a colleague has it.
    fn not_of_another(
        &self,
        handover: HandoverId,
        by: &OperatorName,
    ) -> Result<&Handover, Refusal> {
        let open = self.conversation.handover.as_ref();
        let open = open
            .filter(|open| open.id == handover && open.phase != Phase::Closing)
            .ok_or(Refusal::Over)?;
        match &open.operator {
            Some(other) if other != by => Err(Refusal::TakenBy(other.clone())),
            _ => Ok(open),
        }
    }

    fn at_console(&self, handover: HandoverId) -> Result<&Handover, Refusal> {
        let open = self.conversation.handover.as_ref();
        let open = open
            .filter(|open| open.id == handover)
            .ok_or(Refusal::Over)?;
        let desk = self.conversation.desk();
        if desk.is_some_and(|desk| self.takes_at_once(desk)) {
            Ok(open)
        } else {
            Err(Refusal::AtDesk(open.leg.desk.clone()))
        }
    }

    fn takes_more(&self, desk: &DeskName) -> Result<(), Refusal> {
        let closed = self.unavailable(desk).is_some();
        if closed {
            return Err(Refusal::DeskClosed(desk.clone()));
        }
        Ok(())
    }
}

/// How the user is told of whoever acts.
fn shown(operated: &Operated) -> Agent {
    let name = operated.shown_as.clone();
    Agent {
        name: Some(name.unwrap_or_else(|| operated.by.to_string())),
        avatar_url: None,
    }
}
