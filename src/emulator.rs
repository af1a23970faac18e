//! A bot platform that runs on the desk top: for development, demos and tests. Never part of `serve`.
//!
//! It has a bot with a chat page for the browser, and plays one of the platforms that the bridge knows: it reports every
//! message to the bridge's real hook as that platform does, asks for an agent by a real call, and serves the API that the
//! bridge calls back. What goes wrong can be chosen (see [`Faults`]), from the page or from a test. Beside it stand a
//! development [`desk`], an [Aivo Live](aivo_live) and a [Chatwoot](chatwoot).
//!
//! `app` mounts [`Emulator::router`] on a listener and drives [`Emulator::run`]; without the latter nothing is sent.
//! All is in memory. The calls that resume a bot are a labelled guess, see `docs/emulator.md`.

pub mod aivo_live;
mod assets;
mod bot_message;
mod certainly;
mod chatlayer;
pub mod chatwoot;
mod client;
mod courier;
pub mod desk;
mod dialog;
mod faults;
mod files;
mod hub;
mod order;
mod page;
mod platform;
mod played;
mod session;
mod stream;
mod trial;
mod user;

use std::{fmt, sync::Arc};

use axum::Router;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::{
    chatlayer::Version,
    client::BuildError,
    faults::{FaultRate, Faults},
    hub::Refused,
    platform::Platform,
    session::{BotState, Call, Direction, Line, Speaker},
    user::{ChatUser, Said},
};
use self::{courier::Couriers, hub::Hub, session::Webhook};
use crate::domain::time::Clock;

/// What an emulated bot needs to know of the bridge, and the bridge of it.
#[derive(Debug)]
pub struct Options {
    /// The platform's own id of the bot, or of its deployment.
    pub bot_id: String,
    pub platform: Platform,
    /// What the bridge must present to the API.
    pub access_token: SecretString,
    /// Where [`Emulator::router`] can be reached: the root of the media addresses in messages.
    pub public_url: Url,
    /// Where agents answer; the page links to it.
    pub desk_url: Option<Url>,
    /// The console, to be shown beside the chat.
    pub console_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
    /// Ids and faults follow from it.
    pub seed: u64,
}

/// An emulator that has been built and not yet been run.
pub struct Emulator {
    hub: Arc<Hub>,
    couriers: Couriers<Webhook>,
}

/// Plays users and sets faults, from within the process. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    hub: Arc<Hub>,
}

/// Makes an emulator. Nothing is sent before [`Emulator::run`].
pub fn build(options: Options) -> Result<Emulator, BuildError> {
    let (hub, couriers) = Hub::new(options)?;
    Ok(Emulator {
        hub: Arc::new(hub),
        couriers,
    })
}

impl Emulator {
    /// The chat page, its calls, the fault panel, and the API that the bridge calls: to be mounted at the root.
    pub fn router(&self) -> Router {
        let api = self.hub.played.router(Arc::clone(&self.hub));
        page::router(Arc::clone(&self.hub)).merge(api)
    }

    pub fn handle(&self) -> Handle {
        Handle {
            hub: Arc::clone(&self.hub),
        }
    }

    /// Sends webhooks until `shutdown`; what is queued by then is dropped, and pages are told to come back.
    pub async fn run(self, shutdown: CancellationToken) {
        courier::run(self.hub, self.couriers, shutdown).await;
    }
}

impl Handle {
    /// Opens a conversation: the user's intro and the bot's welcome. Answers its session id.
    pub fn open(&self, person: ChatUser) -> Result<String, Refused> {
        self.hub.open(person)
    }

    /// The user does something.
    pub fn say(&self, session: &str, said: &Said) -> Result<(), Refused> {
        self.hub.say(session, said)
    }

    /// The user writes a text.
    pub fn write(&self, session: &str, text: &str) -> Result<(), Refused> {
        let said = Said::Text {
            text: text.to_owned(),
        };
        self.hub.say(session, &said)
    }

    /// What the page of this conversation shows.
    pub fn lines(&self, session: &str) -> Vec<Line> {
        self.hub
            .with(session, |session| session.lines().to_vec())
            .unwrap_or_default()
    }

    /// The texts that someone has said, in order.
    pub fn texts_by(&self, session: &str, speaker: Speaker) -> Vec<String> {
        let lines = self.lines(session).into_iter();
        lines
            .filter_map(|line| match line {
                Line::Said { by, message, .. } if by == speaker => {
                    message.get("text")?.as_str().map(str::to_owned)
                }
                _ => None,
            })
            .collect()
    }

    pub fn bot(&self, session: &str) -> Option<BotState> {
        self.hub.with(session, |session| session.bot())
    }

    pub fn session_data(&self, session: &str) -> Map<String, Value> {
        self.hub
            .with(session, |session| session.data().clone())
            .unwrap_or_default()
    }

    /// Waits until the conversation is as `wanted`; false if it is unknown or the emulator ends first.
    pub async fn until(&self, session: &str, wanted: impl Fn(&[Line]) -> bool) -> bool {
        let Some(mut seen) = self.hub.with(session, |session| session.watch()) else {
            return false;
        };
        loop {
            seen.mark_unchanged();
            let done = self.hub.with(session, |session| wanted(session.lines()));
            if done != Some(false) {
                return done.is_some();
            }
            let changed = self.hub.closing().run_until_cancelled(seen.changed()).await;
            if !matches!(changed, Some(Ok(()))) {
                return false;
            }
        }
    }

    pub fn faults(&self) -> Faults {
        self.hub.injector().faults().clone()
    }

    pub fn set_faults(&self, faults: Faults) {
        self.hub.injector().set(faults);
    }

    /// The call that Chatlayer makes when an operator saves the webhook: true if the bridge answered as it must. Certainly
    /// makes none.
    pub async fn health_check(&self) -> bool {
        self.hub.health_check().await.is_ok_and(|check| check.ok)
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").finish_non_exhaustive()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
