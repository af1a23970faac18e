//! A collector of traces on loopback that keeps what it gets.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span,
};
use prost::Message as _;
use tokio::net::TcpListener;

#[derive(Clone, Debug)]
pub struct Collector {
    pub address: SocketAddr,
    posted: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    pub async fn start() -> Self {
        let posted = Arc::<Mutex<Vec<Bytes>>>::default();
        let keep = Arc::clone(&posted);
        let take = move |body: Bytes| {
            keep.lock().unwrap().push(body);
            async {}
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, posted }
    }

    pub fn spans(&self) -> Vec<Span> {
        let posted = self.posted.lock().unwrap();
        let requests = posted
            .iter()
            .map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// Everything that was sent, as it came.
    pub fn bytes(&self) -> Vec<u8> {
        self.posted.lock().unwrap().concat()
    }
}
