//! What bot, user and desks do, what they make of a call, and what the bridge learns of it.

use std::rc::Rc;

use super::{
    super::*,
    model::{Flight, How, Model, Row, Rules},
    promise::Broken,
};
use crate::domain::event::Settled;

impl Model {
    pub(super) fn request(&mut self, rules: &Rules, heard: bool) -> Result<(), Broken> {
        let event = Event::HandoverRequested(Request {
            payload: None,
            transcript: Vec::new(),
        });
        let Outcome::Requested { handover, answer } = self.apply(rules, &event)? else {
            return Ok(());
        };
        self.asked = Some(handover);
        if rules.newer_version
            && let Some(open) = &mut Rc::make_mut(&mut self.state).handover
        {
            open.phase = Phase::Unknown;
            open.answer = Answer::Accepted;
            open.wake_at = self.now;
        }
        match answer {
            _ if !heard => {}
            Answer::Pending => self.callers.push(handover),
            decided => self.bot_hears(rules, decided),
        }
        Ok(())
    }

    pub(super) fn repeat_request(&mut self, rules: &Rules) {
        let Some(asked) = self.asked else { return };
        match self.answer(rules, asked) {
            Answer::Pending => self.callers.push(asked),
            decided => self.bot_hears(rules, decided),
        }
    }

    pub(super) fn user(&mut self, rules: &Rules) -> Result<(), Broken> {
        self.watch.person = self.now;
        if self.phase().is_some_and(|phase| phase != Phase::Closing) {
            self.watch.unanswered.get_or_insert(self.now);
        }
        self.apply(rules, &Event::UserSaid(PlatformMessage::of("user")))?;
        Ok(())
    }

    pub(super) fn agent(&mut self, rules: &Rules, part: usize) -> Result<(), Broken> {
        let text = AgentSaid {
            content: Content::text("agent"),
            agent: None,
            automatic: false,
            keep_if_late: false,
            tell_if_late: false,
            raw: None,
        };
        if self.desk_tells(rules, part, DeskEvent::Said(text))? != Outcome::Closed {
            self.watch.person = self.now;
            self.watch.unanswered = None;
        }
        Ok(())
    }

    /// Sends a row, with this luck.
    pub(super) fn attempt(&mut self, rules: &Rules, at: usize, how: How) -> Result<(), Broken> {
        let delayed = |class, row: &Row| StepResult::Delayed {
            since: row.created,
            class,
            ambiguous: class == ErrorClass::Ambiguous,
        };
        if how == How::NotSent {
            let result = delayed(ErrorClass::NotSent, &self.rows[at]);
            return self.settle(rules, at, result);
        }
        if how != How::Refused {
            self.vendor_acts(rules, at)?;
        }
        let row = &mut self.rows[at];
        let message = row.delivery.task.message().is_some();
        match how {
            How::Well if message => self.settle(rules, at, done()),
            How::AnswerLost if message => {
                let result = delayed(ErrorClass::Ambiguous, row);
                self.settle(rules, at, result)
            }
            _ => {
                row.flight = Some(match how {
                    How::Refused => Flight::Refused,
                    How::AnswerLost => Flight::AnswerLost,
                    How::Well | How::NotSent => Flight::Done,
                });
                Ok(())
            }
        }
    }

    /// The bridge learns what became of a call.
    pub(super) fn settle_flight(&mut self, rules: &Rules, at: usize) -> Result<(), Broken> {
        let row = &mut self.rows[at];
        let result = match row.flight.take().unwrap() {
            Flight::Done => match row.delivery.task {
                Task::LookUp { .. } => found(),
                _ => done(),
            },
            Flight::Refused => refused(),
            Flight::AnswerLost => StepResult::Delayed {
                since: row.created,
                class: ErrorClass::Ambiguous,
                ambiguous: true,
            },
        };
        self.settle(rules, at, result)
    }

    pub(super) fn caller_hears(&mut self, rules: &Rules) {
        let caller = self.callers.remove(0);
        let answer = self.answer(rules, caller);
        self.bot_hears(rules, answer);
    }

    pub(super) fn bot_hears(&mut self, rules: &Rules, answer: Answer) {
        let by_answer = rules.policy.bots.values().all(|bot| bot.answer_pauses);
        if answer == Answer::Accepted && by_answer {
            self.bot_paused = true;
        }
    }

    fn vendor_acts(&mut self, rules: &Rules, at: usize) -> Result<(), Broken> {
        let row = &self.rows[at];
        let last = rules
            .policy
            .bots
            .values()
            .map(|bot| bot.resume_steps)
            .max()
            .unwrap_or(0);
        if row.lane == 0 {
            match row.delivery.task {
                Task::Pause { .. } => self.bot_paused = true,
                Task::Resume { index, .. } if index + 1 == last => self.bot_paused = false,
                _ => {}
            }
            return Ok(());
        }
        let part = &mut self.parts[row.lane - 1];
        match row.delivery.task {
            Task::Open { .. } if part.offered && part.heard => return Err(Broken::OfferedTwice),
            Task::Open { .. } if !part.offered => (part.offered, part.has) = (true, true),
            Task::Close { .. } => (part.told, part.has) = (true, false),
            Task::Message { .. } if !part.offered || part.told => return Err(Broken::OutOfPlace),
            _ => {}
        }
        Ok(())
    }

    fn settle(&mut self, rules: &Rules, at: usize, result: StepResult) -> Result<(), Broken> {
        let again = matches!(result, StepResult::Delayed { .. });
        let delivery = Rc::clone(&self.rows[at].delivery);
        let leg_closed = match self.rows[at].lane {
            0 => false,
            lane => self.parts[lane - 1].row_closed,
        };
        if !again {
            self.rows.remove(at);
        }
        self.withdrawn = false;
        self.put_off = None;
        let settled = Settled {
            handover: delivery.handover,
            lane: delivery.lane,
            destination: delivery.destination.clone(),
            task: delivery.task.clone(),
            result,
            leg_closed,
        };
        self.apply(rules, &Event::Settled(settled))?;
        if self.withdrawn {
            self.rows.retain(|row| row.delivery.id != delivery.id);
        }
        if let Some(until) = self.put_off
            && let Some(row) = self.rows.get_mut(at)
        {
            row.due = until;
        }
        Ok(())
    }

    pub(super) fn desk_closed(&mut self, part: usize) {
        self.parts[part].has = false;
        self.parts[part].closed = true;
    }

    pub(super) fn desk_tells(
        &mut self,
        rules: &Rules,
        part: usize,
        event: DeskEvent,
    ) -> Result<Outcome, Broken> {
        let part = &mut self.parts[part];
        let (handover, desk) = (part.handover, part.desk.clone());
        let event = if rules.by_leg {
            part.heard = true;
            let leg = Some(NamedLeg {
                id: part.leg,
                handover,
                desk,
                reference: None,
                is_new: false,
            });
            Event::FromLeg { event, leg }
        } else {
            Event::FromDesk {
                handover,
                desk,
                event,
            }
        };
        self.apply(rules, &event)
    }
}

impl PlatformMessage {
    pub(super) fn of(text: &str) -> Self {
        Self {
            at: None,
            content: Content::text(text),
            raw: None,
            feed: Feed::Only,
        }
    }
}
