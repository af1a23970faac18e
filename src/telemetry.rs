//! What the process says about itself: log lines on standard error.
//!
//! Redaction is by construction, not by filter: nobody hands a log line a body, a token, a name, a query or the path of
//! a hook. The secret types print nothing, the request log writes the matched route, and a panic's text, which may
//! quote what was being parsed, is dropped in favour of its place.

use std::{
    io::{self, IsTerminal as _},
    panic,
};

use tracing_subscriber::{EnvFilter, util::TryInitError};

use crate::config::{LogFormat, Telemetry};

/// The subscriber is one of the few globals; somebody else has set it.
#[derive(Debug, thiserror::Error)]
#[error("the log is already set up")]
pub struct AlreadySet(#[source] TryInitError);

/// Sets up the log of a server, once in the life of the process.
pub fn init(telemetry: &Telemetry) -> Result<(), AlreadySet> {
    let Telemetry { log, format } = telemetry;
    start(log.to_filter(), *format)
}

/// The log of the development bridge: for a person at a terminal, only what went wrong.
pub fn init_for_development() -> Result<(), AlreadySet> {
    // A machine without root certificates is told of once, by `outbound`, and not by every library besides.
    start(
        EnvFilter::new("warn,rustls_platform_verifier=error"),
        LogFormat::Text,
    )
}

fn start(filter: EnvFilter, format: LogFormat) -> Result<(), AlreadySet> {
    use tracing_subscriber::util::SubscriberInitExt as _;

    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .finish()
            .try_init(),
        LogFormat::Text => lines
            .with_ansi(io::stderr().is_terminal())
            .finish()
            .try_init(),
    }
    .map_err(AlreadySet)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(panic.place = place, "a task panicked");
    }));
    Ok(())
}
