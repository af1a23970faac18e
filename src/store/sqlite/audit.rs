//! What operators changed, and who they were: one row a change, in the same transaction.

use rusqlite::params;

use super::{fault::Fault, work::Work};

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    RetryDelivery,
    SkipDelivery,
    Erase,
}

/// Whoever has the admin token.
pub(super) const ADMIN: &str = "admin";

/// `subject` is an id: nothing here may tell of a person.
pub(super) fn keep(
    work: &Work<'_>,
    (by, action): (&str, Action),
    subject: impl std::fmt::Display,
) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO audit (at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)",
        params![work.now, by, action.as_str(), subject.to_string()],
    )?;
    Ok(())
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::RetryDelivery => "deliveries.retry",
            Self::SkipDelivery => "deliveries.skip",
            Self::Erase => "erasures.request",
        }
    }
}
