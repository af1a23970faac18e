//! A store with its clock, and the words in which the contract speaks.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use handover_bridge::{
    domain::{
        conversation::{Answer, ConversationKey},
        dedupe::DedupeKey,
        delivery::{Destination, Done, StepResult, Task},
        event::{
            AgentSaid, DeskEvent, Event, Feed, Incoming, PlatformMessage, Request, Step, Target,
            TranscriptItem,
        },
        handover::Outcome,
        ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId, OperatorName},
        message::{Actor, Content},
        operator::{Action, OperatorAction},
        policy::{BotPolicy, DeskPolicy, Policy},
        retry::ErrorClass,
        routing::Route,
        time::{Clock, Timestamp},
    },
    store::{Applied, Claim, ConsoleStore, Retention, RowOutcome, Settlement},
};

pub const START: i64 = 1_767_225_600_000;

/// Makes stores of one kind. Opening again finds what was durable.
#[async_trait]
pub trait Harness: Send + Sync {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore>;

    /// Somebody changes rows behind the store's back. It has to be opened again to notice.
    fn change(&self, sql: &str);
}

pub struct World {
    pub store: Arc<dyn ConsoleStore>,
    pub clock: Arc<ManualClock>,
    pub policy: Policy,
    harness: Box<dyn Harness>,
}

#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn wait(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millis(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

impl World {
    pub async fn new(harness: impl Harness + 'static) -> Self {
        Self::with(harness, policy()).await
    }

    pub async fn with(harness: impl Harness + 'static, policy: Policy) -> Self {
        let clock = clock();
        let store = harness.open(policy.clone(), Arc::clone(&clock)).await;
        Self {
            store,
            clock,
            policy,
            harness: Box::new(harness),
        }
    }

    /// Another process on what this one has opened.
    pub async fn beside(&self, harness: impl Harness + 'static) -> Self {
        let clock = Arc::clone(&self.clock);
        let store = harness.open(self.policy.clone(), Arc::clone(&clock)).await;
        Self {
            store,
            clock,
            policy: self.policy.clone(),
            harness: Box::new(harness),
        }
    }

    /// Nothing can be decided of the conversations so far any more: their states cannot be read.
    pub async fn spoil(&mut self) {
        self.change(
            r#"UPDATE conversations SET state = replace(state, '"answer":"', '"answer":"un')"#,
        )
        .await;
    }

    /// Rows are changed behind the store's back.
    pub async fn change(&mut self, sql: &str) {
        self.store.close().await;
        self.harness.change(sql);
        self.store = self
            .harness
            .open(self.policy.clone(), Arc::clone(&self.clock))
            .await;
    }

    /// Closes the store and opens it again, as a new process would.
    pub async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self
            .harness
            .open(self.policy.clone(), Arc::clone(&self.clock))
            .await;
    }

    pub fn wait(&self, span: Duration) {
        self.clock.wait(span);
    }

    pub async fn apply(&self, step: Step) -> Vec<Outcome> {
        match self.store.apply(step).await.unwrap() {
            Applied::Done { outcomes, .. } => outcomes,
            nobody => panic!("nobody was told: {nobody:?}"),
        }
    }

    /// What the console knows the user's conversation by. Something must have been kept of it.
    pub async fn conversation(&self, user: &str) -> ConversationId {
        match self.store.apply(step(user, Vec::new())).await.unwrap() {
            Applied::Done { conversation, .. } => conversation,
            nobody => panic!("nobody was told: {nobody:?}"),
        }
    }

    /// Somebody at the console does something with the user's conversation.
    pub async fn operate(&self, user: &str, by: &OperatorName, act: Action) -> Outcome {
        let conversation = self.conversation(user).await;
        self.apply(operated(conversation, by, act)).await.remove(0)
    }

    /// A user asks for an agent.
    pub async fn request(&self, user: &str) -> HandoverId {
        let outcomes = self.apply(request(user, Vec::new())).await;
        match outcomes.as_slice() {
            [Outcome::Requested { handover, .. }] => *handover,
            other => panic!("{other:?}"),
        }
    }

    /// A user asks for an agent and the desk takes it.
    pub async fn waiting(&self, user: &str) -> HandoverId {
        let handover = self.request(user).await;
        let open = self.claim_of(&team(), handover).await;
        assert!(matches!(open.job.task, Task::Open { .. }), "{open:?}");
        self.done(open).await;
        handover
    }

    pub async fn user_says(&self, user: &str, text: &str) -> Outcome {
        self.apply(says(user, text)).await.remove(0)
    }

    pub async fn agent_says(&self, handover: HandoverId, text: &str) -> Outcome {
        self.desk_tells(handover, agent_said(text)).await
    }

    pub async fn desk_tells(&self, handover: HandoverId, event: DeskEvent) -> Outcome {
        self.apply(from_desk(handover, event, Vec::new()))
            .await
            .remove(0)
    }

    pub async fn closes(&self, handover: HandoverId) -> Outcome {
        let reason = Some("solved".to_owned());
        self.desk_tells(handover, DeskEvent::Closed { reason, by: None })
            .await
    }

    pub async fn claim(&self, destination: &Destination) -> Option<Claim> {
        self.claims(destination, 1).await.pop()
    }

    pub async fn claims(&self, destination: &Destination, limit: usize) -> Vec<Claim> {
        self.store.claim(destination, limit).await.unwrap().claims
    }

    /// The head of this handover's lane to the destination; the other lanes are given back.
    pub async fn claim_of(&self, destination: &Destination, handover: HandoverId) -> Claim {
        let mut found = None;
        for claim in self.claims(destination, 1000).await {
            if claim.job.about.handover.id == handover {
                found = Some(claim);
            } else {
                self.store.release(claim).await.unwrap();
            }
        }
        found.expect("a lane of this handover")
    }

    /// The delivery is taken. Gives the lane's next head.
    pub async fn done(&self, claim: Claim) -> Option<Claim> {
        self.store
            .settle(claim, settled(StepResult::Done(Done::default())))
            .await
            .unwrap()
    }

    /// The delivery is not taken, to be tried again after `span`.
    pub async fn fails_for(&self, claim: Claim, span: Duration) -> Option<Claim> {
        self.fails_with(claim, ErrorClass::Busy, span).await
    }

    pub async fn fails_with(
        &self,
        claim: Claim,
        class: ErrorClass,
        span: Duration,
    ) -> Option<Claim> {
        let result = StepResult::Delayed {
            since: claim.job.about.created_at,
            class,
            ambiguous: false,
        };
        let row = RowOutcome::Retry {
            at: self.clock.now().plus(span),
            class,
            counts: true,
        };
        self.store
            .settle(claim, Settlement { result, row })
            .await
            .unwrap()
    }

    pub async fn dies(&self, claim: Claim) -> Option<Claim> {
        let class = ErrorClass::Rejected;
        let row = RowOutcome::Dead { class };
        let result = StepResult::Dead { class };
        let settled = self.store.settle(claim, Settlement { result, row });
        settled.await.unwrap()
    }

    pub async fn answer(&self, handover: HandoverId) -> Answer {
        self.store.answer(handover, Duration::ZERO).await.unwrap()
    }

    /// What was said, as the desk reads it.
    pub async fn transcript(&self, handover: HandoverId) -> Vec<(u64, String)> {
        let team = team_name();
        let view = self.store.handover(handover, &team).await.unwrap();
        let mut part = view.expect("the handover").transcript;
        let mut said = part.items;
        while part.more {
            let last = said.last().expect("a part holds something").seq;
            let rest = self.store.transcript(handover, &team, last);
            part = rest.await.unwrap();
            said.append(&mut part.items);
        }
        let told = said.iter().map(|it| (it.seq, text_of(&it.content)));
        told.collect()
    }
}

/// Stands at the start until somebody waits.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock(AtomicI64::new(START)))
}

pub fn policy() -> Policy {
    let bot_policy = BotPolicy {
        resume_steps: 1,
        ..BotPolicy::default()
    };
    Policy {
        bots: BTreeMap::from([(bot_name(), bot_policy)]),
        desks: BTreeMap::from([
            (team_name(), DeskPolicy::new()),
            (spare_name(), DeskPolicy::new()),
        ]),
        routes: vec![Route {
            bots: [bot_name()].into(),
            ..Route::to(team_name())
        }],
        observe: true,
        ..Policy::default()
    }
}

/// Everything is kept for ever but what the test names.
pub fn keep() -> Retention {
    let long = Duration::from_hours(10_000 * 24);
    Retention {
        observed: long,
        transcripts: long,
        delivered: long,
        dead_letters: long,
        keys: long,
        audit: long,
    }
}

/// As [`policy`], but the people of the team work at the console.
pub fn console_policy() -> Policy {
    let mut policy = policy();
    for (name, desk) in &mut policy.desks {
        desk.takes_at_once = *name == team_name();
    }
    policy
}

pub fn ines() -> OperatorName {
    OperatorName::new("ines").unwrap()
}

pub fn tom() -> OperatorName {
    OperatorName::new("tom").unwrap()
}

pub fn operated(conversation: ConversationId, by: &OperatorName, act: Action) -> Step {
    let event = Event::OperatorActed(OperatorAction {
        by: by.clone(),
        shown_as: None,
        overrules: false,
        action: act,
    });
    Step {
        target: Target::Id(conversation),
        profile: None,
        events: vec![Incoming {
            event,
            keys: Vec::new(),
        }],
    }
}

pub fn bot_name() -> BotName {
    BotName::new("webshop").unwrap()
}

pub fn team_name() -> DeskName {
    DeskName::new("team").unwrap()
}

pub fn spare_name() -> DeskName {
    DeskName::new("spare").unwrap()
}

pub fn bot() -> Destination {
    Destination::Bot(bot_name())
}

pub fn team() -> Destination {
    Destination::Desk(team_name())
}

pub fn key(user: &str) -> ConversationKey {
    ConversationKey {
        bot: bot_name(),
        realm: "b1/LIVE".to_owned(),
        user: ExternalId::new(user).unwrap(),
    }
}

pub fn step(user: &str, events: Vec<Incoming>) -> Step {
    Step {
        target: Target::Conversation(key(user)),
        profile: None,
        events,
    }
}

/// Without a key: it is new each time.
pub fn says(user: &str, text: &str) -> Step {
    step(user, vec![user_said(text, Vec::new())])
}

/// Under the platform's id.
pub fn says_once(user: &str, id: &str, text: &str) -> Step {
    let keys = vec![DedupeKey::message_id(&key(user), id)];
    step(user, vec![user_said(text, keys)])
}

pub fn user_said(text: &str, keys: Vec<DedupeKey>) -> Incoming {
    Incoming {
        event: Event::UserSaid(said(text)),
        keys,
    }
}

pub fn bot_said(text: &str) -> Incoming {
    Incoming {
        event: Event::BotSaid(said(text)),
        keys: Vec::new(),
    }
}

pub fn request(user: &str, transcript: Vec<TranscriptItem>) -> Step {
    step(user, vec![requested(transcript, Vec::new())])
}

pub fn request_once(user: &str, at: i64) -> Step {
    let keys = vec![DedupeKey::request(
        &key(user),
        Timestamp::from_millis(at),
        None,
    )];
    step(user, vec![requested(Vec::new(), keys)])
}

fn requested(transcript: Vec<TranscriptItem>, keys: Vec<DedupeKey>) -> Incoming {
    let request = Request {
        payload: None,
        transcript,
    };
    Incoming {
        event: Event::HandoverRequested(request),
        keys,
    }
}

pub fn item(actor: Actor, text: &str, keys: Vec<DedupeKey>) -> TranscriptItem {
    TranscriptItem {
        actor,
        said: said(text),
        keys,
        seen: None,
    }
}

pub fn from_desk(handover: HandoverId, event: DeskEvent, keys: Vec<DedupeKey>) -> Step {
    let desk = team_name();
    let target = Target::Handover {
        id: handover,
        desk: desk.clone(),
    };
    let event = Event::FromDesk {
        handover,
        desk,
        event,
    };
    Step {
        target,
        profile: None,
        events: vec![Incoming { event, keys }],
    }
}

pub fn agent_said(text: &str) -> DeskEvent {
    DeskEvent::Said(AgentSaid {
        content: Content::text(text),
        agent: None,
        automatic: false,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    })
}

pub fn settled(result: StepResult) -> Settlement {
    Settlement {
        result,
        row: RowOutcome::Delivered,
    }
}

pub fn text_of(content: &Content) -> String {
    match content {
        Content::Text { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// What the claimed delivery wants to have shown.
pub fn text(claim: &Claim) -> String {
    text_of(&claim.job.message.as_ref().expect("a message").content)
}

pub fn said(text: &str) -> PlatformMessage {
    PlatformMessage {
        at: None,
        content: Content::text(text),
        raw: None,
        feed: Feed::Only,
    }
}
