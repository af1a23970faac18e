//! Moves a store from one file into a database for many processes: all rows in one transaction, each read back from
//! both sides and compared before anybody else sees one.
//!
//! Neither side is in use meanwhile. The file is not changed, so a copy that fails has cost nothing but time.

mod fields;
mod source;
mod tables;
mod target;

use std::{fmt, path::PathBuf};

use secrecy::SecretString;

use self::{source::Source, target::Target};
use super::{postgres, sqlite};
use crate::domain::time::Timestamp;

/// From where to where.
#[derive(Debug)]
pub struct Copy {
    /// The file that `store.url` names after `sqlite:`.
    pub from: PathBuf,
    /// The URL of the PostgreSQL database, as the role that owns the tables or is to own them.
    pub to: SecretString,
    /// Of that role, where the URL does not have it.
    pub password: Option<SecretString>,
}

/// A table that is the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub table: &'static str,
    pub rows: u64,
}

/// Why there is no copy. Nothing was written, but for [`CopyError::Uncertain`].
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("there is no store at {}", path.display())]
    NoSource { path: PathBuf },
    #[error("the store to copy from cannot be opened")]
    Source(#[source] sqlite::OpenError),
    #[error("the store to copy from cannot be read")]
    Unreadable(#[source] rusqlite::Error),
    #[error("the store to copy from holds something unreadable: {column} of {table}, {row}")]
    Unfit {
        table: &'static str,
        row: String,
        column: &'static str,
    },
    #[error("the reading of the store was interrupted")]
    Interrupted,
    #[error("the database to copy to cannot be opened")]
    Target(#[source] postgres::OpenError),
    #[error(
        "the database to copy to holds a store already: there are {table}; give the copy an empty one"
    )]
    NotEmpty { table: &'static str },
    #[error(
        "bridges work with the database to copy to ({connections} connections); stop them first"
    )]
    InUse { connections: i64 },
    #[error("the database to copy to refused a statement: {message} ({code})")]
    Refused { message: String, code: String },
    #[error("the connection to the database broke")]
    Broken(#[source] Box<tokio_postgres::Error>),
    #[error("{table}, {row}: {difference}; the copy was undone")]
    Unequal {
        table: &'static str,
        row: String,
        difference: Difference,
    },
    #[error(
        "the connection broke while the copy was committed; it is there as a whole, or not at all"
    )]
    Uncertain(#[source] Box<tokio_postgres::Error>),
}

/// What is not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The file has the row, and the database has another one in its place.
    Missing,
    /// The database alone has the row.
    Strange,
    /// One of the row's values.
    Value(&'static str),
}

impl Copy {
    /// Says how many rows there are of each kind.
    ///
    /// # Errors
    /// One of the sides cannot be worked with, or they do not come out the same.
    pub async fn run(self, now: Timestamp) -> Result<Vec<Copied>, CopyError> {
        let source = Source::open(&self.from, now)?;
        let mut target = Target::open(&self.to, self.password.as_ref(), now).await?;
        let copied = move_over(&source, &mut target).await;
        target.close().await;
        copied
    }
}

async fn move_over(source: &Source, target: &mut Target) -> Result<Vec<Copied>, CopyError> {
    let writing = target.begin().await?;
    for table in &tables::ALL {
        let rows = writing.write(table, source.rows(table)).await?;
        tracing::info!(table = table.name, rows, "a table has been written");
    }
    writing.analyze().await?;
    let mut copied = Vec::new();
    for table in &tables::ALL {
        let rows = writing.compare(table, source.rows(table)).await?;
        tracing::info!(table = table.name, rows, "a table has been compared");
        copied.push(Copied {
            table: table.name,
            rows,
        });
    }
    writing.commit().await?;
    Ok(copied)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is not in the database as it is in the file"),
            Self::Strange => f.write_str("the database has it and the file has not"),
            Self::Value(column) => {
                write!(f, "{column} is not in the database as it is in the file")
            }
        }
    }
}
