//! Traces over OTLP, behind `telemetry.otlp_endpoint`: one span for a call that comes in, one for each call that goes
//! out because of it, all in one trace however long the delivery waited.
//!
//! What ties them is the [`TraceParent`], kept with the delivery's row. A span carries routes, configured names, classes
//! and our own ids, and nothing that came from outside; a `traceparent` of a caller is not looked at, since a hook is
//! called by whoever likes. Switched off, nothing is made, kept or sent.

mod exporter;
mod parent;

use std::{fmt, sync::Arc};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use url::Url;

pub use self::{
    exporter::SetupError,
    parent::{NotATraceParent, TraceParent, carried, current, within},
};

/// Cheap to clone. The default is switched off.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Provider>>);

struct Provider {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Something that takes time. It ends when it is dropped.
pub struct Span(opentelemetry_sdk::trace::Span);

/// Which side of a call the bridge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Called,
    Calling,
}

const SERVICE: &str = "handover-bridge";

impl Traces {
    /// Sends what is recorded to the collector at this base address, in the background.
    pub fn to(endpoint: &Url) -> Result<Self, SetupError> {
        let resource = Resource::builder()
            .with_service_name(SERVICE)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter::to(endpoint)?)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer(SERVICE);
        Ok(Self(Some(Arc::new(Provider { provider, tracer }))))
    }

    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a span, in the trace of `parent` or in one of its own. None: traces are switched off.
    pub fn begin(
        &self,
        name: impl FnOnce() -> String,
        side: Side,
        parent: Option<TraceParent>,
    ) -> Option<Span> {
        let tracer = &self.0.as_ref()?.tracer;
        let kind = match side {
            Side::Called => SpanKind::Server,
            Side::Calling => SpanKind::Client,
        };
        let context = parent.map_or_else(Context::new, |parent| {
            Context::new().with_remote_span_context(parent.into())
        });
        let builder = tracer.span_builder(name()).with_kind(kind);
        Some(Span(tracer.build_with_context(builder, &context)))
    }

    /// Sends what has not been sent. Blocks for as long as the collector takes, some seconds at most.
    pub fn finish(&self) {
        // A collector that is away has been complained of when the export failed.
        if let Some(provider) = &self.0 {
            let _ = provider.provider.shutdown();
        }
    }
}

impl Span {
    pub fn parent(&self) -> TraceParent {
        TraceParent::from(self.0.span_context())
    }

    /// The value is a word of a closed list, a number or an id of ours.
    pub fn set(&mut self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    /// What the span is about did not succeed.
    pub fn failed(&mut self, class: &'static str) {
        self.set("error.type", class);
        self.0.set_status(Status::error(class));
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traces").field(&self.are_on()).finish()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.parent()).finish()
    }
}
