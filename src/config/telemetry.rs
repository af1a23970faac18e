//! `[telemetry]`: what is logged and how.

use std::fmt;

use config::Value;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{fault::Problem, networks, section::Section, value};

/// What leaves the process about itself.
#[derive(Clone, Debug)]
pub struct Telemetry {
    pub log: LogFilter,
    pub format: LogFormat,
    /// The base address of an OTLP collector; none: no traces leave.
    pub otlp_endpoint: Option<Url>,
}

/// Filter directives that have been parsed once: `info`, or `info,handover_bridge::delivery=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

impl Telemetry {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let log = section.defaulted("log", LogFilter::read);
        let format = section.defaulted("format", LogFormat::read);
        let otlp_endpoint = section.defaulted("otlp_endpoint", read_endpoint);
        section.finish();
        Some(Self {
            log: log?,
            format: format?,
            otlp_endpoint: otlp_endpoint?,
        })
    }
}

impl LogFilter {
    /// The filter itself; `tracing` cannot clone one.
    pub fn to_filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }

    fn read(value: &Value) -> Result<Self, Problem> {
        const EXPECTED: Problem =
            Problem::Expected("log directives such as \"info\" or \"info,handover_bridge=debug\"");
        let directives = value::filled_text(value)?;
        EnvFilter::try_new(&directives).map_err(|_| EXPECTED)?;
        Ok(Self(directives))
    }
}

impl LogFormat {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(Problem::NotOneOf("\"json\", \"text\"")),
        }
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn read_endpoint(value: &Value) -> Result<Option<Url>, Problem> {
    if value::text(value)?.is_empty() {
        return Ok(None);
    }
    networks::web_url(value, "a URL such as \"http://127.0.0.1:4318\"")
        .and_then(networks::base_url)
        .map(Some)
}
