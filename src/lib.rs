//! The Handover Bridge: carries conversations between chatbots and human agents.
//!
//! Read `docs/ARCHITECTURE.md` first; it walks one message through the modules below.

pub mod clock;
pub mod domain;
pub mod emulator;
