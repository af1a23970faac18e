//! The emulator and the development desk as seen from outside, against a stub of the bridge.
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
mod conversation;
mod desk;
mod examples;
mod faults;
mod stub;
mod webdriver;
