//! How calls to bots and desks go: what the process has seen, and what the rows say is owed.

use rusqlite::Connection;

use super::super::{census, fault::Fault};
use crate::store::Census;

/// Of a census only what is owed and what is dead.
pub(super) fn owed(connection: &Connection) -> Result<Census, Fault> {
    let mut census = Census::default();
    census::count_owed(connection, &mut census)?;
    census::count_dead_letters(connection, &mut census)?;
    Ok(census)
}
