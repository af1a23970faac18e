//! `handover migrate`: for those who run with `store.migrate = false`.

use std::io::{self, Write as _};

use super::{Error, runtime};
use crate::{app, config::Upkeep, store::Migrated, telemetry};

pub(super) fn run(upkeep: Upkeep) -> Result<(), Error> {
    let _last_lines = telemetry::init(&upkeep.telemetry)?;
    let migrated = runtime()?.block_on(app::migrate(upkeep.store))?;
    writeln!(io::stdout().lock(), "{}", told(migrated))?;
    Ok(())
}

fn told(Migrated { found, now }: Migrated) -> String {
    if found == 0 {
        format!("a new store was made, with schema {now}")
    } else if found == now {
        format!("the store has schema {now} already, there was nothing to do")
    } else {
        format!("the store was brought from schema {found} to {now}")
    }
}
