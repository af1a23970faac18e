//! Where the store is: one file, by whatever path it was reached, and one process at a time that has it.
//!
//! The lock is on the database file itself. So it holds for every path that leads there, and nothing beside the file can
//! be removed that it would go with.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::file::OpenError;

/// What users say is for the bridge alone. What is there already stays as its owner has made it.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// A database file that no other process takes as its store for as long as this is kept.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// To be closed after the last connection: a process that closes any descriptor of a file loses the locks on it that
    /// it has through others, and SQLite's are such.
    file: File,
}

impl Place {
    /// Of a store that is made with its directory, if there is none.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        if let Some(directory) = path
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty())
        {
            let made = DirBuilder::new()
                .recursive(true)
                .mode(DIRECTORY_MODE)
                .create(directory);
            made.map_err(|source| OpenError::Directory {
                path: directory.to_owned(),
                source,
            })?;
        }
        let mut options = OpenOptions::new();
        // The library would let everybody read it. Its log and what else stands beside it get the mode that it has.
        options.write(true).create(true).mode(FILE_MODE);
        Self::lock(path, options.truncate(false))
    }

    /// Of a store that is there, and is not written.
    pub(super) fn take_at_rest(path: &Path) -> Result<Self, OpenError> {
        Self::lock(path, &OpenOptions::new())
    }

    /// The file's own name: where the path leads over links, now and for as long as this is kept.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Of the file that is open, whatever its path leads to by now.
    pub(super) fn metadata(&self) -> io::Result<fs::Metadata> {
        self.file.metadata()
    }

    fn lock(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File {
            path: path.to_owned(),
            source,
        };
        let file = options.clone().read(true).open(path).map_err(failed)?;
        // With the file there, every part of the way can be followed.
        let path = fs::canonicalize(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(OpenError::Lock { path, source }),
        }
        if has_other_names(&path).map_err(failed)? {
            return Err(OpenError::Linked { path });
        }
        Ok(Self { path, file })
    }
}

/// Whether the file is linked to from elsewhere. SQLite looks for the log under the name by which a file was opened, so what
/// was written under one name may be missing under the other.
pub(super) fn has_other_names(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.nlink() > 1)
}
