//! What every store promises, and what SQLite promises besides.
//!
//! The contract is written once against the trait; a store joins by a harness and one line below.

mod contract;
mod sqlite;
mod world;

contract::run_against!(crate::sqlite::Files);
