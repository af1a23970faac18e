//! `/livez` and `/readyz`, for whatever starts, stops and feeds the process.
//!
//! Alive means that the process answers, whatever the store does. Ready means that the store takes a write and that the
//! bridge is not stopping; desks that are down do not count, since calls can still be accepted for them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    openapi::refusals::Unready,
    problem::{Kind, Problem},
};

/// Tries the way that a call would take.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    async fn ready(&self) -> bool;
}

/// Asks the probe at most once in [`FRESH_FOR`], however often it is itself asked.
#[derive(Clone)]
pub struct Readiness {
    probe: Arc<dyn Probe>,
    stopping: CancellationToken,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone, Copy)]
struct Known {
    ready: bool,
    at: Instant,
}

const FRESH_FOR: Duration = Duration::from_secs(2);
/// A store that takes longer than this would keep hooks waiting too long as well.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

impl Readiness {
    /// `stopping` is the soft stop: from then on the answer is no.
    pub fn new(probe: Arc<dyn Probe>, stopping: CancellationToken) -> Self {
        Self {
            probe,
            stopping,
            known: Arc::default(),
        }
    }

    pub async fn ready(&self) -> bool {
        if self.stopping.is_cancelled() {
            return false;
        }
        // Held while the probe runs, so that those who ask meanwhile share its answer.
        let mut known = self.known.lock().await;
        if let Some(recent) = known.filter(|known| known.at.elapsed() < FRESH_FOR) {
            return recent.ready;
        }
        let ready = tokio::time::timeout(PROBE_TIMEOUT, self.probe.ready())
            .await
            .unwrap_or(false);
        *known = Some(Known {
            ready,
            at: Instant::now(),
        });
        ready && !self.stopping.is_cancelled()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

pub(super) fn router() -> OpenApiRouter<super::State> {
    OpenApiRouter::default()
        .routes(routes!(livez))
        .routes(routes!(readyz))
}

/// What a probe is told.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described here, written as text")]
struct Probed {
    #[schema(examples("ready"))]
    status: String,
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "live",
    tag = "service",
    responses((status = 200, description = "It does.", body = Probed)),
)]
async fn livez() -> Response {
    json(r#"{"status":"alive"}"#)
}

/// Whether the bridge can take calls: the store takes writes, and it is not stopping.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "service",
    responses((status = 200, description = "It can.", body = Probed), Unready),
)]
async fn readyz(State(readiness): State<Readiness>) -> Response {
    if readiness.ready().await {
        json(r#"{"status":"ready"}"#)
    } else {
        Problem::from(Kind::Unavailable).into_response()
    }
}

fn json(text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counting(AtomicUsize);

    #[async_trait]
    impl Probe for Counting {
        async fn ready(&self) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            true
        }
    }

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_probe_and_a_stopping_bridge_is_not_ready() {
        let probe = Arc::new(Counting(AtomicUsize::new(0)));
        let stopping = CancellationToken::new();
        let readiness = Readiness::new(probe.clone(), stopping.clone());
        let answers = futures_util::future::join_all((0..50).map(|_| readiness.ready())).await;
        assert!(answers.into_iter().all(|ready| ready));
        assert_eq!(probe.0.load(Ordering::SeqCst), 1);
        stopping.cancel();
        assert!(!readiness.ready().await);
    }
}
