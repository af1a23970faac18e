//! The store and delivery with a clock that the test moves, for what only time brings about.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use handover_bridge::{
    bots::{BotFacts, BotPlatform},
    clock::new_id,
    delivery::{Options, Parts},
    desks::{Desk, DeskFacts},
    domain::{
        conversation::{Answer, ConversationKey},
        delivery::{About, BotJob, BotWork, DeskJob, DeskWork, Done, Failure},
        event::{Event, Feed, Incoming, PlatformMessage, Request, Step, Target},
        handover::Outcome,
        ids::{BotName, DeskName, ExternalId},
        message::{Content, Message},
        policy::{BotPolicy, DeskPolicy, Notice, Policy, Texts},
        retry::ErrorClass,
        time::{Clock, Timestamp},
    },
    outbound::{CallError, request::DryRunError},
    store::{
        Applied, DeliveryFilter, DeliveryState, DeliveryView, OperatorStore as _, Retention, Store,
        TranscriptLimits,
        sqlite::{self, SqliteStore},
    },
    telemetry::Instruments,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{PATIENCE, until};

const RECONNECTING: &str = "your message is kept";

#[derive(Debug)]
struct ManualClock(AtomicI64);

/// A bot platform and a desk in one.
#[derive(Debug, Default)]
struct Vendor {
    down: AtomicBool,
    /// Who was said what.
    said: Mutex<Vec<(String, String)>>,
}

struct World {
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
    bot: Arc<Vendor>,
    desk: Arc<Vendor>,
    _data: TempDir,
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Vendor {
    fn take(&self, about: &About, message: Option<&Message>) -> Result<Done, Failure> {
        if self.down.load(Ordering::SeqCst) {
            return Err(Failure {
                status: Some(503),
                ..Failure::of(ErrorClass::Busy)
            });
        }
        if let Some(Content::Text { text, .. }) = message.map(|message| &message.content) {
            let said = (about.key.user.as_str().to_owned(), text.clone());
            self.said.lock().unwrap().push(said);
        }
        Ok(Done::default())
    }
}

#[async_trait]
impl BotPlatform for Vendor {
    fn facts(&self) -> BotFacts {
        unreachable!("the test has a policy of its own")
    }

    async fn perform(&self, job: BotJob<'_>) -> Result<Done, Failure> {
        let said = match job.work {
            BotWork::Say(said) => Some(said.message),
            _ => None,
        };
        self.take(job.about, said)
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}

#[async_trait]
impl Desk for Vendor {
    fn facts(&self) -> DeskFacts {
        unreachable!("the test has a policy of its own")
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        let said = match job.work {
            DeskWork::Message(said) => Some(said.message),
            DeskWork::Placeholder(message) => Some(message),
            DeskWork::Failed { message, .. } => message,
            DeskWork::Open(_) | DeskWork::Close { .. } => None,
        };
        self.take(job.about, said)
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        Vec::new()
    }
}

impl World {
    fn new() -> Self {
        let data = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock(AtomicI64::new(1_767_225_600_000)));
        let store = sqlite::Options {
            path: data.path().join("handover.db"),
            migrate: true,
            policy: Arc::new(policy()),
            clock: clock.clone(),
            new_id,
            transcript_limits: TranscriptLimits::new(),
            instruments: Instruments::default(),
        };
        let world = Self {
            store: Arc::new(store.open().unwrap()),
            clock,
            bot: Arc::default(),
            desk: Arc::default(),
            _data: data,
        };
        let day = Duration::from_hours(24);
        let options = Options {
            retention: Retention {
                observed: day,
                transcripts: day,
                delivered: day,
                dead_letters: day,
                keys: day,
                audit: day,
            },
            limit: Duration::from_hours(4),
            finish: Duration::from_secs(1),
        };
        let bot: Arc<dyn BotPlatform> = world.bot.clone();
        let desk: Arc<dyn Desk> = world.desk.clone();
        let parts = Parts {
            store: world.store.clone(),
            clock: world.clock.clone(),
            jitter: || 1.0,
            bots: BTreeMap::from([(bot_name(), bot)]),
            desks: BTreeMap::from([(desk_name(), desk)]),
            instruments: Instruments::default(),
        };
        tokio::spawn(options.build(parts).run(CancellationToken::new()));
        world
    }

    /// A user asks for an agent, and the desk takes it.
    async fn waits(&self, user: &str) {
        let request = Event::HandoverRequested(Request {
            payload: None,
            transcript: Vec::new(),
        });
        let Outcome::Requested { handover, .. } = self.apply(user, request).await else {
            panic!("a request")
        };
        let answer = self.store.answer(handover, PATIENCE).await.unwrap();
        assert_eq!(answer, Answer::Accepted);
    }

    async fn says(&self, user: &str) {
        let said = PlatformMessage {
            at: None,
            content: Content::text("hello?"),
            raw: None,
            feed: Feed::Only,
        };
        self.apply(user, Event::UserSaid(said)).await;
    }

    async fn apply(&self, user: &str, event: Event) -> Outcome {
        let key = ConversationKey {
            bot: bot_name(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new(user).unwrap(),
        };
        let incoming = Incoming {
            event,
            keys: Vec::new(),
        };
        let step = Step {
            target: Target::Conversation(key),
            profile: None,
            events: vec![incoming],
        };
        match self.store.apply(step).await.unwrap() {
            Applied::Done { mut outcomes, .. } => outcomes.remove(0),
            other => panic!("a conversation is made if there is none: {other:?}"),
        }
    }

    async fn messages(&self, state: DeliveryState) -> Vec<DeliveryView> {
        let filter = DeliveryFilter {
            state: Some(state),
            limit: 100,
            ..DeliveryFilter::default()
        };
        let mut found = self.store.deliveries(filter).await.unwrap().items;
        found.retain(|view| view.kind.label() == "message");
        found
    }

    fn wait(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
        // It sleeps by the real clock.
        self.store.timer_bell().notify_one();
    }

    fn told(&self, user: &str) -> bool {
        let said = self.bot.said.lock().unwrap();
        said.iter()
            .any(|(who, what)| who == user && what == RECONNECTING)
    }
}

#[tokio::test]
async fn who_writes_behind_an_open_breaker_is_told_after_a_minute_although_no_call_was_tried() {
    let world = World::new();
    world.waits("eve").await;
    for number in 0..10 {
        world.waits(&format!("user-{number}")).await;
    }
    world.desk.down.store(true, Ordering::SeqCst);
    // Ten failures in a row open the breaker.
    for number in 0..10 {
        world.says(&format!("user-{number}")).await;
    }
    until(async || world.messages(DeliveryState::Retrying).await.len() == 10).await;

    // Later than the next attempts of the others, so that those are the probes.
    world.wait(Duration::from_millis(900));
    world.says("eve").await;
    world.wait(Duration::from_mins(1));
    until(async || world.told("eve")).await;
    let untried = world.messages(DeliveryState::Pending).await;
    assert_eq!(untried.len(), 1, "{untried:?}");
    assert_eq!(untried[0].attempts, 0);
}

fn policy() -> Policy {
    let bot = BotPolicy {
        resume_steps: 1,
        ..BotPolicy::default()
    };
    let texts = BTreeMap::from([(Notice::Reconnecting, RECONNECTING.to_owned())]);
    Policy {
        bots: BTreeMap::from([(bot_name(), bot)]),
        desks: BTreeMap::from([(desk_name(), DeskPolicy::new())]),
        texts: Texts(BTreeMap::from([("en".to_owned(), texts)])),
        ..Policy::default()
    }
}

fn bot_name() -> BotName {
    BotName::new("webshop").unwrap()
}

fn desk_name() -> DeskName {
    DeskName::new("live").unwrap()
}
