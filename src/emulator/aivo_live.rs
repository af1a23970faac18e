//! An Aivo Live that runs on the desk top: a page on which a person answers, the queue call as Aivo documents it, and the
//! events that the bridge is told. Never part of `serve`.
//!
//! The calls that bring a user's message and a close are documented nowhere: it takes those of the bridge's default
//! configuration, which are a labelled guess. What goes wrong can be chosen as in the emulated bot platform. The page and what
//! stands on it are the development [`desk`](super::desk)'s.
//!
//! `app` mounts [`AivoLive::router`] on a listener and drives [`AivoLive::run`]; without the latter nothing is told.

mod act;
mod api;
mod event;
mod rooms;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::Router;
use secrecy::SecretString;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::event::IDLE;
use self::rooms::Rooms;
use super::{
    client::{self, BuildError},
    courier::Couriers,
    played::{self, Setting, Stage, lock, page},
};
use crate::domain::time::Clock;

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
    couriers: Couriers<Value>,
}

struct Shared {
    bot_id: u64,
    bot_token: SecretString,
    groups: Vec<(u64, String)>,
    hook_url: Url,
    client: reqwest::Client,
    stage: Stage,
    rooms: Mutex<Rooms>,
}

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
    let client = client::build(&hook_url)?;
    let (stage, couriers) = Stage::new(Setting {
        chat_url,
        clock,
        seed,
    });
    let shared = Shared {
        bot_id,
        bot_token,
        groups,
        hook_url,
        client,
        stage,
        rooms: Mutex::new(Rooms::new(seed)),
    };
    Ok(AivoLive {
        shared: Arc::new(shared),
        couriers,
    })
}

impl AivoLive {
    /// The page, its calls, the faults, and the API that the bridge calls: to be mounted at the root.
    pub fn router(&self) -> Router {
        page::router(Arc::clone(&self.shared)).merge(api::router(Arc::clone(&self.shared)))
    }

    /// Tells the bridge events until `shutdown`; what is queued by then is dropped, and pages are told to come back.
    pub async fn run(self, shutdown: CancellationToken) {
        played::run(self.shared, self.couriers, shutdown).await;
    }
}

impl Shared {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        lock(&self.rooms)
    }
}

impl fmt::Debug for AivoLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AivoLive").finish_non_exhaustive()
    }
}
