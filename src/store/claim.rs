//! A lane that is held for a delivery, and the store's proof of it.

use std::time::Duration;

use super::{postgres, sqlite};
use crate::{
    domain::{
        delivery::{Destination, Job},
        time::Timestamp,
    },
    telemetry::traces::TraceParent,
};

/// A lane that this process holds, with the work at its head.
#[derive(Debug)]
pub struct Claim {
    pub job: Box<Job>,
    /// Attempts made so far; 0 before the first.
    pub attempts: u32,
    pub destination: Destination,
    /// The span of the call that brought it about, if traces were on.
    pub trace: Option<TraceParent>,
    pub ticket: Ticket,
}

/// The store's own proof that the lane is held. Opaque to everybody else. Dropped instead of settled, it gives the lane
/// back after a while, as a lease would.
#[derive(Debug)]
pub struct Ticket(pub(super) Proof);

/// Whoever dropped it may have failed because of what it held.
pub(super) const DROPPED_FOR: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) enum Proof {
    Sqlite(sqlite::Hold),
    Postgres(postgres::Hold),
    #[cfg(test)]
    Scripted,
}

#[derive(Debug, Default)]
pub struct Claimed {
    pub claims: Vec<Claim>,
    /// When the next lane of this destination falls due, if one waits.
    pub next_due: Option<Timestamp>,
    /// The destination is paused until then, whether anything waits for it or not.
    pub paused_until: Option<Timestamp>,
}

impl Ticket {
    /// None: another store's.
    pub(super) fn into_sqlite(self) -> Option<sqlite::Hold> {
        match self.0 {
            Proof::Sqlite(hold) => Some(hold),
            Proof::Postgres(_) => None,
            #[cfg(test)]
            Proof::Scripted => None,
        }
    }

    /// None: another store's.
    pub(super) fn as_postgres(&self) -> Option<&postgres::Hold> {
        match &self.0 {
            Proof::Postgres(hold) => Some(hold),
            Proof::Sqlite(_) => None,
            #[cfg(test)]
            Proof::Scripted => None,
        }
    }

    /// None: another store's.
    pub(super) fn into_postgres(self) -> Option<postgres::Hold> {
        match self.0 {
            Proof::Postgres(hold) => Some(hold),
            Proof::Sqlite(_) => None,
            #[cfg(test)]
            Proof::Scripted => None,
        }
    }

    /// For a test's store, which knows its lanes without.
    #[cfg(test)]
    pub(crate) fn scripted() -> Self {
        Self(Proof::Scripted)
    }
}
