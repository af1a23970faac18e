//! Aivo Live. In its words a conversation is a room, a desk's queue a group; they end at this folder.
//!
//! Aivo documents how a user is queued and what it tells afterwards. How to bring what the user writes, and how to end a
//! conversation, it documents nowhere: those two calls are request templates. What is known and what is a guess stands in
//! `docs/aivo-live.md`.

mod actions;
mod adapter;
mod capabilities;
mod dry_run;
mod error;
mod hash;
pub mod hook;
mod message;
mod settings;
mod user;

pub use self::{adapter::AivoLive, error::SettingsError, hook::Reader, settings::Settings};
pub use crate::domain::json::HookError;
