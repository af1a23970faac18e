//! An Aivo Live that runs on the desk top: a page on which a person answers, the queue call as Aivo documents it, and the
//! events that the bridge is told. Never part of `serve`.
//!
//! The calls that bring a user's message and a close are documented nowhere: it takes those of the bridge's default
//! configuration, which are a labelled guess. What goes wrong can be chosen as in the emulated bot platform. The page and what
//! stands on it are the development [`desk`](super::desk)'s.
//!
//! `app` mounts [`AivoLive::router`] on a listener and drives [`AivoLive::run`]; without the latter nothing is told.

mod api;
mod courier;
mod event;
mod page;
mod rooms;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

pub use self::event::IDLE;
use self::{courier::Courier, rooms::Rooms};
use super::{
    client::{self, BuildError},
    desk::board::Board,
    faults::FaultInjector,
};
use crate::domain::time::{Clock, Timestamp};

/// What an emulated Aivo Live needs to know of the bridge, and the bridge of it.
#[derive(Debug)]
pub struct Options {
    pub bot_id: u64,
    pub bot_token: SecretString,
    /// The groups that there are, by id and name.
    pub groups: Vec<(u64, String)>,
    /// The bridge's hook for this desk, with its hook key. Loopback only.
    pub hook_url: Url,
    /// Where a user can be played; the page links to it while there is nobody to answer.
    pub chat_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
    /// Ids and faults follow from it.
    pub seed: u64,
}

/// An emulated Aivo Live that has been built and not yet been run.
pub struct AivoLive {
    shared: Arc<Shared>,
    couriers: mpsc::Receiver<Courier>,
}

struct Shared {
    bot_id: u64,
    bot_token: SecretString,
    groups: Vec<(u64, String)>,
    hook_url: Url,
    chat_url: Option<Url>,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
    state: Mutex<State>,
    couriers: mpsc::Sender<Courier>,
    closing: CancellationToken,
}

/// Under one lock, which is never held across an await.
struct State {
    board: Board,
    rooms: Rooms,
    injector: FaultInjector,
}

/// Far more than a person or a test opens.
const MAX_ROOMS: usize = 20_000;

pub fn build(options: Options) -> Result<AivoLive, BuildError> {
    let Options {
        bot_id,
        bot_token,
        groups,
        hook_url,
        chat_url,
        clock,
        seed,
    } = options;
    let (couriers, starts) = mpsc::channel(MAX_ROOMS);
    let client = client::build(&hook_url)?;
    let shared = Shared {
        bot_id,
        bot_token,
        groups,
        hook_url,
        chat_url,
        clock,
        client,
        state: Mutex::new(State {
            board: Board::default(),
            rooms: Rooms::new(seed),
            injector: FaultInjector::new(seed),
        }),
        couriers,
        closing: CancellationToken::new(),
    };
    Ok(AivoLive {
        shared: Arc::new(shared),
        couriers: starts,
    })
}

impl AivoLive {
    /// The page, its calls, the faults, and the API that the bridge calls: to be mounted at the root.
    pub fn router(&self) -> Router {
        page::router(Arc::clone(&self.shared)).merge(api::router(Arc::clone(&self.shared)))
    }

    /// Tells the bridge events until `shutdown`; what is queued by then is dropped, and pages are told to come back.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let tracker = TaskTracker::new();
        while let Some(Some(courier)) = shutdown.run_until_cancelled(self.couriers.recv()).await {
            let shutdown = shutdown.clone();
            tracker.spawn(async move {
                shutdown.run_until_cancelled(courier.run()).await;
            });
        }
        self.shared.closing.cancel();
        tracker.close();
        tracker.wait().await;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl fmt::Debug for AivoLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AivoLive").finish_non_exhaustive()
    }
}
