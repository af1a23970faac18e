//! A vendor on loopback that remembers how it was called.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, time::Instant};

/// What a call is answered that is the `n`th, counted from 1.
pub type Answer = fn(&Call, usize) -> Value;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stub {
    pub address: SocketAddr,
    answer: Answer,
    state: Arc<Mutex<Seen>>,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<(Call, Instant)>,
    answered: usize,
    /// The status that everybody gets in the place of an answer.
    down: Option<StatusCode>,
    /// Nobody gets any.
    hangs: bool,
}

impl Stub {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self {
            address: listener.local_addr().unwrap(),
            answer,
            state: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        stub
    }

    pub fn calls(&self) -> Vec<Call> {
        let arrivals = self.arrivals().into_iter();
        arrivals.map(|(call, _)| call).collect()
    }

    /// The calls with the moments at which they came.
    pub fn arrivals(&self) -> Vec<(Call, Instant)> {
        self.state.lock().unwrap().calls.clone()
    }

    pub fn count(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Those of the calls that were answered, with whatever.
    pub fn answered(&self) -> usize {
        self.state.lock().unwrap().answered
    }

    pub fn set_down(&self, status: Option<u16>) {
        let status = status.map(|status| StatusCode::from_u16(status).unwrap());
        self.state.lock().unwrap().down = status;
    }

    pub fn hang(&self) {
        self.state.lock().unwrap().hangs = true;
    }
}

impl Call {
    /// Everything of it that could hold a secret.
    pub fn whole(&self) -> String {
        format!("{} {:?} {}", self.path, self.headers, self.body)
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }
}

async fn take(State(stub): State<Stub>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = Call {
        path: uri.to_string(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let (number, down, hangs) = {
        let mut seen = stub.state.lock().unwrap();
        seen.calls.push((call.clone(), Instant::now()));
        seen.answered += usize::from(!seen.hangs);
        (seen.calls.len(), seen.down, seen.hangs)
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    match down {
        Some(status) => status.into_response(),
        None => axum::Json((stub.answer)(&call, number)).into_response(),
    }
}
