//! `handover store`: what is done with the store itself, not through a bridge.

mod copy;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};

pub(super) use self::copy::UsageError;
use super::Error;
use crate::{app, config::Upkeep};

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Copy it into one file, while the bridge works with it
    Backup(Backup),
    /// Move it from its file into a PostgreSQL database, while no bridge works with either
    Copy(copy::Options),
}

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The copy; must not be there yet
    file: PathBuf,
}

pub(super) fn run(upkeep: Upkeep, action: Action) -> Result<(), Error> {
    match action {
        Action::Backup(Backup { file }) => {
            let size = app::backup(&upkeep.store, &file)?;
            let told = format!("{} holds the store, {size} bytes", file.display());
            writeln!(io::stdout().lock(), "{told}")?;
            Ok(())
        }
        Action::Copy(options) => copy::run(upkeep, options),
    }
}
