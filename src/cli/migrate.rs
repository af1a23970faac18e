//! `handover migrate`: for those who run with `store.migrate = false`.

use super::{Error, runtime};
use crate::{app, config::Config, telemetry};

pub(super) fn run(config: Config) -> Result<(), Error> {
    let _last_lines = telemetry::init(&config.telemetry)?;
    runtime()?.block_on(app::migrate(config))?;
    Ok(())
}
