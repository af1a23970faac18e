//! What a store does with a decision, and what an onlooker sees of it.

use std::rc::Rc;

use super::{
    super::*,
    model::{Model, Part, Row, Rules},
    promise::{self, Broken},
};
use crate::domain::{conversation::Conversation, effect::LegRow};

impl Model {
    pub(super) fn apply(&mut self, rules: &Rules, event: &Event) -> Result<Outcome, Broken> {
        let (unsaid, on_its_way) = (self.unsaid(), self.told_now());
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let context = Context {
            policy: &rules.policy,
            conditions: &Conditions::default(),
            now: self.now,
            new_id: &mut new_id,
            echoes: &mut Vec::new(),
            unsaid: &unsaid,
            on_its_way,
        };
        let before = Rc::clone(&self.state);
        let decision = decide(Conversation::clone(&before), event, context);
        self.state = Rc::new(decision.state);
        let cancelled = self.write(rules, &decision.effects);
        self.watch_phase(&before);
        promise::nothing_is_dropped(&before, (self, rules), &decision.effects, &cancelled)?;
        promise::event_is_answered(&before, event, rules, &decision.effects)?;
        promise::all_is_offered(&before, self, rules, &decision.effects)?;
        promise::agent_is_not_denied(self, &decision.effects)?;
        Ok(decision.outcome)
    }

    /// What agents have said and nobody is sending.
    fn unsaid(&self) -> Vec<Unsaid> {
        let waiting = self
            .rows
            .iter()
            .filter(|row| row.lane == 0 && row.flight.is_none());
        waiting
            .filter_map(|row| row.delivery.task.unsaid())
            .collect()
    }

    /// What the present desk is just being told.
    fn told_now(&self) -> Option<MessageId> {
        let mut flying = self
            .rows
            .iter()
            .filter(|row| self.is_current(row.lane) && row.flight.is_some());
        flying.find_map(|row| match row.delivery.task {
            Task::Message { message, .. } | Task::Placeholder { message } => Some(message),
            _ => None,
        })
    }

    /// Does what a store does with the effects. Gives the deliveries that were cancelled.
    fn write(&mut self, rules: &Rules, effects: &[Effect]) -> Vec<Row> {
        let mut cancelled = Vec::new();
        for effect in effects {
            match effect {
                Effect::Record(message)
                    if matches!(message.actor, Actor::System | Actor::Agent) && !message.late =>
                {
                    self.watch.told = self.now;
                }
                Effect::Deliver(delivery) => self.rows.push(Row {
                    lane: self.lane(delivery.lane),
                    urgent: delivery.urgent,
                    delivery: Rc::new(delivery.clone()),
                    created: self.now,
                    due: self.now,
                    flight: None,
                }),
                Effect::CancelUnsent {
                    only: Cancelled::Opens,
                    ..
                } if rules.keeps_opens => {}
                Effect::CancelUnsent { lane, only } => {
                    let lane = self.lane(*lane);
                    let goes =
                        |row: &mut Row| row.lane == lane && row.flight.is_none() && only.names(row);
                    cancelled.extend(self.rows.extract_if(.., goes));
                }
                Effect::Withdraw => self.withdrawn = true,
                Effect::PutOff { until } => self.put_off = Some(*until),
                Effect::Hurry { lane } => {
                    let lane = self.lane(*lane);
                    for row in self.rows.iter_mut().filter(|row| row.lane == lane) {
                        row.urgent |=
                            matches!(row.delivery.task, Task::Resume { .. } | Task::Close { .. });
                    }
                }
                Effect::Leg(leg) => self.write_leg(rules, leg),
                Effect::Warn(warning) if warning.kind == WarningKind::ResumeLate => {
                    self.watch.alerted = true;
                }
                _ => {}
            }
        }
        cancelled
    }

    /// A desk that is the bridge itself sees a leg as soon and as long as it is open.
    fn write_leg(&mut self, rules: &Rules, leg: &LegRow) {
        let here = rules
            .policy
            .desks
            .get(&leg.desk)
            .is_some_and(|desk| desk.takes_at_once);
        if let Some(part) = self.parts.iter_mut().find(|part| part.leg == leg.id) {
            part.row_closed |= leg.closed;
            part.has &= !(here && leg.closed);
            return;
        }
        self.parts.push(Part {
            leg: leg.id,
            handover: leg.handover,
            desk: leg.desk.clone(),
            offered: here,
            has: here,
            closed: false,
            told: false,
            row_closed: leg.closed,
            heard: false,
        });
    }

    fn lane(&self, lane: Lane) -> usize {
        match lane {
            Lane::Bot(_) => 0,
            Lane::Leg(leg) => self.parts.iter().position(|part| part.leg == leg).unwrap() + 1,
        }
    }

    fn watch_phase(&mut self, before: &Conversation) {
        let seen = |state: &Conversation| {
            state.handover.as_ref().map(|open| {
                (
                    open.id,
                    open.phase,
                    open.answer,
                    open.leg().map(|leg| leg.id),
                )
            })
        };
        let (was, is) = (seen(before), seen(&self.state));
        if was == is {
            return;
        }
        self.watch.phase = self.now;
        if was.map(|was| was.0) != is.map(|is| is.0) {
            self.watch.opened = self.now;
            self.watch.person = self.now;
            self.watch.unanswered = None;
            self.watch.attended = false;
        }
        self.watch.attended |= self.phase() == Some(Phase::Attended);
        match self.phase() {
            Some(Phase::Closing) => self.watch.alerted = false,
            Some(Phase::Attended) => {
                self.watch.person = self.now;
                self.watch.unanswered = self.watch.unanswered.map(|_| self.now);
            }
            _ => {}
        }
    }
}

impl Cancelled {
    fn names(self, row: &Row) -> bool {
        match (self, &row.delivery.task) {
            (_, Task::Forget | Task::Failed { .. }) => false,
            (Self::All, _)
            | (Self::Resumes, Task::Resume { .. })
            | (Self::LookUps, Task::LookUp { .. })
            | (Self::Opens, Task::Open { .. })
            | (Self::Pauses, Task::Pause { .. }) => true,
            (Self::SaysBefore(order), Task::Say { .. })
            | (Self::NoticesBefore(order), Task::Say { notice: true, .. }) => {
                row.delivery.order < order
            }
            (Self::Notice(message) | Self::PartsOf(message), task @ Task::Say { .. }) => {
                task.message() == Some(message)
            }
            _ => false,
        }
    }
}
