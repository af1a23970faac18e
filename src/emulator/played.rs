//! What the desks of vendors have in common that are played: the development desk's page with what a vendor has besides,
//! faults, and events that are told in order. The vendor's folder has its API, its words, and what an agent can do.

pub(super) mod page;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::StatusCode;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    courier::{self, Courier, Couriers, MOST_CONVERSATIONS, Way},
    desk::{board::Board, event::FromBridge},
    faults::FaultInjector,
    trial::Verdict,
};
use crate::{
    clock::new_id,
    domain::time::{Clock, Timestamp},
};

/// A vendor's desk.
pub(super) trait Played: Send + Sync + 'static {
    /// What an agent, or the desk by itself, does.
    type Act: DeserializeOwned + Send;

    fn stage(&self) -> &Stage;

    /// What the page has to know besides what is on every desk's.
    fn about(&self) -> Map<String, Value>;

    fn act(&self, conversation: &str, act: Self::Act) -> Result<(), Refused>;

    /// The call that tells the bridge of this, which has gone unsent so far.
    fn telling(&self, event: &Value) -> RequestBuilder;
}

/// Why an agent's act came to nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("no such conversation")]
    Unknown,
    #[error("this conversation is closed already")]
    Closed,
    #[error("{0}")]
    Event(&'static str),
    #[error("too much is waiting for the bridge")]
    Busy,
}

/// What is on the page, and what goes wrong. No lock is held across an await, nor while another is taken.
pub(super) struct Stage {
    chat_url: Option<Url>,
    clock: Arc<dyn Clock>,
    board: Mutex<Board>,
    injector: Mutex<FaultInjector>,
    couriers: mpsc::Sender<Courier<Value>>,
    closing: CancellationToken,
}

/// Where a user can be played, what time it is, and what faults follow from.
pub(super) struct Setting {
    pub(super) chat_url: Option<Url>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) seed: u64,
}

/// A desk's way to the bridge.
struct Telling<P>(Arc<P>);

impl Stage {
    pub(super) fn new(setting: Setting) -> (Self, Couriers<Value>) {
        let (couriers, starts) = mpsc::channel(MOST_CONVERSATIONS);
        let stage = Self {
            chat_url: setting.chat_url,
            clock: setting.clock,
            board: Mutex::default(),
            injector: Mutex::new(FaultInjector::new(setting.seed)),
            couriers,
            closing: CancellationToken::new(),
        };
        (stage, starts)
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }

    pub(super) fn injector(&self) -> MutexGuard<'_, FaultInjector> {
        lock(&self.injector)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A queue for the events of a new conversation. `None`: there are too many already.
    pub(super) fn events(&self, conversation: &str, ordinal: u64) -> Option<mpsc::Sender<Value>> {
        let (queue, courier) = Courier::of(conversation, ordinal);
        self.couriers.try_send(courier).ok()?;
        Some(queue)
    }

    /// The bridge has said something.
    pub(super) fn hear(&self, event: FromBridge) {
        let (now, call) = (self.now(), new_id().to_string());
        self.board().hear(&call, event, now);
    }

    pub(super) fn note(&self, conversation: &str, text: &str) {
        let now = self.now();
        self.board().note(conversation, text, now);
    }

    /// What a fault makes of a call, once it has waited as long as it has to.
    pub(super) async fn judge(&self, ordinal: u64) -> Verdict {
        let delay = self.injector().faults().api_delay();
        sleep(delay).await;
        let (verdict, _) = Verdict::of(&mut self.injector(), ordinal);
        verdict
    }
}

/// Tells the bridge events until `shutdown`; what is queued by then is dropped, and pages are told to come back.
pub(super) async fn run<P: Played>(
    played: Arc<P>,
    couriers: Couriers<Value>,
    shutdown: CancellationToken,
) {
    courier::run(Arc::new(Telling(played)), couriers, shutdown).await;
}

impl<P: Played> Way for Telling<P> {
    type Load = Value;
    type Answer = Infallible;

    fn faults(&self) -> MutexGuard<'_, FaultInjector> {
        self.0.stage().injector()
    }

    async fn post(&self, conversation: &str, event: &Value, _again: bool) -> Option<Infallible> {
        let text = match self.0.telling(event).send().await {
            Ok(answer) if answer.status().is_success() => return None,
            Ok(answer) => {
                let status = answer.status().as_u16();
                format!("The bridge refused an event with {status}")
            }
            Err(_) => "The bridge did not answer an event".to_owned(),
        };
        self.0.stage().note(conversation, &text);
        None
    }

    fn lost(&self, conversation: &str, _event: &Value, what: &'static str) {
        let text = format!("An event was {what}");
        self.0.stage().note(conversation, &text);
    }

    /// It never asks.
    fn answered(&self, _conversation: &str, _answer: Option<Infallible>) {}

    fn close(&self) {
        self.0.stage().closing.cancel();
    }
}

/// Nothing that panics leaves half of a change behind.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Refused {
    fn status(self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Closed => StatusCode::CONFLICT,
            Self::Event(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn body(self) -> Value {
        json!({ "error": self.to_string() })
    }
}
