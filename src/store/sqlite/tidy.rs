//! What deleted rows leave behind in the files, taken out of them after an erasure.
//!
//! `secure_delete` overwrites what is deleted in the newest version of its page. Older versions stay in the log, so it is
//! copied back and cut to nothing. A piece of a row can also lie in the unused part of another page, from when pages were
//! split or joined while the row was there; only writing the file anew takes that away, which is done where it is quick.
//! All of it by a connection of its own, so that the writer waits no longer than it must.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

use super::{fault::Fault, file};

/// A file of this size is written anew in half a second or so, for which the writer waits, and in as much memory.
const QUICKLY_WRITTEN: u64 = 32 * 1024 * 1024;

/// The log can be cut when nobody reads in it, which is waited for with the writer's lock held: long enough for the short
/// reads of the bridge itself, too short to be noticed.
const READERS_MAY_TAKE: Duration = Duration::from_millis(50);

/// Says whether the log could be emptied: a reader that has not ended yet keeps what it reads.
pub(super) fn tidy(path: &Path) -> Result<bool, Fault> {
    let connection = file::open_beside(path)?;
    // Most of the work, in nobody's way.
    checkpoint(&connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    if !cut(&connection)? {
        return Ok(false);
    }
    if size(&connection)? > QUICKLY_WRITTEN {
        return Ok(true);
    }
    // There may be no folder for temporary files, and what is in them stays on the disk.
    connection.execute_batch("PRAGMA temp_store = MEMORY; VACUUM")?;
    cut(&connection)
}

fn cut(connection: &Connection) -> Result<bool, Fault> {
    connection.busy_timeout(READERS_MAY_TAKE)?;
    let cut = checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    connection.busy_timeout(file::BUSY_TIMEOUT)?;
    cut
}

fn checkpoint(connection: &Connection, sql: &'static str) -> Result<bool, Fault> {
    let busy: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(busy == 0)
}

fn size(connection: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    let size: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(size).unwrap_or(u64::MAX))
}
