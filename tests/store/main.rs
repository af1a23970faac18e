//! What every store promises, and what the embedded one promises besides.
//!
//! The contract is written once against the trait; a store joins by a harness and one line below.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail the test"
)]

mod contract;
mod postgres;
mod sqlite;
mod world;

mod embedded {
    crate::contract::run_against!(crate::sqlite::Files);
}

mod replicated {
    crate::contract::run_against!(crate::postgres::Database);
}
