//! Ways to be wrong on purpose, so that the fault tests prove that they would notice. Without the feature `mutants` the
//! process is wrong in none of them, and nothing of this is left.

use std::time::Duration;

/// Whether it is to be wrong in this way.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn is(_name: &str) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub(crate) fn is(name: &str) -> bool {
    std::env::var("HANDOVER_MUTANT").is_ok_and(|mutant| mutant == name)
}

/// How long the store, the database and the way to it are waited for.
pub(crate) fn at_most(wait: Duration) -> Duration {
    if is("no_time_outs") {
        Duration::from_hours(1)
    } else {
        wait
    }
}
