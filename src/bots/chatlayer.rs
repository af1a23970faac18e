//! Chatlayer by Sinch. In its words a conversation is a session, a handover an offload; they end at this folder.
//!
//! What the vendor has documented and what is a guess stands in `docs/chatlayer.md`.

mod actions;
mod adapter;
mod capabilities;
mod dry_run;
mod error;
pub mod hook;
mod look_up;
mod message;
mod realm;
mod session;
mod settings;

use self::capabilities::capabilities;
pub use self::{adapter::Chatlayer, error::SettingsError, settings::Settings};
pub use crate::domain::json::HookError;
