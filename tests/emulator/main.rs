//! The emulator and the development desk as seen from outside, against a stub of the bridge, and against the bridge itself
//! where its settings decide which calls are made.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod aivo_live;
mod api;
mod browser;
mod certainly;
mod chatwoot;
mod conversation;
mod desk;
mod examples;
mod faults;
mod stub;
mod webdriver;
