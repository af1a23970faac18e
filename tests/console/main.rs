//! The operators' console, as browsers meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail the test"
)]

mod conversation;
mod deliveries;
mod health;
mod owing;
mod people;
mod presence;
mod sign_in;
mod world;
