//! `handover demo`, and `handover` alone where nothing is configured: a bridge to try out.

use super::{Error, runtime};
use crate::{app, telemetry};

pub(super) fn run() -> Result<(), Error> {
    telemetry::init_for_development()?;
    runtime()?.block_on(app::demo())?;
    Ok(())
}
