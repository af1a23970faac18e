//! A sound copy of the store in one file, taken while a bridge works with it.
//!
//! One connection that only reads sees the store as it was at one moment, and writes that anew (`VACUUM INTO`). The
//! writer goes on meanwhile; only its log is not cut back until the copy is done. Nothing stands under the name that was
//! asked for before the copy is whole and on disk.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    fault::Fault,
    file::{self, OpenError},
    place, warnings,
};
use crate::domain::{
    effect::{Warning, WarningKind},
    time::Timestamp,
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is there already, and nothing is overwritten", path.display())]
    Exists { path: PathBuf },
    #[error("{} is left of a backup that was broken off; remove it, unless one is being taken", path.display())]
    Unfinished { path: PathBuf },
    #[error("{} cannot be written", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(OpenError),
    #[error("the store cannot be copied{}", file::remedy(.0))]
    Copy(#[source] rusqlite::Error),
    #[error("the copy is not sound; look at the disk")]
    Unsound,
}

/// Says how large the copy is.
///
/// # Errors
/// There is no copy, and nothing is left of it.
pub fn backup(store: &Path, to: &Path, now: Timestamp) -> Result<u64, BackupError> {
    let failed = |source| BackupError::File {
        path: to.to_owned(),
        source,
    };
    if to.try_exists().map_err(failed)? {
        return Err(BackupError::Exists {
            path: to.to_owned(),
        });
    }
    let part = unfinished(to);
    let made = OpenOptions::new()
        .create_new(true)
        .write(true)
        // What it holds is for the bridge alone.
        .mode(0o600)
        .open(&part);
    made.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Unfinished { path: part.clone() },
        _ => BackupError::File {
            path: part.clone(),
            source,
        },
    })?;
    let written = copy(store, &part, now).and_then(|()| keep(&part, to).map_err(failed));
    if written.is_err() {
        // What cannot be removed is named by the next attempt.
        let _ = fs::remove_file(&part);
    }
    written
}

/// When the copy was taken, if this is one and nothing has started from it yet. From here on a warning says so, and the copy
/// no longer does.
pub(super) fn started_from(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let transaction = connection.transaction()?;
    let sql = "DELETE FROM meta WHERE name = 'backed_up_at' RETURNING value";
    let taken_at: Option<Timestamp> = transaction
        .query_row(sql, [], |row| row.get(0))
        .optional()?;
    if let Some(taken_at) = taken_at {
        let warning = Warning {
            kind: WarningKind::Restored,
            subject: taken_at.to_string(),
        };
        warnings::write(&transaction, &warning, now)?;
    }
    transaction.commit()?;
    Ok(taken_at)
}

fn copy(store: &Path, part: &Path, now: Timestamp) -> Result<(), BackupError> {
    let name = part.to_str().ok_or_else(|| BackupError::File {
        path: part.to_owned(),
        source: io::ErrorKind::InvalidFilename.into(),
    })?;
    // A file that is not there is for SQLite to refuse.
    if place::has_other_names(store).unwrap_or(false) {
        return Err(BackupError::Store(OpenError::Linked {
            path: store.to_owned(),
        }));
    }
    let source = file::open_to_copy(store).map_err(BackupError::Copy)?;
    source
        .execute("VACUUM INTO ?1", [name])
        .map_err(BackupError::Copy)?;
    let copied = Connection::open(part).map_err(BackupError::Copy)?;
    let sound: String = copied
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(BackupError::Copy)?;
    if sound != "ok" {
        return Err(BackupError::Unsound);
    }
    copied
        .execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('backed_up_at', ?1)",
            params![now],
        )
        .map_err(BackupError::Copy)?;
    copied
        .close()
        .map_err(|(_, error)| BackupError::Copy(error))
}

fn keep(part: &Path, to: &Path) -> io::Result<u64> {
    let file = File::open(part)?;
    file.sync_all()?;
    fs::rename(part, to)?;
    let directory = to
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()?;
    Ok(file.metadata()?.len())
}

fn unfinished(to: &Path) -> PathBuf {
    let mut name: OsString = to.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
