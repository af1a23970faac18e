//! What the desks of vendors have in common that are played: the development desk's page with what a vendor has besides,
//! faults, and events that are told in order. The vendor's folder has its API, its words, and what an agent can do.

pub(super) mod courier;
pub(super) mod page;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use self::courier::{Couriers, Events};
use super::{
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
    couriers: mpsc::Sender<Events>,
    closing: CancellationToken,
}

/// Where a user can be played, what time it is, and what faults follow from.
pub(super) struct Setting {
    pub(super) chat_url: Option<Url>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) seed: u64,
}

/// Far more than a person or a test opens.
const MOST_CONVERSATIONS: usize = 20_000;

impl Stage {
    pub(super) fn new(setting: Setting) -> (Self, Couriers) {
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
        let (queue, events) = courier::queue(conversation, ordinal);
        self.couriers.try_send(events).ok()?;
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
    mut couriers: Couriers,
    shutdown: CancellationToken,
) {
    let tracker = TaskTracker::new();
    while let Some(Some(events)) = shutdown.run_until_cancelled(couriers.recv()).await {
        let (shutdown, played) = (shutdown.clone(), Arc::clone(&played));
        tracker.spawn(async move {
            shutdown.run_until_cancelled(events.carry(&*played)).await;
        });
    }
    played.stage().closing.cancel();
    tracker.close();
    tracker.wait().await;
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
