//! A store that no process works with, read as it is. Nothing of it is changed.

use std::path::Path;

use rusqlite::Connection;

use super::{
    file::{self, OpenError},
    place::Place,
};

pub(in crate::store) struct AtRest {
    /// Can only read.
    pub(in crate::store) connection: Connection,
    /// Keeps bridges from starting on it meanwhile.
    _place: Place,
}

impl AtRest {
    /// # Errors
    /// A process works with it, or its tables are not those of this version.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, OpenError> {
        let place = Place::take_at_rest(path)?;
        let connection = file::open_to_copy(place.path())?;
        file::up_to_date(&connection, place.path())?;
        Ok(Self {
            connection,
            _place: place,
        })
    }
}
