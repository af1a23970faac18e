//! The emulator and the development desk as seen from outside, against a stub of the bridge.

mod api;
mod conversation;
mod faults;
mod stub;
