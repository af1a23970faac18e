//! A bot platform and a desk that answer as they are told and remember what came, on loopback.

use std::{
    collections::VecDeque,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep, timeout},
};

use crate::PATIENCE;

/// One vendor; cheap to clone.
#[derive(Clone, Debug)]
pub struct Vendor {
    pub address: SocketAddr,
    state: Arc<Mutex<Seen>>,
}

#[derive(Clone, Debug)]
pub struct Call {
    /// `webhook-id`, empty where there is none.
    pub id: String,
    /// `webhook-signature` and `authorization`, empty where there is none.
    pub signature: String,
    pub authorization: String,
    pub path: String,
    pub body: Value,
    pub at: Instant,
    /// What it was answered.
    pub status: StatusCode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Ok,
    Status(u16),
    RetryAfter(u16, u64),
    /// 200, and the conversation refused.
    Refuse,
    /// The call is taken, and nothing comes back.
    Never,
}

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<Call>,
    next: VecDeque<Answer>,
    /// When `next` is empty.
    else_down: bool,
}

impl Vendor {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vendor = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(vendor.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        vendor
    }

    /// The answers to the next calls, in order; after them all is well again.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().next.extend(answers);
    }

    /// 503 to everybody until further notice.
    pub fn set_down(&self, down: bool) {
        self.state.lock().unwrap().else_down = down;
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// The calls that were answered 2xx.
    pub fn taken(&self) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.status.is_success())
            .collect()
    }

    pub async fn until(&self, what: &str, so: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        let waiting = async {
            while !so(&self.calls()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(
            timeout(PATIENCE, waiting).await.is_ok(),
            "{what} never came: {:#?}",
            self.calls()
        );
        self.calls()
    }
}

async fn answer(
    State(vendor): State<Vendor>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match vendor.take(&uri, &headers, &body) {
        Some(response) => response,
        None => pending().await,
    }
}

impl Vendor {
    /// Remembers the call. `None`: it is never answered.
    fn take(&self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Response> {
        let header = |name| {
            let value = headers.get(HeaderName::from_static(name));
            let text = value.map(|value| value.to_str().unwrap().to_owned());
            text.unwrap_or_default()
        };
        let mut seen = self.state.lock().unwrap();
        let otherwise = if seen.else_down {
            Answer::Status(503)
        } else {
            Answer::Ok
        };
        let answer = seen.next.pop_front().unwrap_or(otherwise);
        let (status, response) = match answer {
            // Nobody hears it.
            Answer::Never => (StatusCode::OK, ().into_response()),
            Answer::Ok => (StatusCode::OK, "{}".into_response()),
            Answer::Refuse => (
                StatusCode::OK,
                json!({"accepted": false, "reason": "full"})
                    .to_string()
                    .into_response(),
            ),
            Answer::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap();
                (status, status.into_response())
            }
            Answer::RetryAfter(status, seconds) => {
                let status = StatusCode::from_u16(status).unwrap();
                (
                    status,
                    (status, [(RETRY_AFTER, seconds.to_string())]).into_response(),
                )
            }
        };
        seen.calls.push(Call {
            id: header("webhook-id"),
            signature: header("webhook-signature"),
            authorization: header("authorization"),
            path: uri.path().to_owned(),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            at: Instant::now(),
            status,
        });
        (answer != Answer::Never).then_some(response)
    }
}
