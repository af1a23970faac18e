//! What all parts of the emulator share: the conversations, the faults, the way to the bridge.
//!
//! Two locks, never held together and never across an await.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use fastrand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Builder;

use super::{
    BuildError, Options, client,
    courier::{Courier, Couriers, MOST_CONVERSATIONS, Way},
    faults::FaultInjector,
    files::Files,
    platform::{Answer, PlayedPlatform},
    session::{Call, Parts, Session, Webhook},
    user::{ChatUser, Said},
};
use crate::domain::time::{Clock, Timestamp};

/// The conversations of `handover simulate`, which plays user and platform by itself. What is said to them is taken and
/// shown nowhere; were it refused, the bridge would end the conversation before an agent could try it out.
pub(super) const SIMULATED: &str = "simulated-";

/// The longest text that the chat takes, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// Why the emulator does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("no such conversation")]
    UnknownSession,
    #[error("too much is waiting for the bridge")]
    Busy,
    #[error("the text is empty or too long")]
    Text,
}

/// What the bridge said to the health check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub ok: bool,
    pub status: Option<u16>,
}

pub(super) struct Hub {
    pub bot_id: String,
    pub played: Box<dyn PlayedPlatform>,
    pub desk_url: Option<Url>,
    pub console_url: Option<Url>,
    pub files: Files,
    access_token: SecretString,
    media: String,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
    injector: Mutex<FaultInjector>,
    sessions: Mutex<Sessions>,
    couriers: mpsc::Sender<Courier<Webhook>>,
    closing: CancellationToken,
}

struct Sessions {
    by_id: HashMap<String, Session>,
    opened: u64,
    rng: Rng,
}

#[derive(Deserialize)]
struct HealthBody {
    status: String,
}

impl Hub {
    pub(super) fn new(options: Options) -> Result<(Self, Couriers<Webhook>), BuildError> {
        let (couriers, starts) = mpsc::channel(MOST_CONVERSATIONS);
        let client = client::build(options.platform.hook_url())?;
        let root = options.public_url.as_str().trim_end_matches('/').to_owned();
        let hub = Self {
            bot_id: options.bot_id,
            played: options.platform.played(),
            access_token: options.access_token,
            desk_url: options.desk_url,
            console_url: options.console_url,
            files: Files::new(format!("{root}/emulator/files"), options.seed),
            media: format!("{root}/assets"),
            clock: options.clock,
            client,
            injector: Mutex::new(FaultInjector::new(options.seed)),
            sessions: Mutex::new(Sessions {
                by_id: HashMap::new(),
                opened: 0,
                rng: Rng::with_seed(options.seed),
            }),
            couriers,
            closing: CancellationToken::new(),
        };
        Ok((hub, starts))
    }

    pub(super) fn open(&self, person: ChatUser) -> Result<String, Refused> {
        let mut sessions = self.sessions();
        if sessions.by_id.len() >= MOST_CONVERSATIONS {
            return Err(Refused::Busy);
        }
        let id = Builder::from_random_bytes(sessions.rng.u128(..).to_be_bytes()).into_uuid();
        let session = self.played.session_id(id);
        sessions.opened += 1;
        let (queue, courier) = Courier::of(&session, sessions.opened);
        self.couriers.try_send(courier).map_err(|_| Refused::Busy)?;
        let rng = sessions.rng.fork();
        let parts = Parts {
            dialect: self.played.dialect(&self.bot_id, &session, rng),
            ordinal: sessions.opened,
            person,
            media: self.media.clone(),
            clock: Arc::clone(&self.clock),
            queue,
        };
        sessions.by_id.insert(session.clone(), Session::open(parts));
        Ok(session)
    }

    pub(super) fn say(&self, session: &str, said: &Said) -> Result<(), Refused> {
        if let Said::Text { text } = said
            && (text.trim().is_empty() || text.len() > MAX_TEXT)
        {
            return Err(Refused::Text);
        }
        self.with(session, |session| {
            if !session.has_room() {
                return Err(Refused::Busy);
            }
            session.user(said);
            Ok(())
        })
        .unwrap_or(Err(Refused::UnknownSession))
    }

    /// Does something with a conversation, if it is known.
    pub(super) fn with<T>(&self, session: &str, what: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.sessions().by_id.get_mut(session).map(what)
    }

    pub(super) async fn health_check(&self) -> Result<Check, reqwest::Error> {
        let Some(url) = self.played.health_check() else {
            return Ok(Check {
                ok: false,
                status: None,
            });
        };
        let response = self.client.get(url).send().await;
        let response = response.map_err(reqwest::Error::without_url)?;
        let status = response.status();
        let body: Option<HealthBody> = response.json().await.ok();
        Ok(Check {
            ok: status == StatusCode::OK && body.is_some_and(|body| body.status == "ok"),
            status: Some(status.as_u16()),
        })
    }

    pub(super) fn version(&self) -> &'static str {
        self.played.version()
    }

    pub(super) fn is_access_token(&self, shown: &str) -> bool {
        is_same(&self.access_token, shown)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn injector(&self) -> MutexGuard<'_, FaultInjector> {
        self.injector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way for Hub {
    type Load = Webhook;
    type Answer = Answer;

    fn faults(&self) -> MutexGuard<'_, FaultInjector> {
        self.injector()
    }

    async fn post(&self, session: &str, webhook: &Webhook, again: bool) -> Option<Answer> {
        let started = Instant::now();
        let request = self.client.post(self.played.hook(webhook.kind));
        let (status, body) = match request.json(&webhook.body).send().await {
            Ok(response) => (
                Some(response.status().as_u16()),
                response.bytes().await.unwrap_or_default(),
            ),
            Err(_) => (None, Bytes::new()),
        };
        let call = Call {
            status,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            fault: again.then_some("sent again on purpose"),
            ..webhook.call(self.now())
        };
        self.with(session, |session| session.wire(call));
        (status == Some(200)).then(|| self.played.answer(&body))?
    }

    fn lost(&self, session: &str, webhook: &Webhook, what: &'static str) {
        let call = Call {
            fault: Some(what),
            ..webhook.call(self.now())
        };
        self.with(session, |session| session.wire(call));
    }

    fn answered(&self, session: &str, answer: Option<Answer>) {
        self.with(session, |session| session.answered(answer));
    }

    fn close(&self) {
        self.closing.cancel();
    }
}

pub(super) fn is_same(secret: &SecretString, shown: &str) -> bool {
    let right = secret.expose_secret().as_bytes();
    shown.as_bytes().ct_eq(right).into()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Text => StatusCode::BAD_REQUEST,
        };
        (status, axum::Json(json!({"error": self.to_string()}))).into_response()
    }
}
