//! `handover check`: the configuration as `serve` would read it. Faults have been told before it gets here.

use std::io::{self, Write as _};

use super::Error;
use crate::{app, config::Config};

pub(super) fn run(config: &Config) -> Result<(), Error> {
    app::check(config)?;
    let mut out = io::stdout().lock();
    for warning in config.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    let counts = [
        counted(config.bots.len(), "bot"),
        counted(config.desks.len(), "desk"),
        counted(config.routes.len(), "route"),
    ];
    writeln!(out, "ok: {}", counts.join(", "))?;
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
