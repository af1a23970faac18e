//! A store that no process works with, read as it is. Nothing of it is changed.

use std::{fs::File, path::Path};

use rusqlite::Connection;

use super::file::{self, OpenError};

pub(in crate::store) struct AtRest {
    /// Can only read.
    pub(in crate::store) connection: Connection,
    /// Keeps bridges from starting on it meanwhile.
    _lock: File,
}

impl AtRest {
    /// # Errors
    /// A process works with it, or its tables are not those of this version.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = file::lock(path)?;
        let connection = file::open_to_copy(path)?;
        file::up_to_date(&connection)?;
        Ok(Self {
            connection,
            _lock: lock,
        })
    }
}
