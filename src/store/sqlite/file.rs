//! The file: its connections, the settings that durability rests on, and the schema's migrations.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, params};

use super::{columns::number, fault::Fault, mutant::Mutant};
use crate::{
    domain::time::Timestamp,
    store::{
        Migrated,
        migrations::{Unknown, been_through, checksum},
    },
};

/// Embedded, numbered from 1, never changed once released: the file remembers what each looked like.
const MIGRATIONS: [&str; 13] = [
    include_str!("migrations/0001_ground.sql"),
    include_str!("migrations/0002_telemetry.sql"),
    include_str!("migrations/0003_erasure.sql"),
    include_str!("migrations/0004_legs_by_name.sql"),
    include_str!("migrations/0005_lanes_of_bots.sql"),
    include_str!("migrations/0006_console.sql"),
    include_str!("migrations/0007_deliveries.sql"),
    include_str!("migrations/0008_key_index.sql"),
    include_str!("migrations/0009_progress.sql"),
    include_str!("migrations/0010_unsaid.sql"),
    include_str!("migrations/0011_settled.sql"),
    include_str!("migrations/0012_lost.sql"),
    include_str!("migrations/0013_compared.sql"),
];

/// A reader of the file from outside may stand in the way for a moment.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Negative: KiB. The indices that steps look into and write stay in memory, also with some hundred thousand keys.
const CACHE_KIB: i64 = -16 * 1024;
/// Every statement of the program, prepared once a connection.
const STATEMENTS: usize = 128;

/// Why the store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the directory {} cannot be made", path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("{} cannot be opened{}", path.display(), remedy_of_access(source))]
    File { path: PathBuf, source: io::Error },
    #[error("{} cannot be locked", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error(
        "{} is in use by another process; one process at a time can have a SQLite store, use PostgreSQL for replicas",
        path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "{} is linked to from elsewhere (a hard link), and what was written under the other name may be missing under this \
         one; remove the other name (`find -samefile` tells it)",
        path.display()
    )]
    Linked { path: PathBuf },
    #[error(
        "the store was written by a newer version (schema {found}, this version knows {known})"
    )]
    Newer { found: usize, known: usize },
    #[error("migration {number} of the store is not the one that this version knows")]
    Changed { number: usize },
    #[error("the store's schema is {found}, this version needs {needed}; run `handover migrate`")]
    NotMigrated { found: usize, needed: usize },
    #[error("the store cannot keep a write-ahead log where it is; SQLite needs a local disk")]
    NoLog,
    #[error(
        "{} is a database of something else and is left as it is; look whether store.url names the right file",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error("the store cannot be read{}", remedy(.0.as_ref()))]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{} cannot be looked at", path.display())]
    Watch { path: PathBuf, source: io::Error },
    #[error("the store's threads cannot be started")]
    Threads(#[source] io::Error),
}

/// The only connection that writes.
pub(super) fn open_to_write(path: &Path, mutant: Mutant) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    refuse_others(&connection, path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NoLog);
    }
    connection.pragma_update(None, "synchronous", mutant.synchronous())?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is gone from the file, and not merely no longer found in it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    plan_once(&connection)?;
    Ok(connection)
}

/// Else a statement is compiled again each time that it is given a value by which its plan might become another one,
/// which takes longer than to run it.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) fn open_to_read(path: &Path) -> Result<Connection, OpenError> {
    let connection = open_to_copy(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    plan_once(&connection)?;
    open_log(&connection)?;
    Ok(connection)
}

/// A connection that sees the store and changes nothing, beside whoever has the lock.
pub(super) fn open_to_copy(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// A connection that copies the log back beside the writer.
pub(super) fn open_beside(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    open_log(&connection)?;
    Ok(connection)
}

/// SQLite would do it at the first look into the store. By then the log's name may lead to another file, from which it would
/// be copied back.
fn open_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Brings the schema up to date, if it may; refuses what this version does not know.
pub(super) fn migrate(
    connection: &mut Connection,
    allowed: bool,
    now: Timestamp,
) -> Result<Migrated, OpenError> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations \
         (number INTEGER PRIMARY KEY, checksum BLOB NOT NULL, applied_at INTEGER NOT NULL) STRICT",
    )?;
    let found = known(connection)?;
    if !allowed {
        complete(found)?;
    }
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        let number = number(at + 1);
        let sql =
            "INSERT INTO migrations (number, checksum, applied_at) VALUES (?1, unhex(?2), ?3)";
        transaction.execute(sql, params![number, checksum(migration), now])?;
        transaction.commit()?;
    }
    Ok(Migrated {
        found,
        now: MIGRATIONS.len(),
    })
}

/// A database that somebody else has filled is left as it is.
fn refuse_others(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let sql = "SELECT count(*) = 0 OR (SELECT count(*) = 3 FROM pragma_table_info('migrations') \
               WHERE name IN ('number', 'checksum', 'applied_at')) FROM sqlite_schema";
    if connection.query_row(sql, [], |row| row.get(0))? {
        return Ok(());
    }
    Err(OpenError::Foreign {
        path: path.to_owned(),
    })
}

/// Refuses a schema that is not this version's, and changes nothing.
pub(super) fn up_to_date(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    refuse_others(connection, path)?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'";
    let begun: bool = connection.query_row(sql, [], |row| row.get(0))?;
    complete(if begun { known(connection)? } else { 0 })
}

fn complete(found: usize) -> Result<(), OpenError> {
    let needed = MIGRATIONS.len();
    if found < needed {
        return Err(OpenError::NotMigrated { found, needed });
    }
    Ok(())
}

/// How many migrations the file has been through, all of them known.
fn known(connection: &Connection) -> Result<usize, OpenError> {
    let mut statement =
        connection.prepare("SELECT lower(hex(checksum)) FROM migrations ORDER BY number")?;
    let applied = statement.query_map([], |row| row.get(0))?;
    let applied: Vec<String> = applied.collect::<Result<_, _>>()?;
    Ok(been_through(&applied, &MIGRATIONS)?)
}

/// What an operator can do about what SQLite says.
pub(super) fn remedy(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut sources = std::iter::successors(Some(error), |error| error.source());
    let code =
        sources.find_map(|error| error.downcast_ref::<rusqlite::Error>()?.sqlite_error_code());
    match code {
        Some(ErrorCode::NotADatabase) => {
            "; it is no SQLite database: look whether store.url names the right file"
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "; if it was restored, the -wal and -shm beside it are another store's: remove them and put the copy there once \
             more; else the disk has damaged it: put a backup in its place"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            "; look at store.url, and whether this user may read and write the file, what stands beside it, and the folder"
        }
        _ => "",
    }
}

fn remedy_of_access(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; this user has to be able to read and write it"
        }
        _ => "",
    }
}

impl From<Unknown> for OpenError {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Newer { found, known } => Self::Newer { found, known },
            Unknown::Changed { number } => Self::Changed { number },
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unreadable(Box::new(error))
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(Box::new(fault))
    }
}
