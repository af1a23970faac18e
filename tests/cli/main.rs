//! The command line as its caller sees it: exit codes, what is printed where, what is sent to the bridge.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod configuration;
mod probe;
mod routes;
mod running;
mod setup;
mod store;
mod stub;
