//! `handover store copy`: from one file to a database for many replicas, once.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use secrecy::SecretString;

use crate::{
    app,
    cli::{Error, runtime},
    config::{self, DatabaseUrl, StoreUrl, Upkeep, UrlFault},
    store::copy::{Copied, Copy},
    telemetry,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    #[arg(
        long,
        value_name = "URL",
        help = "The SQLite store, sqlite:PATH; without it, that of store.url"
    )]
    from: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "The PostgreSQL database, postgres://USER@HOST/DATABASE; without it, that of store.url or store.url_file"
    )]
    to: Option<String>,
}

/// Why the command line cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum UsageError {
    #[error("--from must be \"sqlite:\" and the path of the store's file")]
    From,
    #[error("--to must be a URL such as postgres://user@host/database")]
    To(#[source] UrlFault),
    #[error(
        "every user of this machine can see a password in --to: leave it out, and name its file with store.password_file \
         or HANDOVER__STORE__PASSWORD_FILE"
    )]
    Password,
    #[error("store.url is no SQLite store: say with --from which one is to be copied")]
    NoFrom,
    #[error("store.url is no PostgreSQL database: say with --to where the copy is to be")]
    NoTo,
}

pub(super) fn run(upkeep: Upkeep, options: Options) -> Result<(), Error> {
    let _last_lines = telemetry::init(&upkeep.telemetry)?;
    let config::Store { url, password, .. } = upkeep.store;
    let copy = Copy {
        from: file(options.from, &url)?,
        to: database(options.to, &url)?,
        password,
    };
    let told = told(&runtime()?.block_on(app::copy(copy))?);
    write!(io::stdout().lock(), "{told}")?;
    Ok(())
}

fn file(written: Option<String>, configured: &StoreUrl) -> Result<PathBuf, UsageError> {
    match (written.map(|url| StoreUrl::of(&url)), configured) {
        (Some(Some(StoreUrl::Sqlite(path))), _) => Ok(path),
        (Some(_), _) => Err(UsageError::From),
        (None, StoreUrl::Sqlite(path)) => Ok(path.clone()),
        (None, StoreUrl::Postgres(_)) => Err(UsageError::NoFrom),
    }
}

fn database(written: Option<String>, configured: &StoreUrl) -> Result<SecretString, UsageError> {
    match (written.map(|url| DatabaseUrl::parse(&url)), configured) {
        (Some(Ok(url)), _) if url.has_password() => Err(UsageError::Password),
        (Some(Ok(url)), _) => Ok(url.0),
        (Some(Err(fault)), _) => Err(UsageError::To(fault)),
        (None, StoreUrl::Postgres(url)) => Ok(url.0.clone()),
        (None, StoreUrl::Sqlite(_)) => Err(UsageError::NoTo),
    }
}

fn told(copied: &[Copied]) -> String {
    let lines = copied
        .iter()
        .map(|Copied { table, rows }| format!("{rows:>12} {table}\n"));
    let all: u64 = copied.iter().map(|copied| copied.rows).sum();
    lines.collect::<String>() + &format!("copied and compared, {all} rows\n")
}
