//! How calls to bots and desks go: what the process has seen, and what the rows say is owed.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::super::{census, fault::Fault, memory::Memory};
use crate::{
    domain::time::Timestamp,
    store::{Census, Standing},
};

/// Of a census only what is owed and what is dead.
pub(super) fn owed(connection: &Connection) -> Result<Census, Fault> {
    let mut census = Census::default();
    census::count_owed(connection, &mut census)?;
    census::count_dead_letters(connection, &mut census)?;
    Ok(census)
}

pub(super) fn all(memory: &Memory, census: &Census, now: Timestamp) -> Vec<Standing> {
    let calls = memory.calls();
    let closed = memory.conditions(now).closed;
    let pauses = memory.pauses(now);
    let mut destinations = BTreeSet::new();
    destinations.extend(calls.keys().cloned());
    destinations.extend(closed.keys().cloned());
    destinations.extend(pauses.keys().cloned());
    destinations.extend(census.owed.keys().cloned());
    destinations.extend(census.dead_letters.keys().cloned());
    let standing = |destination| {
        let called = calls.get(&destination).copied().unwrap_or_default();
        let owed = census.owed.get(&destination);
        Standing {
            last_success: called.last_success,
            last_error: called.last_error,
            closed: closed.get(&destination).copied(),
            paused_until: pauses.get(&destination).copied(),
            owed: owed.map_or(0, |owed| owed.count),
            oldest: owed.map(|owed| owed.since),
            dead: census.dead_letters.get(&destination).copied().unwrap_or(0),
            destination,
        }
    };
    destinations.into_iter().map(standing).collect()
}
