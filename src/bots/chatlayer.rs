//! Chatlayer by Sinch. In its words a conversation is a session, a handover an offload; they end at this folder.
//!
//! What the vendor has documented and what is a guess stands in `docs/chatlayer.md`.

mod actions;
mod adapter;
mod capabilities;
mod examples;
pub mod hook;
mod look_up;
mod message;
mod realm;
mod session;
mod settings;

pub use self::{adapter::Chatlayer, settings::Settings};
pub use crate::domain::json::HookError;
