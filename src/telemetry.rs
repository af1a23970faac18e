//! What the process says about itself: log lines on standard error, metrics, traces.
//!
//! The log is the process's own and set up once. Metrics and traces belong to a bridge: `app` makes its
//! [`Instruments`] and hands them to the parts.
//!
//! Redaction is by construction, not by filter: nobody hands a log line a body, a token, a name, a query or the path of
//! a hook. The secret types print nothing, the request log writes the matched route, and a panic's text, which may
//! quote what was being parsed, is dropped in favour of its place.

pub mod catalog;
mod lines;
mod names;
mod process;
mod registry;
mod sink;
pub mod traces;

use std::{
    io::{self, IsTerminal as _},
    panic,
};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::TryInitError};

use self::{
    lines::{Fields, Lines},
    sink::Sink,
};
pub use self::{
    names::{NO_DESK, Names, REMOVED},
    process::Process,
    registry::{Family, Registry, SetupError},
    sink::LastLines,
    traces::Traces,
};
use crate::config::{LogFormat, Telemetry};

/// What a part of the bridge reports with. Cheap to clone; the default reports nothing.
#[derive(Clone, Debug, Default)]
pub struct Instruments {
    pub metrics: Registry,
    pub traces: Traces,
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The subscriber is one of the few globals; somebody else has set it.
    #[error("the log is already set up")]
    AlreadySet(#[source] TryInitError),
    #[error("the log's thread cannot be started")]
    Thread(#[source] io::Error),
}

/// Sets up the log of a server, once in the life of the process. What this gives is to be kept until the process ends.
pub fn init(telemetry: &Telemetry) -> Result<LastLines, LogError> {
    let Telemetry {
        log,
        format,
        otlp_endpoint: _,
    } = telemetry;
    start(log.to_filter(), *format)
}

/// The log of the development bridge: for a person at a terminal, only what went wrong.
pub fn init_for_development() -> Result<LastLines, LogError> {
    // A machine without root certificates is told of once, by `outbound`, and not by every library besides.
    start(
        EnvFilter::new("warn,rustls_platform_verifier=error"),
        LogFormat::Text,
    )
}

/// The log as machines read it: one JSON object a line, whatever stands in it.
pub fn json_lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .fmt_fields(Fields)
        .event_format(Lines::default())
        .finish()
}

fn start(filter: EnvFilter, format: LogFormat) -> Result<LastLines, LogError> {
    use tracing_subscriber::util::SubscriberInitExt as _;

    let (sink, last_lines) = Sink::start(io::stderr()).map_err(LogError::Thread)?;
    match format {
        LogFormat::Json => json_lines(filter, sink).try_init(),
        LogFormat::Text => tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(sink)
            .with_ansi(io::stderr().is_terminal())
            .finish()
            .try_init(),
    }
    .map_err(LogError::AlreadySet)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(panic.place = place, "a task panicked");
    }));
    Ok(last_lines)
}
