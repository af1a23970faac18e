//! A development desk: a page on which a person answers handovers, speaking the desk protocol as any webhook desk would.
//!
//! It is what the development bridge has beside it in the place of its console where that is asked for, and a model for
//! whoever writes a desk. All is in memory; after a restart it asks the bridge (`GET /api/v1/handovers/{id}`) for
//! every handover that is spoken of and not known. `app` mounts [`Desk::router`] and gives the bridge
//! `{public url}/hook` as the desk's URL.

pub(super) mod board;
mod bridge;
pub(super) mod event;
mod hook;
pub(super) mod page;
mod signature;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::board::State;
use self::{board::Board, bridge::Bridge};
use super::client::{self, BuildError};
use crate::{
    domain::time::Clock,
    outbound::webhook_signature::{SecretError, WebhookSecret, WebhookSecrets},
};

/// What a desk has to know of its bridge.
#[derive(Debug)]
pub struct Options {
    /// The bridge's root; the desk calls `/api/v1/…` below it. Loopback only.
    pub bridge_url: Url,
    /// What the bridge signs with, `whsec_…`.
    pub secret: SecretString,
    /// What the desk presents to the bridge.
    pub token: SecretString,
    /// Where a user can be played; the page links to it while there is nobody to answer.
    pub chat_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
}

/// Why no desk could be made.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("the desk has no client")]
    Client(#[from] BuildError),
    #[error("the desk cannot verify what the bridge signs")]
    Secret(#[from] SecretError),
}

/// A desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Shared>);

struct Shared {
    bridge: Bridge,
    secrets: WebhookSecrets,
    chat_url: Option<Url>,
    clock: Arc<dyn Clock>,
    board: Mutex<Board>,
    closing: CancellationToken,
}

pub fn build(options: Options) -> Result<Desk, DeskError> {
    let client = client::build(&options.bridge_url)?;
    let secret = WebhookSecret::parse(options.secret.expose_secret())?;
    Ok(Desk(Arc::new(Shared {
        bridge: Bridge::new(client, options.bridge_url, options.token),
        secrets: WebhookSecrets::new(vec![secret])?,
        chat_url: options.chat_url,
        clock: options.clock,
        board: Mutex::new(Board::default()),
        closing: CancellationToken::new(),
    })))
}

impl Desk {
    /// The page, its calls, and `POST /hook` for the bridge: to be mounted at the root.
    pub fn router(&self) -> Router {
        page::router(self.clone()).merge(hook::router(self.clone()))
    }

    /// Ends the pages' live streams, which would else hold the listener open.
    pub fn close(&self) {
        self.0.closing.cancel();
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the handover is on the board, if need be by asking the bridge. False: the bridge has none such.
    async fn know(&self, id: &str) -> Result<bool, bridge::Failed> {
        if self.board().has(id) {
            return Ok(true);
        }
        let Some(found) = self.0.bridge.find(id).await? else {
            return Ok(false);
        };
        self.board().recover(found);
        Ok(true)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
