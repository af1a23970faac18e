//! A small world around `decide`: one user, one bot, the desks, the lanes between, and what can go wrong with each call.
//!
//! Calls that turn something over (open, close, pause, resume) take two steps, so that everything else can happen between
//! the vendor's act and the bridge's learning of it. Messages take one. Time stands still but for timers.

use std::rc::Rc;

use super::{
    super::*,
    operator::Doing,
    promise::{self, Broken},
};
use crate::domain::{
    conversation::{Conversation, ConversationKey, Handover},
    delivery::NewDelivery,
    ids::{BotName, ConversationId, DeskName, ExternalId, LegId},
};

/// What never changes during a search.
pub(super) struct Rules {
    pub(super) policy: Policy,
    pub(super) start: Left,
    /// A deadline that has to be found out by itself: the first state has a phase that nobody knows.
    pub(super) newer_version: bool,
    /// A store that leaves out a part of its work.
    pub(super) keeps_opens: bool,
    /// Desks name what they tell of by the leg.
    pub(super) by_leg: bool,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) requests: u8,
    pub(super) users: u8,
    pub(super) agents: u8,
    pub(super) closes: u8,
    pub(super) timers: u8,
    pub(super) bots: u8,
    pub(super) removals: u8,
    pub(super) erasures: u8,
    /// Of people at the console.
    pub(super) acts: u8,
    pub(super) faults: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Request,
    /// A fault: the answer does not reach the bot.
    RequestUnheard,
    /// A fault: the same request once more, and its answer counts.
    RequestRepeated,
    CallerHears,
    /// A fault.
    CallerGone,
    /// A fault: the handler runs out of time, and the bot hears that it keeps the user.
    CallerToldDeclined,
    User,
    BotSpeaks,
    Agent(usize),
    /// A fault: a text that was written before the close comes after it.
    AgentSwapped(usize),
    Close(usize),
    /// A fault.
    CloseLost(usize),
    /// A fault.
    CloseRepeated(usize),
    Timer,
    RemoveDesk,
    Erase,
    Operator(Doing),
    Attempt(usize, How),
    Settle(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Well,
    /// A fault: the vendor never hears of it.
    NotSent,
    /// A fault: the vendor does it and the bridge does not learn of it, so it is sent again.
    AnswerLost,
    /// A fault: the desk says no.
    Refused,
}

#[derive(Clone)]
pub(super) struct Model {
    pub(super) state: Rc<Conversation>,
    pub(super) now: Timestamp,
    pub(super) left: Left,
    pub(super) rows: Vec<Row>,
    pub(super) parts: Vec<Part>,
    /// Requests whose caller waits for an answer.
    pub(super) callers: Vec<HandoverId>,
    /// The newest request's handover.
    pub(super) asked: Option<HandoverId>,
    pub(super) bot_paused: bool,
    pub(super) watch: Watch,
    pub(super) ids: u128,
    pub(super) withdrawn: bool,
    pub(super) put_off: Option<Timestamp>,
}

/// A delivery that is not settled. Lane 0 is the bot's, the others are the desks' parts.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) lane: usize,
    pub(super) urgent: bool,
    pub(super) delivery: Rc<NewDelivery>,
    pub(super) created: Timestamp,
    pub(super) due: Timestamp,
    pub(super) flight: Option<Flight>,
}

/// What the vendor has made of a call that the bridge has not heard back from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flight {
    Done,
    Refused,
    AnswerLost,
}

/// One leg, as its desk sees it.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Part {
    pub(super) leg: LegId,
    pub(super) handover: HandoverId,
    pub(super) desk: DeskName,
    /// It has been offered to the desk.
    pub(super) offered: bool,
    /// An agent has it in front of them.
    pub(super) has: bool,
    /// The desk closed it.
    pub(super) closed: bool,
    /// The bridge told the desk that it is over.
    pub(super) told: bool,
    /// As the store keeps it.
    pub(super) row_closed: bool,
    /// The bridge has heard of it by the leg.
    pub(super) heard: bool,
}

/// What an onlooker with a watch knows, without looking into the state's own times.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) opened: Timestamp,
    pub(super) phase: Timestamp,
    pub(super) told: Timestamp,
    /// An agent has had the user.
    pub(super) attended: bool,
    pub(super) unanswered: Option<Timestamp>,
    pub(super) person: Timestamp,
    pub(super) alerted: bool,
}

impl Model {
    pub(super) fn new(rules: &Rules) -> Self {
        let bot = rules
            .policy
            .bots
            .keys()
            .next()
            .cloned()
            .unwrap_or_else(|| BotName::new("b").unwrap());
        let user = ExternalId::new("s1").unwrap();
        let key = ConversationKey {
            bot,
            realm: String::new(),
            user,
        };
        let now = Timestamp::from_millis(1_767_225_600_000);
        Self {
            state: Rc::new(Conversation::new(
                ConversationId::from_uuid(Uuid::from_u128(1)),
                key,
            )),
            now,
            left: rules.start,
            rows: Vec::new(),
            parts: Vec::new(),
            callers: Vec::new(),
            asked: None,
            bot_paused: false,
            watch: Watch {
                opened: now,
                phase: now,
                told: now,
                attended: false,
                unanswered: None,
                person: now,
                alerted: false,
            },
            ids: 1,
            withdrawn: false,
            put_off: None,
        }
    }

    pub(super) fn open(&self) -> Option<&Handover> {
        self.state.handover.as_ref()
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.open().map(|open| open.phase)
    }

    /// The row that a lane would send next; none while one is on its way, or until the next one is due.
    pub(super) fn head(&self, lane: usize) -> Option<usize> {
        let mut head: Option<usize> = None;
        for (at, row) in self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.lane == lane)
        {
            if row.flight.is_some() {
                return None;
            }
            let first = |row: &Row| (!row.urgent, row.delivery.order);
            if head.is_none_or(|head| first(row) < first(&self.rows[head])) {
                head = Some(at);
            }
        }
        head.filter(|head| self.rows[*head].due <= self.now)
    }

    pub(super) fn flying(&self, lane: usize) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| row.lane == lane && row.flight.is_some())
    }

    pub(super) fn lanes(&self) -> usize {
        self.parts.len() + 1
    }

    pub(super) fn answer(&self, rules: &Rules, handover: HandoverId) -> Answer {
        if rules.policy.keeps(Guard::RepeatedRequest) {
            return repeated_answer(&self.state, handover);
        }
        let open = self.state.handover.as_ref();
        let open = open.filter(|open| open.id == handover);
        open.map_or(Answer::Declined, |open| open.answer)
    }

    /// Takes a step that [`Self::steps`] has offered.
    pub(super) fn take(&mut self, rules: &Rules, step: Step) -> Result<(), Broken> {
        let left = &mut self.left;
        let budget = match step {
            Step::Request | Step::RequestUnheard => Some(&mut left.requests),
            Step::User => Some(&mut left.users),
            Step::Agent(_) => Some(&mut left.agents),
            Step::Close(_) | Step::CloseLost(_) => Some(&mut left.closes),
            Step::Timer => Some(&mut left.timers),
            Step::BotSpeaks => Some(&mut left.bots),
            Step::RemoveDesk => Some(&mut left.removals),
            Step::Erase => Some(&mut left.erasures),
            Step::Operator(_) => Some(&mut left.acts),
            _ => None,
        };
        if let Some(budget) = budget {
            *budget -= 1;
        }
        if step.is_fault() {
            self.left.faults -= 1;
        }
        match step {
            Step::Request => self.request(rules, true)?,
            Step::RequestUnheard => self.request(rules, false)?,
            Step::RequestRepeated => self.repeat_request(rules),
            Step::CallerHears => self.caller_hears(rules),
            Step::CallerGone => drop(self.callers.remove(0)),
            Step::CallerToldDeclined => {
                let handover = self.callers.remove(0);
                let handover = Some(handover);
                self.apply(rules, &Event::ToldDeclined { handover })?;
            }
            Step::User => self.user(rules)?,
            Step::BotSpeaks => {
                let said = PlatformMessage {
                    at: Some(self.now.plus(Duration::from_secs(6))),
                    ..PlatformMessage::of("bot")
                };
                self.apply(rules, &Event::BotSaid(said))?;
            }
            Step::Agent(part) | Step::AgentSwapped(part) => self.agent(rules, part)?,
            Step::Close(part) | Step::CloseRepeated(part) => {
                self.desk_closed(part);
                self.desk_tells(
                    rules,
                    part,
                    DeskEvent::Closed {
                        reason: None,
                        by: None,
                    },
                )?;
            }
            Step::CloseLost(part) => self.desk_closed(part),
            Step::Timer => self.fire(rules)?,
            Step::RemoveDesk => {
                let desk = self.state.desk().cloned().unwrap();
                self.apply(rules, &Event::DeskRemoved { desk: desk.clone() })?;
                // Nobody can be told there any more.
                for part in self.parts.iter_mut().filter(|part| part.desk == desk) {
                    part.has = false;
                }
                promise::desk_is_gone(self, &desk)?;
            }
            Step::Erase => {
                let at_platform = true;
                self.apply(rules, &Event::EraseRequested { at_platform })?;
            }
            Step::Operator(doing) => self.operate(rules, doing)?,
            Step::Attempt(lane, how) => self.attempt(rules, self.head(lane).unwrap(), how)?,
            Step::Settle(lane) => self.settle_flight(rules, self.flying(lane).unwrap())?,
        }
        promise::user_is_with_somebody(self)?;
        promise::nothing_is_asked_in_vain(self)?;
        promise::people_attend(self)?;
        promise::console_is_owed_nothing(self, rules)?;
        self.flow(rules)
    }

    /// Does at once what comes to the same whenever it happens: texts to the user go out unless they stand behind
    /// something else; a desk whose part is over is told so; who is to hear of a decline hears it.
    fn flow(&mut self, rules: &Rules) -> Result<(), Broken> {
        let callers = std::mem::take(&mut self.callers);
        let waits = |caller: &HandoverId| self.answer(rules, *caller) != Answer::Declined;
        self.callers = callers.into_iter().filter(waits).collect();
        while let Some(at) = self.head(0)
            && self.rows[at].delivery.task.message().is_some()
        {
            self.attempt(rules, at, How::Well)?;
        }
        for lane in 1..self.lanes() {
            while !self.is_current(lane) {
                if let Some(at) = self.flying(lane) {
                    self.settle_flight(rules, at)?;
                } else if let Some(at) = self.head(lane) {
                    self.attempt(rules, at, How::Well)?;
                } else {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The lane of the desk that has the handover, or is asked to take it.
    pub(super) fn is_current(&self, lane: usize) -> bool {
        let open = self.open().filter(|open| open.phase != Phase::Closing);
        lane > 0 && open.is_some_and(|open| open.is_in(self.parts[lane - 1].leg))
    }

    /// The clock moves to the next timer, and it fires.
    pub(super) fn fire(&mut self, rules: &Rules) -> Result<(), Broken> {
        let at = self.state.wake_at().unwrap().max(self.now);
        promise::nobody_waited_too_long(self, rules, at)?;
        self.now = at;
        for _ in 0..3 {
            self.apply(rules, &Event::TimerFired)?;
            if self.state.wake_at().is_none_or(|next| next > self.now) {
                return promise::operator_knows(self, rules);
            }
        }
        Err(Broken::TimerSpins)
    }
}

impl Left {
    /// Whatever can happen within `other` can happen within this.
    pub(super) fn covers(self, other: Self) -> bool {
        self.requests >= other.requests
            && self.users >= other.users
            && self.agents >= other.agents
            && self.closes >= other.closes
            && self.timers >= other.timers
            && self.bots >= other.bots
            && self.removals >= other.removals
            && self.erasures >= other.erasures
            && self.acts >= other.acts
            && self.faults >= other.faults
    }
}

impl Step {
    pub(super) fn is_fault(self) -> bool {
        match self {
            Self::RequestUnheard
            | Self::RequestRepeated
            | Self::CallerGone
            | Self::CallerToldDeclined
            | Self::AgentSwapped(_)
            | Self::CloseLost(_)
            | Self::CloseRepeated(_) => true,
            Self::Attempt(_, how) => how != How::Well,
            _ => false,
        }
    }
}
