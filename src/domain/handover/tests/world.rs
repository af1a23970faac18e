//! One conversation with its policy, clock and everything that was written, for tests of `decide`.

mod seen;

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use uuid::Uuid;

use super::changed;
use crate::domain::{
    conversation::{Answer, Conversation, ConversationKey, Handover, Phase, ResumeContract},
    delivery::{Destination, Done, Found, Lane, NewDelivery, StepResult, Task, Unsaid},
    effect::{Cancelled, Cause, Effect, WarningKind},
    event::{
        AgentSaid, DeskEvent, Event, Feed, NamedLeg, PlatformMessage, Request, Settled,
        TranscriptItem,
    },
    handover::{Context, Echo, Outcome, decide, repeated_answer},
    ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId, LegId, MessageId},
    message::{Actor, Content, Message},
    policy::{BotPolicy, ClosedBecause, Conditions, DeskPolicy, Notice, Policy},
    retry::ErrorClass,
    routing::{Condition, Fact, Path, Route, Scalar},
    time::Timestamp,
};

pub(super) fn desk(name: &str) -> DeskName {
    DeskName::new(name).unwrap()
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) policy: Policy,
    pub(super) conditions: Conditions,
    pub(super) now: Timestamp,
    state: Conversation,
    ids: u128,
    effects: Vec<Effect>,
    /// All there ever were; `effects` can be cleared.
    owed: Vec<NewDelivery>,
    closed: Vec<LegId>,
    echoes: Vec<Echo>,
    /// What agents have said and waits, where an event may leave it unsaid.
    pub(super) unsaid: Vec<Unsaid>,
    /// Whether the newest message to the desk is just being sent.
    pub(super) flies: bool,
    last_request: Option<HandoverId>,
}

impl World {
    pub(super) fn new() -> Self {
        let bot = BotName::new("webshop").unwrap();
        let desk = DeskName::new("team").unwrap();
        let policy = Policy {
            bots: BTreeMap::from([(
                bot.clone(),
                BotPolicy {
                    resume_steps: 1,
                    ..BotPolicy::default()
                },
            )]),
            desks: BTreeMap::from([(desk, DeskPolicy::new())]),
            observe: true,
            ..Policy::default()
        };
        let key = ConversationKey {
            bot,
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("s1").unwrap(),
        };
        Self {
            policy,
            conditions: Conditions::default(),
            now: Timestamp::from_millis(1_767_225_600_000),
            state: Conversation::new(ConversationId::from_uuid(Uuid::from_u128(1)), key),
            ids: 1,
            effects: Vec::new(),
            owed: Vec::new(),
            closed: Vec::new(),
            echoes: Vec::new(),
            unsaid: Vec::new(),
            flies: true,
            last_request: None,
        }
    }

    /// With a text for every notice, in English and Dutch: the notice's name, and `nl` before it.
    pub(super) fn with_texts() -> Self {
        let mut world = Self::new();
        for (language, before) in [("en", ""), ("nl", "nl ")] {
            let texts =
                Notice::ALL.map(|notice| (notice, format!("{before}{notice:?}").to_lowercase()));
            world
                .policy
                .texts
                .0
                .insert(language.to_owned(), BTreeMap::from(texts));
        }
        world
    }

    /// With other words for this notice in English.
    pub(super) fn saying(notice: Notice, words: &str) -> Self {
        let mut world = Self::with_texts();
        let english = world.policy.texts.0.get_mut("en").unwrap();
        english.insert(notice, words.to_owned());
        world
    }

    /// The desk `team` with the fallback `second`, which is called too, or takes at once.
    pub(super) fn with_fallback(second: &str, takes_at_once: bool) -> Self {
        let mut world = Self::with_texts();
        world.add_desk(second, takes_at_once);
        world.policy.routes.push(Route {
            fallbacks: vec![desk(second)],
            ..Route::to(desk("team"))
        });
        world
    }

    /// A bot that is paused by steps of its own, not by the answer.
    pub(super) fn with_pause_steps(steps: usize) -> Self {
        let mut world = Self::with_texts();
        world.bot_mut().answer_pauses = false;
        world.bot_mut().pause_steps = steps;
        world
    }

    /// A platform that can be asked. Whose session data says `tier = "gold"` goes to `second`, the others to `team`.
    pub(super) fn with_look_ups() -> Self {
        let mut world = Self::with_texts();
        world.bot_mut().look_ups.history = true;
        world.bot_mut().look_ups.session = true;
        world.add_desk("second", false);
        let gold = Condition {
            of: Fact::Session(Path::new(["tier"])),
            any_of: Scalar::of(&json!("gold")).into_iter().collect(),
        };
        world.policy.routes = vec![
            Route {
                when: vec![gold],
                fallbacks: vec![desk("team")],
                ..Route::to(desk("second"))
            },
            Route::to(desk("team")),
        ];
        world
    }

    /// A handover that an agent has.
    pub(super) fn attended() -> Self {
        let mut world = Self::with_texts();
        world.request();
        world.opened();
        world.agent_says("hi");
        world
    }

    pub(super) fn add_desk(&mut self, name: &str, takes_at_once: bool) {
        self.policy.desks.insert(
            desk(name),
            DeskPolicy {
                takes_at_once,
                ..DeskPolicy::new()
            },
        );
    }

    pub(super) fn close_bot(&mut self, because: ClosedBecause) {
        let bot = Destination::Bot(self.state.key.bot.clone());
        self.conditions.closed.insert(bot, because);
    }

    pub(super) fn desk_mut(&mut self, name: &str) -> &mut DeskPolicy {
        self.policy.desks.get_mut(&desk(name)).unwrap()
    }

    pub(super) fn bot_mut(&mut self) -> &mut BotPolicy {
        self.policy.bots.values_mut().next().unwrap()
    }

    pub(super) fn apply(&mut self, event: &Event) -> Outcome {
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
            on_its_way: self
                .state
                .handover
                .as_ref()
                .and_then(|open| open.unheard)
                .filter(|_| self.flies),
        };
        let decision = decide(self.state.clone(), event, context);
        changed::is_told(&self.state, &decision);
        self.state = decision.state;
        for effect in &decision.effects {
            match effect {
                Effect::ExpectEcho { fingerprint, .. } => {
                    self.echoes.push(Echo {
                        fingerprint: *fingerprint,
                        until: None,
                    });
                }
                Effect::ExpectCopy {
                    fingerprint, until, ..
                } => {
                    self.echoes.push(Echo {
                        fingerprint: *fingerprint,
                        until: Some(*until),
                    });
                }
                Effect::Deliver(delivery) => self.owed.push(delivery.clone()),
                Effect::Leg(row) if row.closed => self.closed.push(row.id),
                _ => {}
            }
        }
        self.effects.extend(decision.effects);
        if let Outcome::Requested { handover, .. } = decision.outcome {
            self.last_request = Some(handover);
        }
        decision.outcome
    }

    pub(super) fn request(&mut self) -> (HandoverId, Answer) {
        self.request_with(Vec::new())
    }

    pub(super) fn request_with(&mut self, transcript: Vec<TranscriptItem>) -> (HandoverId, Answer) {
        let request = Request {
            payload: None,
            transcript,
        };
        match self.apply(&Event::HandoverRequested(request)) {
            Outcome::Requested { handover, answer } => (handover, answer),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn user_says(&mut self, text: &str) -> Outcome {
        let said = self.said(text);
        self.apply(&Event::UserSaid(said))
    }

    pub(super) fn bot_says(&mut self, text: &str) -> Outcome {
        let said = self.said(text);
        self.apply(&Event::BotSaid(said))
    }

    pub(super) fn agent_says(&mut self, text: &str) -> Outcome {
        self.desk_tells(DeskEvent::Said(AgentSaid {
            content: Content::text(text),
            agent: None,
            automatic: false,
            keep_if_late: false,
            tell_if_late: false,
            raw: None,
        }))
    }

    pub(super) fn desk_closes(&mut self) -> Outcome {
        self.desk_tells(DeskEvent::Closed {
            reason: Some("solved".to_owned()),
            by: None,
        })
    }

    pub(super) fn desk_tells(&mut self, event: DeskEvent) -> Outcome {
        let (handover, desk) = (self.handover().id, self.leg().desk.clone());
        self.apply(&Event::FromDesk {
            handover,
            desk,
            event,
        })
    }

    /// The desk tells of the present leg, which it calls so. What it was told of before is what the state knows.
    pub(super) fn leg_tells(&mut self, reference: &str, event: DeskEvent) -> Outcome {
        let open = self.leg();
        let leg = NamedLeg {
            id: open.id,
            handover: self.handover().id,
            desk: open.desk.clone(),
            reference: Some(reference.to_owned()),
            is_new: open.reference.as_deref() != Some(reference),
        };
        self.apply(&Event::FromLeg {
            event,
            leg: Some(leg),
        })
    }

    /// The newest delivery of this kind comes to this.
    pub(super) fn comes_to(&mut self, kind: &str, result: StepResult) -> Outcome {
        let delivery = self.newest(|task| task.kind().label() == kind);
        self.settle(&delivery, result)
    }

    /// This delivery has failed without effect and will be tried again.
    pub(super) fn put_off(&mut self, delivery: &NewDelivery) -> Outcome {
        self.settle(
            delivery,
            StepResult::Delayed {
                since: self.now,
                class: ErrorClass::Busy,
                ambiguous: false,
            },
        )
    }

    /// The newest delivery of this kind has failed and will be tried again.
    pub(super) fn delayed(&mut self, kind: &str, class: ErrorClass) -> Outcome {
        let (since, ambiguous) = (self.now, class == ErrorClass::Ambiguous);
        self.comes_to(
            kind,
            StepResult::Delayed {
                since,
                class,
                ambiguous,
            },
        )
    }

    /// The newest open call succeeds.
    pub(super) fn opened(&mut self) {
        let open = self.newest(|task| matches!(task, Task::Open { .. }));
        self.settle(&open, StepResult::Done(Done::default()));
    }

    /// Every resume step of the newest close succeeds.
    pub(super) fn resumed(&mut self) {
        let resume = self.newest(|task| matches!(task, Task::Resume { .. }));
        self.settle(&resume, StepResult::Done(Done::default()));
    }

    pub(super) fn settle(&mut self, delivery: &NewDelivery, result: StepResult) -> Outcome {
        let leg_closed = self.has_closed(delivery.lane);
        self.apply(&Event::Settled(Settled {
            handover: delivery.handover,
            lane: delivery.lane,
            destination: delivery.destination.clone(),
            task: delivery.task.clone(),
            result,
            leg_closed,
        }))
    }

    /// The desk of this lane has been told, or need not be told, that its part is over.
    pub(super) fn has_closed(&self, lane: Lane) -> bool {
        self.closed.iter().any(|leg| lane == Lane::Leg(*leg))
    }

    pub(super) fn wait_until_woken(&mut self) -> Outcome {
        self.now = self.state.wake_at().expect("a timer").max(self.now);
        self.apply(&Event::TimerFired)
    }

    pub(super) fn wait(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    /// Lets the timers fire that fall due within this span.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now.plus(span);
        while let Some(at) = self.state.wake_at().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.apply(&Event::TimerFired);
            assert!(
                self.state.wake_at().is_none_or(|next| next > self.now),
                "a timer that does not move on"
            );
        }
        self.now = end;
    }

    /// Forgets what was written so far, to look at what comes next alone.
    pub(super) fn look_from_here(&mut self) {
        self.effects.clear();
    }

    pub(super) fn change_state(&mut self, change: impl FnOnce(&mut Conversation)) {
        change(&mut self.state);
    }

    fn newest(&self, wanted: impl Fn(&Task) -> bool) -> NewDelivery {
        let found = self
            .owed
            .iter()
            .rev()
            .find(|delivery| wanted(&delivery.task));
        found.expect("such a delivery").clone()
    }

    /// Of this message, or of its first part.
    pub(super) fn delivery_of(&self, message: MessageId) -> NewDelivery {
        let mut owed = self.owed.iter();
        let found = owed.find(|delivery| delivery.task.message() == Some(message));
        found.expect("such a delivery").clone()
    }

    /// The platform is asked, and knows this.
    pub(super) fn finds(&mut self, texts: &[&str], session: serde_json::Value) -> Outcome {
        let transcript = texts
            .iter()
            .map(|text| self.item(Actor::Bot, text))
            .collect();
        let found = Found {
            transcript,
            session: Some(session),
        };
        self.comes_to(
            "look_up",
            StepResult::Done(Done {
                found,
                ..Done::default()
            }),
        )
    }

    pub(super) fn item(&self, actor: Actor, text: &str) -> TranscriptItem {
        TranscriptItem {
            actor,
            said: self.said(text),
            keys: Vec::new(),
            seen: None,
        }
    }

    pub(super) fn said(&self, text: &str) -> PlatformMessage {
        PlatformMessage {
            at: Some(self.now),
            content: Content::text(text),
            raw: None,
            feed: Feed::Only,
        }
    }
}
