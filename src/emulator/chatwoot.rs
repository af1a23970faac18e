//! A Chatwoot that runs on the desk top: the calls of its application API that the bridge makes, read strictly, and the signed
//! webhooks of an API inbox; a person answers on the development [`desk`](super::desk)'s page. Never part of `serve`.
//!
//! It has one account with one inbox. As Chatwoot does, it tells what the bridge itself has written as well, knows no call
//! again, and keeps what a message carries. `app` mounts [`Chatwoot::router`] on a listener and drives [`Chatwoot::run`].

mod act;
mod api;
mod records;
mod told;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::Router;
use hmac::{Hmac, KeyInit as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::records::Records;
use super::{
    client::{self, BuildError},
    courier::Couriers,
    played::{self, Setting, Stage, lock, page},
};
use crate::domain::time::Clock;

/// The one account and the one inbox that there are.
pub const ACCOUNT_ID: u64 = 1;
pub const INBOX_ID: u64 = 2;

/// What an emulated Chatwoot needs to know of the bridge, and the bridge of it.
#[derive(Debug)]
pub struct Options {
    pub api_access_token: SecretString,
    /// What webhooks are signed with.
    pub webhook_secret: SecretString,
    /// The bridge's hook for this desk. Loopback only.
    pub hook_url: Url,
    /// Where a user can be played; the page links to it while there is nobody to answer.
    pub chat_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
    /// Faults follow from it.
    pub seed: u64,
}

/// An emulated Chatwoot that has been built and not yet been run.
pub struct Chatwoot {
    shared: Arc<Shared>,
    couriers: Couriers<Value>,
}

struct Shared {
    api_access_token: SecretString,
    mac: Hmac<Sha256>,
    hook_url: Url,
    client: reqwest::Client,
    stage: Stage,
    records: Mutex<Records>,
}

pub fn build(options: Options) -> Result<Chatwoot, BuildError> {
    let Options {
        api_access_token,
        webhook_secret,
        hook_url,
        chat_url,
        clock,
        seed,
    } = options;
    let (stage, couriers) = Stage::new(Setting {
        chat_url,
        clock,
        seed,
    });
    let secret = webhook_secret.expose_secret().as_bytes();
    let shared = Shared {
        api_access_token,
        mac: Hmac::new_from_slice(secret).map_err(|_| BuildError::Secret)?,
        client: client::build(&hook_url)?,
        hook_url,
        stage,
        records: Mutex::default(),
    };
    Ok(Chatwoot {
        shared: Arc::new(shared),
        couriers,
    })
}

impl Chatwoot {
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
    fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }
}

impl fmt::Debug for Chatwoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chatwoot").finish_non_exhaustive()
    }
}
