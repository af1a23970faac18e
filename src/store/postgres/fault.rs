//! What can go wrong inside the store, and what its callers are told of it.

use crate::store::Error;

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("postgresql refused")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no connection to postgresql")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// Without its source, which may quote what is stored.
    #[error("stored JSON cannot be read (column {column})")]
    Json { column: usize },
    #[error("a stored row is gone")]
    Missing,
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
        Self::Unavailable(Box::new(fault))
    }
}
