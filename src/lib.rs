//! The Handover Bridge: carries conversations between chatbots and human agents.
//!
//! Read `docs/ARCHITECTURE.md` first; it walks one message through the modules below.

pub mod app;
pub mod bots;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod console;
pub mod delivery;
pub mod desks;
pub mod domain;
pub mod emulator;
pub mod http;
mod mutant;
pub mod outbound;
pub mod store;
pub mod telemetry;
