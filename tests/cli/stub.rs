//! Whoever is called.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};

/// Stands in for a running bridge: takes down each call and answers all alike.
pub struct Stub {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    _runtime: Runtime,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub uri: String,
    pub bearer: Option<String>,
    pub body: Value,
}

#[derive(Clone)]
struct Answering {
    status: StatusCode,
    body: &'static str,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stub {
    pub fn answering(status: StatusCode, body: &'static str) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::default();
        let router = Router::new().fallback(answer).with_state(Answering {
            status,
            body,
            calls: Arc::clone(&calls),
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            calls,
            _runtime: runtime,
        }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(
    State(answering): State<Answering>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> (StatusCode, &'static str) {
    let bearer = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    answering.calls.lock().unwrap().push(Call {
        method,
        uri: uri.to_string(),
        bearer,
        body,
    });
    (answering.status, answering.body)
}
