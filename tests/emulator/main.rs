//! The emulator and the development desk as seen from outside, against a stub of the bridge.

mod api;
mod browser;
mod conversation;
mod faults;
mod stub;
mod webdriver;
