//! A store that remembers what it was given and answers what the test says.

use std::{
    future::pending,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use handover_bridge::{
    domain::{
        conversation::Answer,
        delivery::Destination,
        effect::Warning,
        event::Step,
        handover::Outcome,
        ids::{BotName, ConversationId, DeliveryId, DeskName, ErasureId, HandoverId},
        message::Message,
        policy::ClosedBecause,
    },
    store::{
        Applied, Census, Changed, Claim, Claimed, DeliveryFilter, DeliveryView, Erased, Erasure,
        Error, Fired, Gone, HandoverSummary, HandoverView, Names, OperatorStore, Page, Pause,
        Retention, Settlement, Store, WarningView, Whose,
    },
};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

/// What the store does with a step or a question.
#[derive(Debug, Default)]
pub struct Script {
    pub apply: Apply,
    pub answer: Option<Answer>,
    pub answer_fails: bool,
    /// These of the steps are told that the store is away.
    pub away: Range<usize>,
    pub handover: Option<HandoverView>,
    /// What follows the part of the transcript that the handover comes with. Each comes by itself; without any the store
    /// fails.
    pub said_later: Vec<Message>,
    pub deliveries: Vec<DeliveryView>,
    pub change: Option<Changed>,
    pub summaries: Vec<HandoverSummary>,
    pub warnings: Vec<WarningView>,
    pub erasure: Option<Erasure>,
    /// A bot that is not configured, of which a conversation is kept.
    pub kept_of: Option<BotName>,
    pub census: Census,
    pub census_fails: bool,
    pub probe_fails: bool,
}

#[derive(Debug, Default)]
pub enum Apply {
    /// Every event is taken under this id.
    #[default]
    Taken,
    Outcome(Outcome),
    NotFound,
    Kept,
    Contradiction,
    Fails(fn() -> Error),
    Hangs,
    Panics,
    /// Says when it was reached, and goes on when it is let.
    Held {
        reached: Arc<Semaphore>,
        go: Arc<Semaphore>,
    },
}

#[derive(Debug, Default)]
pub struct Scripted {
    script: Script,
    steps: Mutex<Vec<Step>>,
    committed: AtomicUsize,
    warned: Mutex<Vec<Warning>>,
    asked: Mutex<Vec<DeliveryFilter>>,
    erased: Mutex<Vec<(Whose, bool)>>,
}

impl Apply {
    /// Takes a request for an agent under [`TAKEN`], with this answer.
    pub fn requested(answer: Answer) -> Self {
        Self::Outcome(Outcome::Requested {
            handover: HandoverId::from_uuid(TAKEN),
            answer,
        })
    }

    /// Holds each step. The first semaphore gets a permit when one has come, the second lets one go on.
    pub fn held() -> (Self, Arc<Semaphore>, Arc<Semaphore>) {
        let [reached, go] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
        let held = Self::Held {
            reached: Arc::clone(&reached),
            go: Arc::clone(&go),
        };
        (held, reached, go)
    }
}

/// The id of everything that [`Apply::Taken`] takes.
pub const TAKEN: Uuid = Uuid::from_u128(0x7a);

impl Scripted {
    pub fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            script,
            ..Self::default()
        })
    }

    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap().clone()
    }

    /// Steps that were applied to their end.
    pub fn committed(&self) -> usize {
        self.committed.load(Ordering::SeqCst)
    }

    pub fn warned(&self) -> Vec<Warning> {
        self.warned.lock().unwrap().clone()
    }

    /// Who was to be erased, and whether at the platform too.
    pub fn erased(&self) -> Vec<(Whose, bool)> {
        self.erased.lock().unwrap().clone()
    }

    pub fn asked(&self) -> Vec<DeliveryFilter> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Store for Scripted {
    async fn apply(&self, step: Step) -> Result<Applied, Error> {
        let events = step.events.len();
        let before = {
            let mut steps = self.steps.lock().unwrap();
            steps.push(step);
            steps.len() - 1
        };
        if self.script.away.contains(&before) {
            return Err(Error::Unavailable("no connection".into()));
        }
        let conversation = ConversationId::from_uuid(TAKEN);
        let outcomes = match &self.script.apply {
            Apply::Taken => vec![Outcome::Taken { id: TAKEN }; events],
            Apply::Outcome(outcome) => vec![outcome.clone(); events],
            Apply::NotFound => return Ok(Applied::NotFound),
            Apply::Kept => return Ok(Applied::Kept),
            Apply::Contradiction => return Ok(Applied::Contradiction),
            Apply::Fails(error) => return Err(error()),
            Apply::Hangs => pending().await,
            Apply::Panics => panic!("as the test wants it"),
            Apply::Held { reached, go } => {
                reached.add_permits(1);
                go.acquire().await.unwrap().forget();
                vec![Outcome::Taken { id: TAKEN }; events]
            }
        };
        self.committed.fetch_add(1, Ordering::SeqCst);
        Ok(Applied::Done {
            conversation,
            outcomes,
        })
    }

    async fn answer(&self, _: HandoverId, within: Duration) -> Result<Answer, Error> {
        if self.script.answer_fails {
            return Err(Error::Unavailable("no connection".into()));
        }
        if let Some(answer) = self.script.answer {
            return Ok(answer);
        }
        tokio::time::sleep(within).await;
        Ok(Answer::Pending)
    }

    async fn handover(&self, _: HandoverId, _: &DeskName) -> Result<Option<HandoverView>, Error> {
        Ok(self.script.handover.clone())
    }

    async fn transcript(
        &self,
        _: HandoverId,
        _: &DeskName,
        after: u64,
    ) -> Result<Page<Message>, Error> {
        let mut later = self.script.said_later.iter();
        let next = later.find(|said| said.seq > after);
        let next = next.ok_or(Error::Unavailable("gone".into()))?.clone();
        Ok(Page {
            items: vec![next],
            more: later.next().is_some(),
        })
    }

    async fn warn(&self, warning: Warning) -> Result<(), Error> {
        self.warned.lock().unwrap().push(warning);
        Ok(())
    }

    async fn go_on_erasing(&self, _: usize) -> Result<Erased, Error> {
        Err(Error::Closed)
    }

    fn erasure_bell(&self) -> Arc<Notify> {
        Arc::default()
    }

    async fn probe(&self) -> Result<(), Error> {
        if self.script.probe_fails {
            Err(Error::Busy)
        } else {
            Ok(())
        }
    }

    async fn claim(&self, _: &Destination, _: usize) -> Result<Claimed, Error> {
        Err(Error::Closed)
    }

    fn bell(&self, _: &Destination) -> Arc<Notify> {
        Arc::default()
    }

    async fn settle(&self, _: Claim, _: Settlement) -> Result<Option<Claim>, Error> {
        Err(Error::Closed)
    }

    async fn hold(&self, _: &Claim, _: Duration) -> Result<bool, Error> {
        Err(Error::Closed)
    }

    async fn release(&self, _: Claim) -> Result<(), Error> {
        Err(Error::Closed)
    }

    async fn fire_timers(&self, _: usize) -> Result<Fired, Error> {
        Err(Error::Closed)
    }

    fn timer_bell(&self) -> Arc<Notify> {
        Arc::default()
    }

    async fn pause(&self, _: &Destination, _: Option<Pause>) -> Result<(), Error> {
        Err(Error::Closed)
    }

    fn set_condition(&self, _: &Destination, _: Option<ClosedBecause>) {}

    async fn names_of_others(&self) -> Result<Option<Names>, Error> {
        Ok(Some(Names::default()))
    }

    async fn names_in_use(&self) -> Result<Names, Error> {
        Err(Error::Closed)
    }

    async fn remove(&self, _: &Gone, _: usize) -> Result<usize, Error> {
        Err(Error::Closed)
    }

    async fn purge(&self, _: Retention, _: usize) -> Result<usize, Error> {
        Err(Error::Closed)
    }

    async fn close(&self) {}
}

#[async_trait]
impl OperatorStore for Scripted {
    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<DeliveryView>, Error> {
        let items = self
            .script
            .deliveries
            .iter()
            .take(filter.limit)
            .cloned()
            .collect();
        let more = self.script.deliveries.len() > filter.limit;
        self.asked.lock().unwrap().push(filter);
        Ok(Page { items, more })
    }

    async fn retry_delivery(&self, _: DeliveryId, _: &str) -> Result<Changed, Error> {
        self.script.change.ok_or(Error::Busy)
    }

    async fn skip_delivery(&self, _: DeliveryId, _: &str) -> Result<Changed, Error> {
        self.script.change.ok_or(Error::Busy)
    }

    async fn open_handovers(
        &self,
        _: Option<HandoverId>,
        limit: usize,
    ) -> Result<Page<HandoverSummary>, Error> {
        let items = self.script.summaries.iter().take(limit).cloned().collect();
        Ok(Page {
            items,
            more: self.script.summaries.len() > limit,
        })
    }

    async fn warnings(&self) -> Result<Vec<WarningView>, Error> {
        Ok(self.script.warnings.clone())
    }

    async fn erase(&self, whose: Whose, at_platform: bool, _: &str) -> Result<Erasure, Error> {
        self.erased.lock().unwrap().push((whose, at_platform));
        self.script.erasure.clone().ok_or(Error::Busy)
    }

    async fn is_kept_of(&self, bot: &BotName) -> Result<bool, Error> {
        Ok(self.script.kept_of.as_ref() == Some(bot))
    }

    async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Error> {
        let known = self.script.erasure.clone();
        Ok(known.filter(|known| known.id == id))
    }

    async fn census(&self) -> Result<Census, Error> {
        if self.script.census_fails {
            Err(Error::Busy)
        } else {
            Ok(self.script.census.clone())
        }
    }
}
