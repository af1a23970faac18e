//! The operators' console, as browsers meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access;
mod browser;
mod conversation;
mod cut;
mod deadline;
mod deliveries;
mod events;
mod form;
mod gallery;
mod health;
mod hostile;
mod long;
mod nowhere;
mod owing;
mod parts;
mod people;
mod pictures;
mod presence;
mod proxy;
mod race;
mod sight;
mod sign_in;
#[path = "../emulator/webdriver.rs"]
mod webdriver;
mod world;
