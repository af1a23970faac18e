//! When a deadline is looked at that is not met at once, whatever the database.

use std::time::Duration;

/// One that `decide` leaves standing is looked at again after this, not at once for ever.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// One that cannot be looked at stands in nobody's way for so long.
pub(super) const AFTER_FAILURE: Duration = Duration::from_mins(5);
