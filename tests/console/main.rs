//! The operators' console, as browsers meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access;
mod aloud;
mod bodies;
mod browser;
mod conversation;
mod deadline;
mod deliveries;
mod erased;
mod events;
mod fate;
mod form;
mod fragments;
mod gallery;
mod hangup;
mod health;
mod hostile;
mod keys;
mod not_found;
mod older;
mod owed;
mod paging;
mod patience;
mod people;
mod pictures;
mod presence;
mod proxy;
mod race;
mod reconnect;
mod rendering;
mod sign_in;
mod tabs;
mod unsent;
#[path = "../emulator/webdriver.rs"]
mod webdriver;
mod world;
