//! Sends spans to a collector, from the batch processor's own thread. One line says that it fails, one that it works
//! again; neither names the address, which may hold a token.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use opentelemetry_otlp::{ExporterBuildError, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use reqwest::{blocking::Client, redirect::Policy};
use url::Url;

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the client that sends traces cannot be set up")]
    Client(#[source] reqwest::Error),
    #[error("the thread that sets up the sending of traces has failed")]
    Thread,
    #[error("the sending of traces cannot be set up")]
    Exporter(#[from] ExporterBuildError),
}

#[derive(Debug)]
pub(super) struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    failing: AtomicBool,
}

/// A collector that is away costs one batch so long.
const WITHIN: Duration = Duration::from_secs(5);

pub(super) fn to(endpoint: &Url) -> Result<Exporter, SetupError> {
    let address = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let inner = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(client(endpoint.scheme() == "https")?)
        .with_endpoint(address)
        .with_timeout(WITHIN)
        .build()?;
    Ok(Exporter {
        inner,
        failing: AtomicBool::new(false),
    })
}

/// The one client beside `outbound`'s. It blocks, for the batch processor has no runtime, and so it cannot be made on one.
fn client(https: bool) -> Result<Client, SetupError> {
    let build = move || {
        let builder = Client::builder().timeout(WITHIN).redirect(Policy::none());
        if https {
            builder.build()
        } else {
            // Nothing is encrypted: no certificate of the machine is needed, and no proxy of its is to read the token.
            builder.no_proxy().tls_certs_only([]).build()
        }
    };
    let aside = thread::Builder::new().name("traces-setup".to_owned());
    let setup = aside.spawn(build).map_err(|_| SetupError::Thread)?;
    setup
        .join()
        .map_err(|_| SetupError::Thread)?
        .map_err(SetupError::Client)
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.inner.export(batch).await;
        let failed = sent.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) != failed {
            if failed {
                tracing::warn!(
                    traces.spans = spans,
                    "traces cannot be sent and are dropped"
                );
            } else {
                tracing::info!("traces are sent again");
            }
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
