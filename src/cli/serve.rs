//! `handover serve`: the bridge itself.

use super::{Error, runtime};
use crate::{app, config::Config, telemetry};

pub(super) fn run(config: Config) -> Result<(), Error> {
    telemetry::init(&config.telemetry)?;
    for warning in config.warnings() {
        tracing::warn!(config.warning = %warning, "the configuration asks for a second look");
    }
    runtime()?.block_on(app::serve(config))?;
    Ok(())
}
