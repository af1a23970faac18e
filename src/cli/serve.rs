//! `handover serve`: the bridge itself.

use super::{Error, load, run_to_end};
use crate::{app, config::Source, telemetry};

/// The file is read once, so that what SIGHUP has loaded again differs in nothing but the secrets.
pub(super) fn run(source: Source) -> Result<(), Error> {
    let source = source.pinned().map_err(Error::Faults)?;
    let config = load(&source)?;
    let _last_lines = telemetry::init(&config.telemetry)?;
    for warning in config.warnings() {
        tracing::warn!(config.warning = %warning, "the configuration asks for a second look");
    }
    run_to_end(app::serve(config, source))
}
