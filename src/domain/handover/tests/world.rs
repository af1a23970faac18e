//! One conversation with its policy, clock and everything that was written, for tests of `decide`.

use std::{collections::BTreeMap, time::Duration};

use uuid::Uuid;

use crate::domain::{
    conversation::{Answer, Conversation, ConversationKey, Handover},
    delivery::{Done, Lane, NewDelivery, StepResult, Task},
    effect::Effect,
    event::{AgentSaid, DeskEvent, Event, Request, Said, Settled},
    handover::{Context, Echo, Outcome, decide, repeated_answer},
    ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId},
    message::{Actor, Content, Message},
    policy::{BotPolicy, Conditions, DeskPolicy, Policy},
    time::Timestamp,
};

pub(super) struct World {
    pub(super) policy: Policy,
    pub(super) conditions: Conditions,
    pub(super) now: Timestamp,
    state: Conversation,
    ids: u128,
    effects: Vec<Effect>,
    echoes: Vec<Echo>,
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
                    enabled: true,
                    default_language: "en".to_owned(),
                    pause_steps: 0,
                    resume_steps: 1,
                    answer_pauses: true,
                },
            )]),
            desks: BTreeMap::from([(
                desk,
                DeskPolicy {
                    enabled: true,
                    takes_at_once: false,
                },
            )]),
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
            echoes: Vec::new(),
            last_request: None,
        }
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
        };
        let decision = decide(self.state.clone(), event, context);
        self.state = decision.state;
        for effect in &decision.effects {
            if let Effect::ExpectEcho { fingerprint, .. } = effect {
                self.echoes.push(Echo {
                    fingerprint: *fingerprint,
                    until: None,
                });
            }
        }
        self.effects.extend(decision.effects);
        if let Outcome::Requested { handover, .. } = decision.outcome {
            self.last_request = Some(handover);
        }
        decision.outcome
    }

    pub(super) fn request(&mut self) -> (HandoverId, Answer) {
        let request = Request {
            payload: None,
            transcript: Vec::new(),
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
            raw: None,
        }))
    }

    pub(super) fn desk_closes(&mut self) -> Outcome {
        self.desk_tells(DeskEvent::Closed {
            reason: Some("solved".to_owned()),
        })
    }

    pub(super) fn desk_tells(&mut self, event: DeskEvent) -> Outcome {
        let (handover, desk) = (self.handover().id, self.handover().leg.desk.clone());
        self.apply(&Event::FromDesk {
            handover,
            desk,
            event,
        })
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
        let leg_closed = self
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Leg(row) if row.closed && delivery.lane == Lane::Leg(row.id)));
        self.apply(&Event::Settled(Settled {
            handover: delivery.handover,
            lane: delivery.lane,
            destination: delivery.destination.clone(),
            task: delivery.task.clone(),
            result,
            leg_closed,
        }))
    }

    pub(super) fn wait_until_woken(&mut self) -> Outcome {
        self.now = self.state.wake_at().expect("a timer");
        self.apply(&Event::TimerFired)
    }

    pub(super) fn wait(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    pub(super) fn state(&self) -> &Conversation {
        &self.state
    }

    pub(super) fn handover(&self) -> &Handover {
        self.state.handover.as_ref().expect("an open handover")
    }

    pub(super) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub(super) fn deliveries(&self) -> Vec<&NewDelivery> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Deliver(delivery) => Some(delivery),
                _ => None,
            })
            .collect()
    }

    pub(super) fn tasks(&self) -> Vec<&'static str> {
        self.deliveries()
            .iter()
            .map(|delivery| delivery.task.kind())
            .collect()
    }

    pub(super) fn transcript(&self) -> Vec<(Actor, String)> {
        self.messages()
            .map(|message| match &message.content {
                Content::Text { text, .. } => (message.actor, text.clone()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Record(message) => Some(message),
            _ => None,
        })
    }

    /// What a repeat of the newest request would be answered.
    pub(super) fn outcomes_of_repeat(&self) -> Answer {
        repeated_answer(&self.state, self.last_request.expect("a request"))
    }

    fn newest(&self, wanted: impl Fn(&Task) -> bool) -> NewDelivery {
        let deliveries = self.deliveries();
        let found = deliveries
            .into_iter()
            .rev()
            .find(|delivery| wanted(&delivery.task));
        found.expect("such a delivery").clone()
    }

    fn said(&self, text: &str) -> Said {
        Said {
            at: Some(self.now),
            content: Content::text(text),
            raw: None,
        }
    }
}
