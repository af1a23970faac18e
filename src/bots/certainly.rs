//! Certainly, formerly `BotXO`. In its words a request for an agent is a claim, a silent bot listens, and a resume is a
//! takeover; they end at this folder.
//!
//! What the vendor has documented and what is a guess stands in `docs/certainly.md`.

mod actions;
mod adapter;
mod capabilities;
mod examples;
pub mod hook;
mod message;
mod settings;

pub use self::{adapter::Certainly, hook::Reader, settings::Settings};
pub use crate::domain::json::HookError;
