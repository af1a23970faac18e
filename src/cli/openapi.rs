//! `handover openapi`: the published document, without a bridge that runs.

use std::io::{self, Write as _};

use super::Error;
use crate::http::openapi;

pub(super) fn run() -> Result<(), Error> {
    let json = openapi::document()
        .to_pretty_json()
        .map_err(io::Error::from)?;
    writeln!(io::stdout().lock(), "{json}")?;
    Ok(())
}
