//! What can go wrong inside the store, and what its callers are told of it.

use std::{error::Error as _, io};

use crate::store::Error;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Without its source, which may quote what is stored.
    #[error("the database refused a statement ({code}){}", hint(.code))]
    Refused { code: String },
    /// The connection broke, or none could be had. What was under way may have been done.
    #[error("the database cannot be reached")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something is not as it was read: the step is to be decided again.
    #[error("another step was quicker")]
    Raced,
    /// Without its source, which may quote what is stored.
    #[error("stored JSON cannot be read (column {column})")]
    Json { column: usize },
    /// Without its source, which may quote what is stored.
    #[error("a stored value cannot be read")]
    Unreadable,
    #[error("a stored row is gone")]
    Missing,
    /// A rule of the program was broken; nothing of the step is written.
    #[error("a step panicked")]
    Panicked,
    #[error("the database did not answer in time")]
    Late,
    #[error("the store is closed")]
    Closed,
}

/// As `handover_expect` has it.
const RACED: &str = "HB001";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";
const UNIQUE_VIOLATION: &str = "23505";
/// A statement after the one that failed.
const IN_FAILED_TRANSACTION: &str = "25P02";
/// Classes of codes that say nothing against the step: connection, credentials, rights and tables, resources, an
/// operator's intervention, the system; a server that is read-only, or in recovery.
const AWAY: [&str; 8] = ["08", "28", "42", "53", "55", "57", "58", "25"];
const NO_RIGHTS: &str = "42501";
/// There is none in which the role may see or make anything.
pub(super) const NO_SCHEMA: &str = "3F000";
/// The server takes no writes, as after a failover, or is going down or coming up: a new connection may lead to another.
const OUT_OF_SERVICE: [&str; 4] = ["25006", "57P01", "57P02", "57P03"];

impl Fault {
    /// Once, where it is dealt with.
    pub(super) fn log(&self, what: &'static str) {
        let error: &dyn std::error::Error = self;
        tracing::error!(error, "{what}");
    }

    /// The same of what mends itself, and costs nothing but time.
    pub(super) fn warn(&self, what: &'static str) {
        let error: &dyn std::error::Error = self;
        tracing::warn!(error, "{what}");
    }

    /// The database or the way to it stands in the way: nothing is wrong with this step.
    pub(super) fn concerns_everyone(&self) -> bool {
        match self {
            Self::Refused { code } => AWAY.iter().any(|class| code.starts_with(class)),
            Self::Away(_) | Self::Late | Self::Raced | Self::Closed => true,
            Self::Json { .. } | Self::Unreadable | Self::Missing | Self::Panicked => false,
        }
    }

    /// Nothing can be written at present, whatever it is.
    pub(super) fn keeps_from_writing(&self) -> bool {
        self.concerns_everyone() && !matches!(self, Self::Raced | Self::Closed)
    }

    /// Whether it only follows from the fault of a statement before it.
    pub(super) fn is_consequence(&self) -> bool {
        matches!(self, Self::Refused { code } if code == IN_FAILED_TRANSACTION)
    }

    /// Whether the connection is good for nothing any more.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Late) || self.is_out_of_service()
    }

    /// Whether the same may go well on another one, where it may be done twice.
    pub(super) fn is_worth_another_connection(&self) -> bool {
        matches!(self, Self::Away(_)) || self.is_out_of_service()
    }

    /// Whether no connection to the same server is good for anything.
    pub(super) fn is_out_of_service(&self) -> bool {
        matches!(self, Self::Refused { code } if OUT_OF_SERVICE.contains(&code.as_str()))
    }
}

/// What to do about a refusal, where that is known.
fn hint(code: &str) -> &'static str {
    match code {
        NO_RIGHTS | NO_SCHEMA => {
            "; its role lacks rights, see docs/operations.md, \"Many replicas\""
        }
        "28000" | "28P01" => "; it does not let the role in, or not with this password",
        "3D000" => "; there is no such database",
        "53300" => "; it takes no more connections",
        _ => "",
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(code) = error.code() {
            return match code.code() {
                RACED | SERIALIZATION_FAILURE | DEADLOCK | UNIQUE_VIOLATION => Self::Raced,
                code => Self::Refused {
                    code: code.to_owned(),
                },
            };
        }
        let by_network = error
            .source()
            .is_some_and(|source| source.downcast_ref::<io::Error>().is_some());
        if error.is_closed() || by_network {
            Self::Away(Box::new(error))
        } else {
            Self::Unreadable
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
        match fault {
            Fault::Closed => Self::Closed,
            fault if fault.concerns_everyone() => Self::Unavailable(Box::new(fault)),
            fault => Self::Corrupt(Box::new(fault)),
        }
    }
}
