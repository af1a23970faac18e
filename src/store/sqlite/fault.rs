//! What can go wrong inside the store, and what its callers are told of it.

use std::sync::Arc;

use rusqlite::ffi;

use super::watch::Gone;
use crate::store::Error;

/// Why a step, or a whole batch of them, was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("sqlite refused")]
    Sqlite(#[from] rusqlite::Error),
    /// Without its source, which may quote what is stored.
    #[error("stored JSON cannot be read (column {column})")]
    Json { column: usize },
    /// A rule of the program was broken; the step is undone, the thread goes on.
    #[error("a step panicked")]
    Panicked,
    #[error("a stored row is gone")]
    Missing,
    /// The database has undone the steps before this one as well.
    #[error("sqlite rolled the whole batch back")]
    RolledBack,
    #[error("a file of the store was removed or exchanged while it was open")]
    Gone(Gone),
    #[error("the store has failed and waits for the process to end")]
    Failed,
}

/// A fault that every step of a batch is told of.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the batch was not written")]
pub(super) struct BatchFault(#[source] pub(super) Arc<Fault>);

impl Fault {
    /// Once, where it is dealt with.
    pub(super) fn log(&self, what: &'static str) {
        let error: &dyn std::error::Error = self;
        tracing::error!(error, "{what}");
    }

    /// The disk, the memory or another process stands in the way: everything waits, nothing is wrong with this step.
    pub(super) fn concerns_everyone(&self) -> bool {
        match self {
            Self::Sqlite(error) => matches!(
                primary_code(error),
                Some(
                    ffi::SQLITE_FULL
                        | ffi::SQLITE_IOERR
                        | ffi::SQLITE_NOMEM
                        | ffi::SQLITE_BUSY
                        | ffi::SQLITE_LOCKED
                        | ffi::SQLITE_READONLY
                        | ffi::SQLITE_CANTOPEN
                        | ffi::SQLITE_INTERRUPT
                )
            ),
            Self::RolledBack | Self::Gone(_) | Self::Failed => true,
            Self::Json { .. } | Self::Panicked | Self::Missing => false,
        }
    }

    /// The disk may have dropped what it had taken: nothing that is in memory can be trusted to be on it. Or the
    /// file that was written is nobody's. A lack of space for the index of the log is no such thing.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                error.extended_code & 0xff == ffi::SQLITE_IOERR
                    && error.extended_code != ffi::SQLITE_IOERR_SHMSIZE
            }
            Self::Gone(_) => true,
            _ => false,
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json {
            column: error.column(),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        if fault.concerns_everyone() {
            Self::Unavailable(Box::new(fault))
        } else {
            Self::Corrupt(Box::new(fault))
        }
    }
}

fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => Some(error.extended_code & 0xff),
        _ => None,
    }
}
