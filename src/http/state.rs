//! What the handlers share: the store, who may call, and how long things may take.

mod options;

use std::{collections::BTreeMap, future::pending, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

pub use self::options::{Bot, Desk, Options, Watched};

use super::{
    admin::{metrics::Reading, operator::Sessions},
    body,
    failures::FailedCalls,
    meter::Meter,
    probes::Readiness,
    problem::{Kind, Problem, Result},
    secret::Accepted,
    shed::{Gate, Shares, Strangers, Tenant},
    source::{Peer, Source, Sources},
    tasks::Tasks,
};
use crate::{
    domain::{
        ids::DeskName,
        time::{Clock, Timestamp},
    },
    mutant,
    store::{self, OperatorStore},
    telemetry::Instruments,
};

/// A refusal for want of the store must be heard within 2 s.
const STORE_WITHIN: Duration = Duration::from_millis(1900);
/// How long somebody who has shown no secret may take over a body.
const UNPROVED_WITHIN: Duration = Duration::from_secs(3);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn OperatorStore>,
    bots: BTreeMap<String, Bot>,
    desks: Vec<Desk>,
    admin: Accepted,
    sessions: Arc<dyn Sessions>,
    sources: Sources,
    failures: FailedCalls,
    readiness: Readiness,
    stopping: CancellationToken,
    decide_within: Duration,
    body_within: Duration,
    hooks: Shares,
    unproved: Strangers,
    desk_api: Shares,
    tasks: Tasks,
    clock: Arc<dyn Clock>,
    document: Bytes,
    instruments: Instruments,
    meter: Meter,
    reading: Reading,
}

/// Whoever makes this call, for the limit on failed ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(Source);

impl State {
    pub(super) fn store(&self) -> &dyn OperatorStore {
        &*self.0.store
    }

    /// The published document, as it is served.
    pub(super) fn document(&self) -> Bytes {
        self.0.document.clone()
    }

    pub(super) fn instruments(&self) -> &Instruments {
        &self.0.instruments
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(super) fn reading(&self) -> &Reading {
        &self.0.reading
    }

    /// Cancelled when nothing more is to be begun that can wait for the next start.
    pub(super) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(super) fn decide_within(&self) -> Duration {
        self.0.decide_within
    }

    pub(super) fn bot(&self, name: &str) -> Option<&Bot> {
        self.0.bots.get(name)
    }

    pub(super) fn bots(&self) -> impl Iterator<Item = &Bot> {
        self.0.bots.values()
    }

    pub(super) fn desk(&self, name: &str) -> Option<&Desk> {
        let mut desks = self.0.desks.iter();
        desks.find(|desk| desk.name.as_str() == name)
    }

    pub(super) fn desks(&self) -> impl Iterator<Item = &Desk> {
        self.0.desks.iter()
    }

    /// The desk whose token this is. All are compared, so that the time does not tell which.
    pub(super) fn desk_of(&self, token: &str) -> Option<&Desk> {
        self.0.desks.iter().fold(None, |found, desk| {
            let token_of = desk.hook.token();
            if token_of.is_some_and(|accepted| accepted.matches(token)) {
                Some(desk)
            } else {
                found
            }
        })
    }

    pub(super) fn is_admin(&self, token: &str) -> bool {
        self.0.admin.matches(token)
    }

    pub(super) fn sessions(&self) -> &dyn Sessions {
        &*self.0.sessions
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.0.sources
    }

    /// What all hooks pass together.
    pub fn hooks(&self) -> &Gate {
        self.0.hooks.all()
    }

    /// The same for the calls of one.
    pub(super) fn hooks_of(&self, caller: impl Into<Tenant>) -> &Gate {
        self.0.hooks.of(&caller.into())
    }

    /// What one desk passes of what all desks of the desk API pass together.
    pub(super) fn desk_api_of(&self, desk: &DeskName) -> &Gate {
        self.0.desk_api.of(&desk.into())
    }

    /// For a body of at most so many bytes, behind this gate.
    pub(super) fn limits(&self, max: usize, gate: &Gate) -> body::Limits {
        body::Limits {
            max,
            values: max / body::BYTES_TO_A_VALUE,
            within: self.0.body_within,
            gate: gate.clone(),
        }
    }

    /// For a body that shows only when it is read that its sender has a secret: it takes neither place nor room from those
    /// that have shown theirs.
    pub(super) fn unproved_limits(&self, max: usize, caller: Caller) -> body::Limits {
        body::Limits {
            within: self.0.body_within.min(UNPROVED_WITHIN),
            ..self.limits(max, &self.0.unproved.of(caller.0))
        }
    }

    /// For a body of an operator, who passes no gate: each call has room of its own.
    pub(super) fn operators_limits(&self, max: usize) -> body::Limits {
        body::Limits::of_one(max, self.0.body_within)
    }

    /// The answer to a call that did not show the right secret.
    pub(super) fn refuse(&self, caller: Caller) -> Problem {
        self.0.failures.refuse(caller.0)
    }

    /// The same for one whose body could not be read either. It is told what is wrong with that until it fails too often.
    pub(super) fn refuse_body(&self, caller: Caller, fault: Problem) -> Problem {
        let refused = self.refuse(caller);
        if refused.kind() == Kind::Unauthorized {
            fault
        } else {
            refused
        }
    }

    /// One call on the store, given up in time for the sender to hear that it should come back.
    pub(super) async fn ask<T>(
        &self,
        call: impl Future<Output = std::result::Result<T, store::Error>>,
    ) -> Result<T> {
        self.ask_by(Self::patience(), call).await
    }

    /// By when the store has to have answered all that a request asks from now on.
    pub(super) fn patience() -> Instant {
        Instant::now() + mutant::at_most(STORE_WITHIN)
    }

    /// The same for what may take longer.
    pub(super) async fn ask_for<T>(
        &self,
        within: Duration,
        call: impl Future<Output = std::result::Result<T, store::Error>>,
    ) -> Result<T> {
        self.ask_by(Instant::now() + within, call).await
    }

    /// One of several calls that a request makes. It is not begun for want of time: what it would change is to come again.
    pub(super) async fn ask_by<T>(
        &self,
        until: Instant,
        call: impl Future<Output = std::result::Result<T, store::Error>>,
    ) -> Result<T> {
        let call = async {
            if Instant::now() < until {
                call.await
            } else {
                pending().await
            }
        };
        match timeout_at(until, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::warn!(error = error.told(), "the store failed a request");
                let lasting = matches!(error, store::Error::Corrupt(_));
                Err(if lasting {
                    Kind::Internal
                } else {
                    Kind::Unavailable
                }
                .into())
            }
            Err(_) => {
                tracing::warn!("the store did not answer a request in time");
                Err(Kind::Unavailable.into())
            }
        }
    }

    /// Runs to its end before the process stops, and nobody waits for it.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks.spawn(work);
    }

    /// Runs to its end, whether or not the client waits for it. A panic is a refusal like any other, so that a hook counts
    /// it.
    pub(super) fn see_through<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        let done = self.0.tasks.see_through(work);
        done.map(|done| {
            done.unwrap_or_else(|_| {
                tracing::error!("a request panicked");
                Err(Kind::Internal.into())
            })
        })
    }
}

impl FromRef<State> for Readiness {
    fn from_ref(state: &State) -> Self {
        state.0.readiness.clone()
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &State,
    ) -> std::result::Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(Self(state.0.sources.of(peer, &parts.headers)))
    }
}
