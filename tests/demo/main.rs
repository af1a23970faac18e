//! The newcomer's path: `handover` without any configuration, the real binary in an empty folder, seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod aivo_live;
mod browser;
mod certainly;
mod certificates;
mod chatwoot;
mod commands;
mod console;
mod demo;
mod faults;
mod life;
mod rich;
mod talk;
#[path = "../emulator/webdriver.rs"]
mod webdriver;
