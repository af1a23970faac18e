//! `domain::handover::decide` under any events, any policy and any clock.
//!
//! Laws: who owns the user is the same in the state and in the rows; an answer is decided once, and nobody is promised an
//! agent without it; a transcript has no place twice; a delivery speaks of what was recorded, stands behind those before
//! it, and carries nothing twice in a lane; a timer that is due moves on; the version counts the changes, and how much
//! has changed is told.
#![no_main]

#[path = "decide/seen.rs"]
mod seen;
#[path = "decide/setting.rs"]
mod setting;

use std::{collections::BTreeSet, time::Duration};

use arbitrary::Arbitrary;
use handover_bridge::domain::{
    conversation::{Agent, Changed, Conversation, ConversationKey},
    delivery::{Destination, Done, Found, Lane, StepResult, Unsaid},
    effect::Effect,
    event::{AgentSaid, DeskEvent, Event, Feed, PlatformMessage, Request, Settled, TranscriptItem},
    handover::{Context, Decision, Echo, decide},
    ids::{ConversationId, DeskName, ExternalId, HandoverId, LegId},
    message::Actor,
    policy::{ClosedBecause, Conditions, PausedBecause, Policy},
    retry::ErrorClass,
    time::Timestamp,
};
use handover_fuzz::{Json, Spoken, target};
use uuid::Uuid;

use self::{
    seen::Seen,
    setting::{Setting, team},
};

#[derive(Arbitrary, Debug)]
struct Input {
    setting: Setting,
    acts: Vec<Act>,
}

#[derive(Arbitrary, Debug)]
enum Act {
    Request(Option<Json>, Vec<(bool, Spoken)>),
    UserSays(Spoken),
    BotSays(Spoken),
    BotEchoes(u8),
    /// Of the handovers so far; 0 is the newest.
    Desk(u8, Tells),
    /// One of the deliveries so far comes to something, perhaps once more.
    Settle(u8, Result),
    Timer,
    Jump(i32),
    /// To the end of time, or its beginning.
    Leap(bool),
    Closed(bool, Option<Because>),
    Full(bool),
    DeskRemoved,
    DeskBack,
    BotRemoved,
    ToldDeclined(u8),
    Unknown(String),
}

#[derive(Arbitrary, Debug)]
enum Tells {
    Joined(Option<String>),
    Said {
        spoken: Spoken,
        automatic: bool,
        keep_if_late: bool,
        tell_if_late: bool,
    },
    Typing,
    Transferred(Option<String>),
    Closed(Option<String>),
}

#[derive(Arbitrary, Debug)]
enum Result {
    Done,
    Refused(String),
    Named(String, Option<u64>),
    Found(Vec<(bool, Spoken)>, Option<Json>),
    Delayed { class: u8, ambiguous: bool },
    Gone,
    Dead(u8),
    Skipped,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Because {
    Breaker,
    RateLimited,
    Refused,
    NoAgent,
}

const CLASSES: [ErrorClass; 6] = [
    ErrorClass::NotSent,
    ErrorClass::Ambiguous,
    ErrorClass::Busy,
    ErrorClass::Rejected,
    ErrorClass::Gone,
    ErrorClass::Unauthorized,
];
const MOST_ACTS: usize = 80;
/// As often a timer that is due may fire before it has to have moved on.
const FIRINGS: usize = 8;

target!(|input: Input| {
    let mut world = World::new(&input.setting);
    for act in input.acts.iter().take(MOST_ACTS) {
        let Some(event) = world.event(act) else {
            continue;
        };
        let due = world.is_due();
        world.apply(&event);
        if due && event == Event::TimerFired {
            world.moves_on();
        }
    }
});

struct World {
    policy: Policy,
    conditions: Conditions,
    now: Timestamp,
    state: Conversation,
    ids: u128,
    echoes: Vec<Echo>,
    /// What agents have said. Whether it still waits is for the store to know, so any of it may.
    unsaid: Vec<Unsaid>,
    closed: BTreeSet<LegId>,
    seen: Seen,
}

impl World {
    fn new(setting: &Setting) -> Self {
        let key = ConversationKey {
            bot: "webshop".parse().unwrap(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("s1").unwrap(),
        };
        Self {
            policy: setting.policy(),
            conditions: Conditions::default(),
            now: Timestamp::from_millis(1_767_225_600_000),
            state: Conversation::new(ConversationId::from_uuid(Uuid::from_u128(1)), key),
            ids: 1,
            echoes: Vec::new(),
            unsaid: Vec::new(),
            closed: BTreeSet::new(),
            seen: Seen {
                order: 1,
                ..Seen::default()
            },
        }
    }

    fn apply(&mut self, event: &Event) {
        // Whether the store is just sending it is for the store to know, so it may be either.
        let unheard = self.state.handover.as_ref().and_then(|open| open.unheard);
        let on_its_way = unheard.filter(|_| self.ids % 2 == 0);
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let context = Context {
            policy: &self.policy,
            conditions: &self.conditions,
            now: self.now,
            new_id: &mut new_id,
            echoes: &mut self.echoes,
            unsaid: &self.unsaid,
            on_its_way,
        };
        let before = self.state.clone();
        let Decision {
            state,
            changed,
            effects,
            outcome: _,
        } = decide(before.clone(), event, context);
        assert_eq!(
            state.version > before.version,
            state != before,
            "the version counts changes"
        );
        // Whoever something is kept of is kept as well.
        let keeps = |effect: &Effect| matches!(effect, Effect::KeepUnknown { .. });
        let expected = if effects.iter().any(keeps) {
            Changed::More
        } else {
            state.changed_since(before)
        };
        assert_eq!(changed, expected, "it says what it has changed");
        self.state = state;
        for effect in &effects {
            match effect {
                Effect::ExpectEcho { fingerprint, .. } => self.echoes.push(Echo {
                    fingerprint: *fingerprint,
                    until: None,
                }),
                Effect::Deliver(delivery) => self.unsaid.extend(delivery.task.unsaid()),
                Effect::Leg(leg) if leg.closed => {
                    self.closed.insert(leg.id);
                }
                _ => {}
            }
            self.seen.hold(effect);
        }
        self.seen.hold_state(&self.state);
    }

    fn is_due(&self) -> bool {
        self.state.wake_at().is_some_and(|at| at <= self.now)
    }

    fn moves_on(&mut self) {
        // At the end of time there is no later moment to wake at.
        if self.now >= Timestamp::from_millis(i64::MAX / 2) {
            return;
        }
        for _ in 0..FIRINGS {
            if !self.is_due() {
                return;
            }
            self.apply(&Event::TimerFired);
        }
        panic!("a timer that spins: {:?}", self.state.handover);
    }

    /// None: it happens to the world, not to the conversation.
    fn event(&mut self, act: &Act) -> Option<Event> {
        Some(match act {
            Act::Request(payload, said) => Event::HandoverRequested(Request {
                payload: payload.as_ref().map(|payload| payload.0.clone()),
                transcript: self.transcript(said),
            }),
            Act::UserSays(spoken) => Event::UserSaid(self.said(spoken)),
            Act::BotSays(spoken) => Event::BotSaid(self.said(spoken)),
            Act::BotEchoes(back) => {
                let spoken = self.seen.said.iter().rev().nth(usize::from(*back))?.clone();
                Event::BotSaid(self.said(&spoken))
            }
            Act::Desk(back, tells) => {
                let (handover, desk) = self.handover(*back)?;
                if let Tells::Said { spoken, .. } = tells {
                    self.seen.said.push(spoken.clone());
                }
                Event::FromDesk {
                    handover,
                    desk,
                    event: tells.event(),
                }
            }
            Act::Settle(back, result) => {
                let delivery = self
                    .seen
                    .deliveries
                    .iter()
                    .rev()
                    .nth(usize::from(*back))?
                    .clone();
                Event::Settled(Settled {
                    handover: delivery.handover,
                    lane: delivery.lane,
                    destination: delivery.destination,
                    task: delivery.task,
                    result: self.result(result),
                    leg_closed: self
                        .closed
                        .iter()
                        .any(|leg| delivery.lane == Lane::Leg(*leg)),
                })
            }
            Act::Timer => {
                self.now = self.state.wake_at().map_or(self.now, |at| at.max(self.now));
                Event::TimerFired
            }
            Act::ToldDeclined(back) => Event::ToldDeclined {
                handover: Some(self.handover(*back)?.0),
            },
            Act::DeskRemoved => {
                self.policy.desks.remove(&team());
                Event::DeskRemoved { desk: team() }
            }
            Act::BotRemoved => Event::BotRemoved,
            Act::Unknown(raw) => Event::PlatformUnknown { raw: raw.clone() },
            Act::Jump(_) | Act::Leap(_) | Act::Closed(..) | Act::Full(_) | Act::DeskBack => {
                self.change(act);
                return None;
            }
        })
    }

    fn change(&mut self, act: &Act) {
        match act {
            Act::Jump(seconds) => {
                let span = Duration::from_secs(u64::from(seconds.unsigned_abs()));
                self.now = if *seconds < 0 {
                    self.now.minus(span)
                } else {
                    self.now.plus(span)
                };
            }
            Act::Leap(forwards) => {
                self.now = Timestamp::from_millis(if *forwards { i64::MAX } else { i64::MIN });
            }
            Act::Closed(of_desk, because) => {
                let destination = if *of_desk {
                    Destination::Desk(team())
                } else {
                    Destination::Bot(self.state.key.bot.clone())
                };
                match because {
                    Some(because) => self
                        .conditions
                        .closed
                        .insert(destination, (*because).into()),
                    None => self.conditions.closed.remove(&destination),
                };
            }
            Act::Full(full) => {
                self.conditions.open.insert(team(), u64::from(*full));
            }
            Act::DeskBack => {
                self.policy.desks.entry(team()).or_default();
            }
            _ => {}
        }
    }

    fn handover(&self, back: u8) -> Option<(HandoverId, DeskName)> {
        self.seen
            .handovers
            .iter()
            .rev()
            .nth(usize::from(back))
            .cloned()
    }

    fn said(&self, spoken: &Spoken) -> PlatformMessage {
        PlatformMessage {
            at: Some(self.now),
            content: spoken.0.clone(),
            raw: None,
            feed: Feed::Only,
        }
    }

    fn transcript(&self, said: &[(bool, Spoken)]) -> Vec<TranscriptItem> {
        let item = |(user, spoken): &(bool, Spoken)| TranscriptItem {
            actor: if *user { Actor::User } else { Actor::Bot },
            said: self.said(spoken),
            keys: Vec::new(),
            seen: None,
        };
        said.iter().map(item).collect()
    }

    fn result(&self, result: &Result) -> StepResult {
        let class = |class: &u8| CLASSES[usize::from(*class) % CLASSES.len()];
        match result {
            Result::Done => StepResult::Done(Done::default()),
            Result::Refused(reason) => StepResult::Done(Done {
                refused: Some(reason.clone()),
                ..Done::default()
            }),
            Result::Named(reference, position) => StepResult::Done(Done {
                reference: Some(reference.clone()),
                position: *position,
                ..Done::default()
            }),
            Result::Found(said, session) => StepResult::Done(Done {
                found: Found {
                    transcript: self.transcript(said),
                    session: session.as_ref().map(|session| session.0.clone()),
                },
                ..Done::default()
            }),
            Result::Delayed {
                class: of,
                ambiguous,
            } => StepResult::Delayed {
                since: self.now,
                class: class(of),
                ambiguous: *ambiguous,
            },
            Result::Gone => StepResult::Gone,
            Result::Dead(of) => StepResult::Dead { class: class(of) },
            Result::Skipped => StepResult::Skipped,
        }
    }
}

impl Tells {
    fn event(&self) -> DeskEvent {
        match self {
            Self::Joined(name) => DeskEvent::Joined(Agent {
                name: name.clone(),
                avatar_url: None,
            }),
            Self::Said {
                spoken,
                automatic,
                keep_if_late,
                tell_if_late,
            } => DeskEvent::Said(AgentSaid {
                content: spoken.0.clone(),
                agent: None,
                automatic: *automatic,
                keep_if_late: *keep_if_late,
                tell_if_late: *tell_if_late,
                raw: None,
            }),
            Self::Typing => DeskEvent::Typing,
            Self::Transferred(to) => DeskEvent::Transferred { to: to.clone() },
            Self::Closed(reason) => DeskEvent::Closed {
                reason: reason.clone(),
                by: None,
            },
        }
    }
}

impl From<Because> for ClosedBecause {
    fn from(because: Because) -> Self {
        match because {
            Because::Breaker => Self::BreakerOpen,
            Because::RateLimited => Self::Paused(PausedBecause::RateLimited),
            Because::Refused => Self::Paused(PausedBecause::Refused),
            Because::NoAgent => Self::NoAgent,
        }
    }
}
