//! A way to be wrong on purpose, so that the fault tests prove that they would notice. A constant without the feature
//! `mutants`.

use std::time::Duration;

/// How long the store is waited for.
#[cfg(not(feature = "mutants"))]
pub(super) const fn at_most(wait: Duration) -> Duration {
    wait
}

#[cfg(feature = "mutants")]
pub(super) fn at_most(wait: Duration) -> Duration {
    if std::env::var("HANDOVER_MUTANT").is_ok_and(|mutant| mutant == "no_time_outs") {
        Duration::from_hours(1)
    } else {
        wait
    }
}
