//! A way to be wrong on purpose, so that the fault tests prove that they would notice. A constant without the feature
//! `mutants`.

/// A stop waits for nobody.
#[cfg(not(feature = "mutants"))]
pub(super) const fn leaves_at_once() -> bool {
    false
}

#[cfg(feature = "mutants")]
pub(super) fn leaves_at_once() -> bool {
    std::env::var("HANDOVER_MUTANT").is_ok_and(|mutant| mutant == "no_drain")
}
